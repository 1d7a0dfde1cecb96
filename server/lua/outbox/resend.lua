-- Purpose: appends the entry of a holder that the ledger does not know to the outbox again. Waits
--   twice as long before each further try. A parked entry is in the queue, and is sent only if the queue
--   has none parked and did not park this one again for longer than a new try takes.
-- KEYS: 1 item, 2 holders, 3 outbox (all of the buyer's segment)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 expected_epoch ('' for a segment that is closed
--   or gone), 3 reservation_id, 4 item_id, 5 buyer, 6 lost_after_ms (since the hold, before the first
--   try), 7 parked_lost_after_ms (since it was parked; '' while the queue has parked entries)
-- Returns: 1 when it was appended, else 0
-- Repeat: the next try is not due yet; and the order writer ignores repeated entries.
local item_key = KEYS[1]
local holders_key = KEYS[2]
local outbox_key = KEYS[3]
local given_now_ms = ARGV[1]
local expected_epoch = ARGV[2]
local reservation_id = ARGV[3]
local item_id = ARGV[4]
local buyer = ARGV[5]
local lost_after_ms = ARGV[6]
local parked_lost_after_ms = tonumber(ARGV[7])

-- An item that is gone counts as closed: its holders may still be stored.
if (redis.call('HGET', item_key, 'epoch') or '') ~= expected_epoch then
  return 0
end
local holder = get_holder(holders_key, buyer)
if not holder or holder.reservation_id ~= reservation_id or holder.state ~= HELD then
  return 0
end
local now_ms = time_ms(given_now_ms)
if is_parked(holder) then
  if not parked_lost_after_ms or now_ms - holder.resends_or_parked_at_ms < parked_lost_after_ms then
    return 0
  end
  holder.resends_or_parked_at_ms = whole(now_ms)
  set_holder(holders_key, buyer, holder)
  append_to_outbox(outbox_key, item_id, buyer, holder, 'replayed', '1')
  return 1
end
local due_after_ms = lost_after_ms * 2 ^ tonumber(holder.resends_or_parked_at_ms)
if now_ms - holder.held_at_ms < due_after_ms then
  return 0
end
holder.resends_or_parked_at_ms = holder.resends_or_parked_at_ms + 1
set_holder(holders_key, buyer, holder)
append_to_outbox(outbox_key, item_id, buyer, holder)
return 1
