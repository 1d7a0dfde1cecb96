-- Purpose: gives the unit of an ended reservation back: locked (or sold) -> sellable.
-- KEYS: 1 item, 2 holders, 3 late (all of the buyer's segment)
-- ARGV: 1 reservation_id, 2 buyer, 3 late_ms (how long a call before the opening is remembered),
--   4 segments
-- Returns: how often units have come back, as text: later than every 'sold_out' answered before;
--   or 'stale' (the stock is in another number of segments: ask another one)
-- Repeat: the reservation is no holder any more, and nothing is given back again.
local time = redis.call('TIME')
local clock = time[1] * 1000000 + time[2]
local item = redis.call('HMGET', KEYS[1], 'epoch', 'returns', 'segments')
if not item[1] or item[1] == '' then
  -- Not open: whoever fills it may have read the ledger before the release.
  redis.call('HSET', KEYS[3], ARGV[1], 'r' .. ARGV[2])
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
  return string.format('%.0f', clock)
end
if item[3] ~= ARGV[4] then
  return 'stale'
end
local holder = redis.call('HGET', KEYS[2], ARGV[2])
local id, state
if holder then
  id, state = holder:match('^([^|]*)|[^|]*|[^|]*|([^|]*)|')
end
if id ~= ARGV[1] then
  return item[2]
end
-- Counted by the clock, so that the numbers of different segments are in order too.
local returns = string.format('%.0f', math.max(clock, item[2] + 1))
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('HINCRBY', KEYS[1], state == 's' and 'sold' or 'locked', -1)
redis.call('HINCRBY', KEYS[1], 'sellable', 1)
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HSET', KEYS[1], 'returns', returns)
return returns
