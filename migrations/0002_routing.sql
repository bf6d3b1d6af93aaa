ALTER TABLE `deployments` ADD `region` text;--> statement-breakpoint
ALTER TABLE `deployments` ADD `cost` real;