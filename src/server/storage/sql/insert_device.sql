INSERT INTO device (site, device, name, public_key, enrolled, last_contact)
VALUES (?1, ?2, ?3, ?4, ?5, ?5)
