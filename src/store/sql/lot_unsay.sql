DELETE FROM lot_said WHERE item = ?1 AND lot = ?2 AND event = ?3
