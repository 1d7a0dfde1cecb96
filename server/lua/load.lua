-- Purpose: opens a segment with what was filled in under other names, in one step, and gives back
--   at once what was released or paid since the ledger was read.
-- KEYS: 1 item, 2 holders, 3 positions, 4 transfers, 5 received, 6 outbox, 7 late (calls that came
--   while the item was not open), 8 filled holders, 9 filled positions (all of one segment)
-- ARGV: 1 now_ms or '' (then the server's clock), 2 epoch, 3 number of filled holders,
--   4 starts_at_ms, 5 ends_at_ms, 6 stopped, 7 total, 8 sellable, 9 locked, 10 sold, 11 positions,
--   12 segments, 13 keep_ms
-- Returns: 'opened' | 'known' (open with this epoch already) | 'other' (open with another epoch,
--   which must be closed first) | 'incomplete' (the filling was lost in part: nothing is changed)
-- Repeat: answers 'known'; what the segment has decided since stays.
local current = redis.call('HGET', KEYS[1], 'epoch')
if current == ARGV[2] then
  return 'known'
end
if current and current ~= '' then
  return 'other'
end
local filled = tonumber(ARGV[3])
if redis.call('HLEN', KEYS[8]) ~= filled or redis.call('HLEN', KEYS[9]) ~= filled then
  return 'incomplete'
end
local time = redis.call('TIME')
local now_ms = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
-- Counting returns from the clock: never behind what was counted before Redis forgot.
local returns = time[1] * 1000000 + time[2]
returns = math.max(returns, (tonumber(redis.call('HGET', KEYS[1], 'returns') or 0)) + 1)
local sellable, locked, sold = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])

redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
if filled > 0 then
  redis.call('RENAME', KEYS[8], KEYS[2])
  redis.call('RENAME', KEYS[9], KEYS[3])
end
local late = redis.call('HGETALL', KEYS[7])
for i = 1, #late, 2 do
  local id, what, buyer = late[i], late[i + 1]:sub(1, 1), late[i + 1]:sub(2)
  local holder = redis.call('HGET', KEYS[2], buyer)
  if holder then
    local earlier, position, held_at_ms, state, rest =
      holder:match('^([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
    if earlier == id and what == 'r' then
      redis.call('HDEL', KEYS[2], buyer)
      if state == 's' then sold = sold - 1 else locked = locked - 1 end
      sellable = sellable + 1
    elseif earlier == id and state == 'h' then
      redis.call('HSET', KEYS[2], buyer, table.concat({id, position, held_at_ms, 's', rest}, '|'))
      locked, sold = locked - 1, sold + 1
    end
  end
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'starts_at_ms', ARGV[4], 'ends_at_ms', ARGV[5],
  'stopped', ARGV[6], 'total', ARGV[7], 'sellable', sellable, 'locked', locked, 'sold', sold,
  'moving', 0, 'positions', ARGV[11], 'segments', ARGV[12], 'version', 1,
  'returns', string.format('%.0f', returns))
-- The group is there already when the outbox is.
redis.pcall('XGROUP', 'CREATE', KEYS[6], 'relay', '0', 'MKSTREAM')
local life_ms = math.max(ARGV[5] - now_ms, 0) + ARGV[13]
for i = 1, 3 do
  redis.call('PEXPIRE', KEYS[i], life_ms)
end
return 'opened'
