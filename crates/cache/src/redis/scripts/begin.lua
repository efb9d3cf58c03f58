-- Gives the right to fill an entry, or tells who has it.
-- KEYS: fill, entry
-- ARGV: the least and the greatest tick under which it may begin, generation, the caller's time and the longest time a
--       fill may take in microseconds, tags expected, milliseconds until its process must give a sign of life, the tick
--       of a fill that it may replace (0: none), milliseconds that all this is kept
-- Answers: 'begun', its tick; 'running', the other's tick, microseconds that it has left, tags expected of it; or
--          'behind': what the caller knows of the log is too old, or all ticks up to the next mark are used up
local fill = redis.call('HMGET', KEYS[1], 'began', 'running', 'generation', 'since', 'alive', 'expected')
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local began = tonumber(fill[1] or '0')
if fill[2] == '1' and fill[3] == ARGV[3] and fill[1] ~= ARGV[8] then
  local left = math.min(tonumber(ARGV[5]) - math.abs(tonumber(ARGV[4]) - tonumber(fill[4])), tonumber(fill[5]) - now)
  if left > 0 then return { 'running', fill[1], string.format('%.0f', left), fill[6] } end
end

-- No two fills of a key have one tick, and who stores later has the greater one.
local stored = redis.call('GETRANGE', KEYS[2], 30, 37)
if string.len(stored) == 8 then began = math.max(began, (struct.unpack('<I8', stored))) end
began = math.max(began + 1, tonumber(ARGV[1]))
if began > tonumber(ARGV[2]) then return { 'behind' } end
began = string.format('%.0f', began)
redis.call('HSET', KEYS[1], 'began', began, 'running', '1', 'generation', ARGV[3], 'since', ARGV[4],
  'alive', string.format('%.0f', now + tonumber(ARGV[7]) * 1000), 'expected', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[9])
return { 'begun', began }
