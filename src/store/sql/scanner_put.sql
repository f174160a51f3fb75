INSERT INTO scanner (one, profile) VALUES (1, ?1)
ON CONFLICT (one) DO UPDATE SET profile = excluded.profile
