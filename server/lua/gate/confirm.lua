-- Purpose: locked -> sold for a paid reservation; the holder stays.
-- KEYS: 1 item, 2 holders, 3 late (all of the buyer's segment)
-- ARGV: 1 reservation_id, 2 buyer, 3 late_ms (how long a call to a closed segment is stored),
--   4 expected_segments
-- Returns: 'moved' | 'nothing' (to do) | 'stale' (the item has another number of segments: call
--   another segment)
-- Repeat: the holder is already marked as sold; nothing moves.
local item_key = KEYS[1]
local holders_key = KEYS[2]
local late_key = KEYS[3]
local reservation_id = ARGV[1]
local buyer = ARGV[2]
local late_ms = ARGV[3]
local expected_segments = ARGV[4]

local epoch, segments = unpack(redis.call('HMGET', item_key, 'epoch', 'segments'))
if not epoch or epoch == '' then
  remember_late_call(late_key, reservation_id, PAID, buyer, late_ms)
  return 'nothing'
end
if segments ~= expected_segments then
  return 'stale'
end
local holder = get_holder(holders_key, buyer)
if not holder or holder.reservation_id ~= reservation_id or holder.state ~= HELD then
  return 'nothing'
end
holder.state = SOLD
set_holder(holders_key, buyer, holder)
redis.call('HINCRBY', item_key, 'locked', -1)
redis.call('HINCRBY', item_key, 'sold', 1)
redis.call('HINCRBY', item_key, 'version', 1)
return 'moved'
