-- Purpose: ends the hold of a reservation that has ended: locked (or sold) -> sellable, or -> nothing
--   when it is withdrawn, because the ledger has no unit for it: the gate had lost data and promised
--   one too many, and were that sellable again, it would be promised to one buyer after the other.
--   There may be more such units: the segment is closed until it is loaded again from the ledger.
-- KEYS: 1 item, 2 holders, 3 late (all of the buyer's segment)
-- ARGV: 1 reservation_id, 2 buyer, 3 late_ms (how long a call to a closed segment is remembered),
--   4 expected_segments, 5 withdrawn (0 or 1)
-- Returns: how often units have come back, as text: later than every 'sold_out' answered before;
--   or 'closed' (a unit was withdrawn: the other segments must be closed as well);
--   or 'stale' (the stock is in another number of segments: ask another one)
-- Repeat: the reservation is no holder any more, and nothing but the version changes. No load contains
--   a reservation whose unit is withdrawn, so a repeat does not close what was loaded meanwhile.
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
  -- Whoever compared before this call saw the ledger wait for it, and must not put the holder back.
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
