-- What salvages have lost and no event has said yet (JSON).
ALTER TABLE contact ADD COLUMN losses TEXT NOT NULL DEFAULT '[]';
