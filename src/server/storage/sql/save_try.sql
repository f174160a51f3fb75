INSERT INTO pin_try (site, user_id, wrong, locked_until)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (site, user_id) DO UPDATE
SET wrong = excluded.wrong, locked_until = excluded.locked_until
