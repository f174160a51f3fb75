-- How far a device's stops are: which holds and recalls it knows.

ALTER TABLE device ADD COLUMN control_seq INTEGER NOT NULL DEFAULT 0;
