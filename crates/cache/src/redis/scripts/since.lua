-- Tells what a process lacks that knows all marks up to a tick.
-- KEYS: state, log
-- ARGV: generation and tick known
-- Answers: clock (0: another generation), events after the known tick
local state = redis.call('HMGET', KEYS[1], 'generation', 'clock')
if state[1] ~= ARGV[1] then return { '0', {} } end
return { state[2], redis.call('XRANGE', KEYS[2], '(' .. ARGV[2] .. '-0', '+') }
