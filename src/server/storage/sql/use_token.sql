UPDATE enrolment
SET device = ?3
WHERE site = ?1 AND token_hash = ?2 AND device IS NULL AND expires >= ?4
RETURNING name
