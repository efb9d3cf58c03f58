-- Says where marks stand, and finds out whether Redis still has all that it acknowledged.
-- KEYS: state, log, snapshot
-- ARGV: generation to use if a new one is needed, generation and tick known to the caller ('' and 0: none),
--       what a restart loses ('nothing', 'never-mind' or ''), 1 if the caller found a hole in what Redis has
-- Answers: generation, clock, microseconds, tick that the events follow, snapshot of all until there (false: not
--          needed), events
local server = redis.pcall('INFO', 'server')
if type(server) == 'table' then return redis.error_reply('NOPERM this user must be allowed to run INFO') end
local run = string.match(server, 'run_id:(%x+)') or ''
local state = redis.call('HMGET', KEYS[1], 'generation', 'clock', 'run', 'covered')
local generation, clock = state[1], tonumber(state[2] or '0')
local covered = tonumber(state[4] or '0')
local known = tonumber(ARGV[3])
local time = redis.call('TIME')
local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])

local ours = generation == ARGV[2]
local lost = false
if state[3] ~= run and ARGV[4] ~= 'never-mind' then
  -- A replica that took over has this server's file settings, but maybe not its last commands.
  local before = string.match(redis.call('INFO', 'replication'), 'master_replid2:(%x+)') or ''
  lost = ARGV[4] ~= 'nothing' or string.match(before, '[^0]') ~= nil
end
if not generation or lost or clock < known or (not ours and clock == known) or (ours and ARGV[5] == '1') then
  -- What was acknowledged may be gone: a new generation voids every entry. Its ticks come after all earlier ones, so
  -- that who waits for the next mark of an old generation is woken by this. Those were forgotten with the state, so
  -- the time since 2025 stands in for them: nobody makes a mark each millisecond for years.
  generation, ours = ARGV[1], false
  clock = math.max(math.floor(micros / 1000) - 1735689600000, clock + 1, known + 1)
  covered = clock - 1
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[1], 'generation', generation, 'clock', string.format('%.0f', clock),
    'covered', string.format('%.0f', covered))
  redis.call('XADD', KEYS[2], string.format('%.0f-0', clock), 'generation', generation)
end
if state[3] ~= run then redis.call('HSET', KEYS[1], 'run', run) end

local snapshot, from = false, known
if not ours or known < covered then
  snapshot, from = redis.call('GET', KEYS[3]) or '', covered
end
local events = redis.call('XRANGE', KEYS[2], string.format('%.0f-0', from + 1), '+')
return {
  generation, string.format('%.0f', clock), string.format('%.0f', micros), string.format('%.0f', from), snapshot, events,
}
