SELECT expiry, best_before, produced, received FROM lot WHERE item = ?1 AND lot = ?2
