DELETE FROM stock;
DELETE FROM lot;
DELETE FROM lot_said;
DELETE FROM progress;
DELETE FROM order_closed;
DELETE FROM origin;
DELETE FROM destination;
DELETE FROM release_wish;
DELETE FROM unread;
DELETE FROM hold WHERE settled = 0;
-- Undos of events that wait to be sent are pending again; the others the server has.
DELETE FROM undone WHERE by IN (SELECT id FROM event JOIN outbox USING (n));
UPDATE undone SET settled = 1;
