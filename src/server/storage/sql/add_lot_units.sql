UPDATE lot
SET units = lot.units + k.units
FROM {keys}
WHERE lot.site = ?1 AND lot.item = k.item AND lot.lot = k.lot
