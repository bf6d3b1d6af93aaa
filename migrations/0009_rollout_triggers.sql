-- Notes each change of a model's rollouts by the model's id, as 0006_change_triggers does of the other tables.
CREATE TRIGGER `rollouts_note_insert` AFTER INSERT ON `rollouts` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('rollout', new.`model_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `rollouts_note_update` AFTER UPDATE ON `rollouts` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) SELECT 'rollout', old.`model_id` UNION SELECT 'rollout', new.`model_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `rollouts_note_delete` AFTER DELETE ON `rollouts` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('rollout', old.`model_id`);
END;
