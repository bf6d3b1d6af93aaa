-- What a search by words looks in. Triggers keep it, so that it changes in the very batch that changes the registry.
CREATE VIRTUAL TABLE `model_search` USING fts5(
	`model_id` UNINDEXED,
	`version` UNINDEXED,
	`capability`,
	`title`,
	`description`,
	`labels`,
	`examples`,
	tokenize = 'porter unicode61'
);
--> statement-breakpoint
CREATE TRIGGER `model_search_add` AFTER INSERT ON `model_versions` BEGIN
	INSERT INTO `model_search` (`model_id`, `version`, `capability`, `title`, `description`, `labels`, `examples`)
	SELECT new.`model_id`, new.`version`, new.`manifest` ->> 'capability', new.`manifest` ->> 'title', new.`manifest` ->> 'description',
		(SELECT group_concat(`value`, ' ') FROM json_each(new.`manifest`, '$.labels')),
		(SELECT group_concat(`value` ->> 'name', ' ') FROM json_each(new.`manifest`, '$.examples'));
END;
--> statement-breakpoint
CREATE TRIGGER `model_search_delete` AFTER DELETE ON `model_versions` BEGIN
	DELETE FROM `model_search` WHERE `model_id` = old.`model_id` AND `version` = old.`version`;
END;
--> statement-breakpoint
INSERT INTO `model_search` (`model_id`, `version`, `capability`, `title`, `description`, `labels`, `examples`)
SELECT `model_id`, `version`, `manifest` ->> 'capability', `manifest` ->> 'title', `manifest` ->> 'description',
	(SELECT group_concat(`value`, ' ') FROM json_each(`manifest`, '$.labels')),
	(SELECT group_concat(`value` ->> 'name', ' ') FROM json_each(`manifest`, '$.examples'))
FROM `model_versions`;
