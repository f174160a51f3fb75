SELECT master.bytes
FROM record JOIN master ON master.site = record.site AND master.stream_seq = record.stream_seq
WHERE record.site = ?1
ORDER BY record.kind, record.id
