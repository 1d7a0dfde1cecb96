-- Purpose: records that the queue has parked a holder's entry, which is therefore not lost.
-- KEYS: 1 holders (of the buyer's segment)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 reservation_id, 3 buyer
-- Returns: 1 when it was recorded, 0 when the reservation holds no unit (any more)
-- Repeat: updates the instant.
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
