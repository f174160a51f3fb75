-- One look for each item is cheaper than a second index over every lot number.
SELECT lot.item FROM item CROSS JOIN lot ON lot.item = item.id AND lot.lot = ?1 ORDER BY lot.item
