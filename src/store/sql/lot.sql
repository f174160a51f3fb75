SELECT expiry, best_before, produced, supplier_lot, vintage, origin, received, settled, base
FROM lot WHERE item = ?1 AND lot = ?2
