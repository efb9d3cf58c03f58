-- Puts a snapshot of all marks up to a tick in place of their part of the log.
-- KEYS: state, log, snapshot
-- ARGV: generation, tick that the snapshot covers, snapshot
local state = redis.call('HMGET', KEYS[1], 'generation', 'covered')
if state[1] ~= ARGV[1] or tonumber(ARGV[2]) <= tonumber(state[2]) then return 0 end
redis.call('SET', KEYS[3], ARGV[3])
redis.call('HSET', KEYS[1], 'covered', ARGV[2])
redis.call('XTRIM', KEYS[2], 'MINID', '=', string.format('%.0f-0', tonumber(ARGV[2]) + 1))
return 1
