-- How this device's scanner talks, as the calibration found out: the JSON of a profile.
CREATE TABLE scanner (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  profile TEXT    NOT NULL
) STRICT;
