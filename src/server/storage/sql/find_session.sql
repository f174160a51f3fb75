SELECT user_id, begun, seen
FROM session
WHERE site = ?1 AND token_hash = ?2
