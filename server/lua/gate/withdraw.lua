-- Purpose: ends a hold for which the ledger has no unit: locked -> nothing. The gate had lost data and
--   promised one unit too many; were it sellable again, it would be promised to one buyer after the
--   other.
-- KEYS: 1 item, 2 holders, 3 late (all of the buyer's segment)
-- ARGV: 1 reservation_id, 2 buyer, 3 late_ms (how long a call to a closed segment is remembered),
--   4 expected_segments
-- Returns: how often units have come back, as text; or 'stale' (the stock is in another number of
--   segments: ask another one)
-- Repeat: the reservation is no holder any more, and nothing is withdrawn again.
local item_key = KEYS[1]
local holders_key = KEYS[2]
local late_key = KEYS[3]
local reservation_id = ARGV[1]
local buyer = ARGV[2]
local late_ms = ARGV[3]
local expected_segments = ARGV[4]

local epoch, segments, returns =
  unpack(redis.call('HMGET', item_key, 'epoch', 'segments', 'returns'))
if not epoch or epoch == '' then
  remember_late_call(late_key, reservation_id, WITHDRAWN, buyer, late_ms)
  return returns or '0'
end
if segments ~= expected_segments then
  return 'stale'
end
local holder = get_holder(holders_key, buyer)
if holder and holder.reservation_id == reservation_id and holder.state == HELD then
  redis.call('HDEL', holders_key, buyer)
  redis.call('HINCRBY', item_key, 'locked', -1)
  redis.call('HINCRBY', item_key, 'total', -1)
  redis.call('HINCRBY', item_key, 'version', 1)
end
return returns
