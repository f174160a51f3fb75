UPDATE stock SET expiry = ?7, best_before = ?8, produced = ?9, received = ?10
WHERE item = ?1 AND lot = ?2 AND expiry = ?3 AND best_before = ?4 AND produced = ?5 AND received = ?6
