-- Gives a sign of life of a fill's process.
-- KEYS: fill
-- ARGV: tick of the fill, milliseconds until the next sign must come, milliseconds that all this is kept
local fill = redis.call('HMGET', KEYS[1], 'began', 'running')
if fill[1] ~= ARGV[1] or fill[2] ~= '1' then return 0 end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
redis.call('HSET', KEYS[1], 'alive', string.format('%.0f', now + tonumber(ARGV[2]) * 1000))
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
