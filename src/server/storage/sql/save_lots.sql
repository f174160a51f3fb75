-- A lot that is named for the first time counts what is there of it by now; later changes are added. The plus keeps SQLite
-- from the index of places, which would read the stock of the whole site for each lot.
INSERT INTO lot (site, item, lot, event_id, received, facts, good_to, units)
SELECT CAST(?1 AS BIGINT), k.item, k.lot, k.event_id, k.received, k.facts, k.good_to,
       CAST(coalesce((
         SELECT sum(s.units)
         FROM stock s
         WHERE s.site = ?1 AND s.item = k.item AND s.lot = k.lot AND +s.location >= 0
       ), 0) AS BIGINT)
FROM {keys}
WHERE true
ON CONFLICT (site, item, lot) DO UPDATE SET
  received = excluded.received, facts = excluded.facts, good_to = excluded.good_to
