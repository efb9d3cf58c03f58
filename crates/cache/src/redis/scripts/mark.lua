-- Takes the next tick and writes a mark into the log under it.
-- KEYS: state, log
-- ARGV: generation and tick known to the caller, the mark
-- Answers: tick (0: another generation), events after the known tick, length of the log
if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return { 0, {}, 0 } end
local tick = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'clock', 1))
redis.call('XADD', KEYS[2], tick .. '-0', 'mark', ARGV[3])
return { tick, redis.call('XRANGE', KEYS[2], '(' .. ARGV[2] .. '-0', '+'), redis.call('XLEN', KEYS[2]) }
