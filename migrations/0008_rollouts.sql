CREATE TABLE `rollout_evidence` (
	`rollout_id` text PRIMARY KEY NOT NULL,
	`pairs` integer NOT NULL,
	`disagreements` integer NOT NULL,
	`slower` integer NOT NULL,
	`difference_sum` real NOT NULL,
	`difference_max` real NOT NULL,
	`correlation_sum` real NOT NULL,
	`correlations` integer NOT NULL,
	`stable_calls` integer NOT NULL,
	`stable_failures` integer NOT NULL,
	`stable_ms` real NOT NULL,
	`candidate_calls` integer NOT NULL,
	`candidate_failures` integer NOT NULL,
	`candidate_ms` real NOT NULL,
	`last_request` text,
	`last_reason` text
);
--> statement-breakpoint
CREATE TABLE `rollouts` (
	`id` text PRIMARY KEY NOT NULL,
	`model_id` text NOT NULL,
	`stable` text NOT NULL,
	`candidate` text NOT NULL,
	`share` real NOT NULL,
	`mirror` real NOT NULL,
	`state` text NOT NULL,
	`max_disagreement` real NOT NULL,
	`max_failures` real NOT NULL,
	`max_latency_ratio` real,
	`tolerance` real NOT NULL,
	`error_rate` real NOT NULL,
	`max_pairs` integer NOT NULL,
	`started_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`decided_at` integer,
	`reason` text,
	FOREIGN KEY (`model_id`,`stable`) REFERENCES `model_versions`(`model_id`,`version`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`model_id`,`candidate`) REFERENCES `model_versions`(`model_id`,`version`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `rollouts_candidate` ON `rollouts` (`model_id`,`candidate`);--> statement-breakpoint
CREATE UNIQUE INDEX `rollouts_running` ON `rollouts` (`model_id`) WHERE "rollouts"."state" = 'running';