SELECT item.record FROM pack JOIN item ON item.id = pack.item WHERE pack.gtin = ?1 ORDER BY item.id
