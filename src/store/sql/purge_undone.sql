-- As long as the event is here, its operator could be offered to take it back once more.
DELETE FROM undone
WHERE event IN (
  SELECT event FROM undone
  WHERE settled = 1 AND at <= ?1 AND NOT EXISTS (SELECT 1 FROM event AS own WHERE own.id = undone.event)
  LIMIT ?2
)
