-- Notes each change of a row that a snapshot is made of by its key, in the very batch that makes the change.
-- What belongs to a deployment changes the deployment. Where a key changes, both are noted. The log keeps its last
-- ten thousand entries, and an entry in any case: a snapshot looks for the one it ends with.
CREATE TRIGGER `model_versions_note_insert` AFTER INSERT ON `model_versions` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('model', new.`model_id` || '@' || new.`version`);
END;
--> statement-breakpoint
CREATE TRIGGER `model_versions_note_update` AFTER UPDATE ON `model_versions` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) SELECT 'model', old.`model_id` || '@' || old.`version` UNION SELECT 'model', new.`model_id` || '@' || new.`version`;
END;
--> statement-breakpoint
CREATE TRIGGER `model_versions_note_delete` AFTER DELETE ON `model_versions` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('model', old.`model_id` || '@' || old.`version`);
END;
--> statement-breakpoint
CREATE TRIGGER `deployments_note_insert` AFTER INSERT ON `deployments` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('deployment', new.`id`);
END;
--> statement-breakpoint
CREATE TRIGGER `deployments_note_update` AFTER UPDATE ON `deployments` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) SELECT 'deployment', old.`id` UNION SELECT 'deployment', new.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `deployments_note_delete` AFTER DELETE ON `deployments` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('deployment', old.`id`);
END;
--> statement-breakpoint
CREATE TRIGGER `api_keys_note_insert` AFTER INSERT ON `api_keys` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('key', new.`hash`);
END;
--> statement-breakpoint
CREATE TRIGGER `api_keys_note_update` AFTER UPDATE ON `api_keys` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) SELECT 'key', old.`hash` UNION SELECT 'key', new.`hash`;
END;
--> statement-breakpoint
CREATE TRIGGER `api_keys_note_delete` AFTER DELETE ON `api_keys` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('key', old.`hash`);
END;
--> statement-breakpoint
CREATE TRIGGER `measurements_note_insert` AFTER INSERT ON `measurements` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('deployment', new.`deployment_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `measurements_note_update` AFTER UPDATE ON `measurements` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) SELECT 'deployment', old.`deployment_id` UNION SELECT 'deployment', new.`deployment_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `measurements_note_delete` AFTER DELETE ON `measurements` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('deployment', old.`deployment_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `registry_changes_prune` AFTER INSERT ON `registry_changes` BEGIN
	DELETE FROM `registry_changes` WHERE `id` <= new.`id` - 10000;
END;
--> statement-breakpoint
INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('start', '');
