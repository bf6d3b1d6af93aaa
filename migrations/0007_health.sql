CREATE TABLE `leases` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`deployment_id` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `leases_deploymentId_unique` ON `leases` (`deployment_id`);--> statement-breakpoint
ALTER TABLE `deployments` ADD `state_since` integer;--> statement-breakpoint
ALTER TABLE `deployments` ADD `remove_at` integer;--> statement-breakpoint
ALTER TABLE `deployments` ADD `owner` text;--> statement-breakpoint
ALTER TABLE `deployments` ADD `lease_seconds` integer;--> statement-breakpoint
ALTER TABLE `deployments` ADD `unreachable_since` integer;