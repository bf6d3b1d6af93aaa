CREATE TABLE `registry_changes` (
	`id` integer PRIMARY KEY NOT NULL,
	`token` text DEFAULT (lower(hex(randomblob(8)))) NOT NULL,
	`kind` text NOT NULL,
	`key` text NOT NULL
);
