INSERT INTO session (site, token_hash, user_id, begun, seen)
VALUES (?1, ?2, ?3, ?4, ?4)
