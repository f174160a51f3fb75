SELECT wrong, locked_until
FROM pin_try
WHERE site = ?1 AND user_id = ?2
