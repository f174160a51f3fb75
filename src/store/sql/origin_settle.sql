UPDATE OR REPLACE origin SET settled = 1 WHERE item = ?1 AND lot = ?2 AND event = ?3 AND settled = 0
