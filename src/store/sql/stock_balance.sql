SELECT base + pending FROM stock
WHERE item = ?1 AND expiry = ?2 AND best_before = ?3 AND produced = ?4 AND received = ?5
  AND lot = ?6 AND location = ?7 AND hu = ?8 AND serial = ?9
