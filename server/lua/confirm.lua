-- Purpose: locked -> sold for a paid reservation; the holder stays.
-- KEYS: 1 item, 2 holders, 3 late (all of the buyer's segment)
-- ARGV: 1 reservation_id, 2 buyer, 3 late_ms (how long a call before the opening is remembered),
--   4 segments
-- Returns: 'moved' | 'nothing' (to do) | 'stale' (the stock is in another number of segments: ask
--   another one)
-- Repeat: the holder is marked as sold and moves nothing again.
local item = redis.call('HMGET', KEYS[1], 'epoch', 'segments')
if not item[1] or item[1] == '' then
  -- Not open: whoever fills it may have read the ledger before the payment.
  redis.call('HSET', KEYS[3], ARGV[1], 's' .. ARGV[2])
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
  return 'nothing'
end
if item[2] ~= ARGV[4] then
  return 'stale'
end
local holder = redis.call('HGET', KEYS[2], ARGV[2])
if not holder then
  return 'nothing'
end
local id, position, held_at_ms, state, rest =
  holder:match('^([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
if id ~= ARGV[1] or state ~= 'h' then
  return 'nothing'
end
redis.call('HSET', KEYS[2], ARGV[2], table.concat({id, position, held_at_ms, 's', rest}, '|'))
redis.call('HINCRBY', KEYS[1], 'locked', -1)
redis.call('HINCRBY', KEYS[1], 'sold', 1)
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 'moved'
