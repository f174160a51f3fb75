SELECT record FROM lot_said WHERE item = ?1 AND lot = ?2 ORDER BY id
