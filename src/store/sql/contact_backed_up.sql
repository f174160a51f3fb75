-- What is said of another epoch is not of the events that are in this one now.
UPDATE contact
SET last_contact = ?1,
    backed_up_through = max(backed_up_through, CASE WHEN ?3 = (SELECT epoch FROM device) THEN ?2 ELSE 0 END)
