CREATE TABLE `decisions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`request_id` text NOT NULL,
	`trace_id` text NOT NULL,
	`at` integer NOT NULL,
	`key` text NOT NULL,
	`capability` text,
	`model` text,
	`node` text,
	`outcome` text NOT NULL,
	`cache` text NOT NULL,
	`ms` real NOT NULL,
	`attempts` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_request` ON `decisions` (`request_id`);