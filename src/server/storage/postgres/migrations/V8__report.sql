-- What a device tells of itself: how far its records are, which app it runs, how full its battery is (per cent).

ALTER TABLE device ADD COLUMN master_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN app TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN battery BIGINT;
