-- Drops an entry, and what a fill that runs is about to store.
-- KEYS: fill, entry
-- ARGV: first bytes of the entry ('': whatever it is, and the fill, too)
-- Answers: 1 if there was one
if ARGV[1] ~= '' then
  if redis.call('GETRANGE', KEYS[2], 0, string.len(ARGV[1]) - 1) ~= ARGV[1] then return 0 end
elseif redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'running', '0')
end
return redis.call('UNLINK', KEYS[2])
