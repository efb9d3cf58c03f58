-- Ends a fill and stores what it made, if no other one has begun since: of two that overlap nobody knows which saw newer
-- data, and who was shown the one's value must not be shown an older one.
-- KEYS: fill, entry, part
-- ARGV: tick of the fill, entry ('': it is in part), milliseconds until Redis may free it (0: store nothing)
-- Answers: 1 if the fill could store
local fill = redis.call('HMGET', KEYS[1], 'began', 'running', 'stored')
if fill[3] == ARGV[1] then return 1 end -- asked once more, because the answer was lost
if fill[1] ~= ARGV[1] or fill[2] ~= '1' then
  redis.call('DEL', KEYS[3])
  return 0
end
redis.call('HSET', KEYS[1], 'running', '0')
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[3])
elseif ARGV[2] ~= '' then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
  redis.call('HSET', KEYS[1], 'stored', ARGV[1])
else
  if redis.call('EXISTS', KEYS[3]) == 0 then return 0 end
  redis.call('RENAME', KEYS[3], KEYS[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
  redis.call('HSET', KEYS[1], 'stored', ARGV[1])
end
return 1
