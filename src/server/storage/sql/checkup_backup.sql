SELECT max(at)
FROM audit
WHERE site = 0 AND entry LIKE '%"act":"backed_up"%'
