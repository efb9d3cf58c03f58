-- A piece of an entry, if it is still the one whose first bytes the caller has.
-- KEYS: entry
-- ARGV: its first bytes, place of the piece, its length
if redis.call('GETRANGE', KEYS[1], 0, string.len(ARGV[1]) - 1) ~= ARGV[1] then return false end
return redis.call('GETRANGE', KEYS[1], ARGV[2], ARGV[2] + ARGV[3] - 1)
