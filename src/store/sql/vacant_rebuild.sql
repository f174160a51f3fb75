DELETE FROM vacant;
INSERT INTO vacant (location) SELECT id FROM location EXCEPT SELECT location FROM stock;
