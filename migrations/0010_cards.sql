CREATE TABLE `example_files` (
	`model_id` text NOT NULL,
	`version` text NOT NULL,
	`sha256` text NOT NULL,
	`size` integer NOT NULL,
	`data` text NOT NULL,
	PRIMARY KEY(`model_id`, `version`, `sha256`),
	FOREIGN KEY (`model_id`,`version`) REFERENCES `model_versions`(`model_id`,`version`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `verifications` (
	`deployment_id` text PRIMARY KEY NOT NULL,
	`subject` text NOT NULL,
	`state` text NOT NULL,
	`detail` text,
	`note` text,
	`checked_at` integer,
	`failures` integer NOT NULL,
	`due_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `verifications_due` ON `verifications` (`due_at`);--> statement-breakpoint
ALTER TABLE `measurements` ADD `samples` integer;--> statement-breakpoint
ALTER TABLE `measurements` ADD `source` text DEFAULT 'reported' NOT NULL;--> statement-breakpoint
ALTER TABLE `measurements` ADD `latest` integer DEFAULT true NOT NULL;--> statement-breakpoint
CREATE INDEX `measurements_latest` ON `measurements` (`deployment_id`) WHERE latest = 1;