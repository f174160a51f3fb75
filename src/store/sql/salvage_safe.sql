-- The last sequence of the present epoch that the server has.
SELECT coalesce((SELECT max(acked_through, backed_up_through) FROM contact), 0) FROM device
