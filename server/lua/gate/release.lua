-- Purpose: ends the hold of an ended reservation: locked (or sold) -> sellable, or -> nothing if the
--   unit is withdrawn because the ledger has none for it: the gate had lost data and promised one too
--   many. If that became sellable, it would be promised to one buyer after the other. There may be
--   more such units: the segment is closed until it is loaded again from the ledger.
-- KEYS: 1 item, 2 holders, 3 late (all of the buyer's segment)
-- ARGV: 1 reservation_id, 2 buyer, 3 late_ms (how long a call to a closed segment is stored),
--   4 expected_segments, 5 withdrawn (0 or 1)
-- Returns: the number of the latest return, as text, higher than in every earlier 'sold_out';
--   or 'closed' (a unit was withdrawn: close the other segments as well);
--   or 'stale' (the item has another number of segments: call another segment)
-- Repeat: the reservation has no holder any more, so only the version changes. A load never contains
--   a reservation whose unit was withdrawn, so a repeat does not close a segment loaded since.
local item_key = KEYS[1]
local holders_key = KEYS[2]
local late_key = KEYS[3]
local reservation_id = ARGV[1]
local buyer = ARGV[2]
local late_ms = ARGV[3]
local expected_segments = ARGV[4]
local withdrawn = ARGV[5]

local is_withdrawn = withdrawn == '1'
local what = is_withdrawn and WITHDRAWN or RELEASED
local epoch, segments, returns =
  unpack(redis.call('HMGET', item_key, 'epoch', 'segments', 'returns'))
if not epoch or epoch == '' then
  remember_late_call(late_key, reservation_id, what, buyer, late_ms)
  return is_withdrawn and (returns or '0') or whole(server_time_us())
end
if segments ~= expected_segments then
  return 'stale'
end
local holder = get_holder(holders_key, buyer)
if not holder or holder.reservation_id ~= reservation_id then
  -- A comparison made before this call expected the holder: the new version keeps it from restoring it.
  redis.call('HINCRBY', item_key, 'version', 1)
  return returns
end
redis.call('HDEL', holders_key, buyer)
redis.call('HINCRBY', item_key, holder.state == SOLD and 'sold' or 'locked', -1)
redis.call('HINCRBY', item_key, 'version', 1)
if is_withdrawn then
  redis.call('HINCRBY', item_key, 'total', -1)
  redis.call('HSET', item_key, 'epoch', '')
  return 'closed'
end
returns = next_returns(returns)
redis.call('HINCRBY', item_key, 'sellable', 1)
redis.call('HSET', item_key, 'returns', returns)
return returns
