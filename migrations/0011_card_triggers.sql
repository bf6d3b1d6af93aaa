-- Of what was measured before there was a mark, the latest has it.
UPDATE `measurements` SET `latest` = 0 WHERE `id` NOT IN (SELECT max(`id`) FROM `measurements` GROUP BY `deployment_id`, `metric`, `source`);
--> statement-breakpoint
-- What came of a deployment's examples belongs to the deployment, and so do the artefacts of which it came (0006).
-- When it is due again is nothing that a snapshot has.
CREATE TRIGGER `verifications_note_insert` AFTER INSERT ON `verifications` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('deployment', new.`deployment_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `verifications_note_update` AFTER UPDATE OF `deployment_id`, `subject`, `state`, `detail`, `note`, `checked_at` ON `verifications` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) SELECT 'deployment', old.`deployment_id` UNION SELECT 'deployment', new.`deployment_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `verifications_note_delete` AFTER DELETE ON `verifications` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) VALUES ('deployment', old.`deployment_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `artefacts_note_deployments` AFTER UPDATE OF `artefacts` ON `model_versions` WHEN old.`artefacts` IS NOT new.`artefacts` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) SELECT 'deployment', `id` FROM `deployments` WHERE `model_id` = new.`model_id` AND `version` = new.`version`;
END;
--> statement-breakpoint
CREATE TRIGGER `artefacts_note_deployments_insert` AFTER INSERT ON `model_versions` BEGIN
	INSERT INTO `registry_changes` (`kind`, `key`) SELECT 'deployment', `id` FROM `deployments` WHERE `model_id` = new.`model_id` AND `version` = new.`version`;
END;
