SELECT facts, received FROM lot WHERE site = ?1 ORDER BY item, lot
