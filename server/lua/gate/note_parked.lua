-- Purpose: notes that the queue has parked the entry of a holder, which is therefore not lost.
-- KEYS: 1 holders (of the buyer's segment)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 reservation_id, 3 buyer
-- Returns: 1 when it was noted, 0 when the reservation holds no unit (any more)
-- Repeat: the instant moves on.
local holders_key = KEYS[1]
local given_now_ms = ARGV[1]
local reservation_id = ARGV[2]
local buyer = ARGV[3]

local holder = get_holder(holders_key, buyer)
if not holder or holder.reservation_id ~= reservation_id or holder.state ~= HELD then
  return 0
end
holder.resends_or_parked_at_ms = whole(time_ms(given_now_ms))
set_holder(holders_key, buyer, holder)
return 1
