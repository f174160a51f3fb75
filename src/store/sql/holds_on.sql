SELECT record, ended FROM hold
WHERE ended = 0 AND target IN (
  'lot ' || ?1 || ' ' || ?2,
  'location ' || ?3,
  iif(?4 = '', NULL, 'hu ' || ?4)
)
ORDER BY grave DESC, at DESC, event DESC
