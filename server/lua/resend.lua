-- Purpose: puts the entry of a holder that the ledger never heard of into the outbox again. Waits
--   twice as long before every further try.
-- KEYS: 1 item, 2 holders, 3 outbox (all of the buyer's segment)
-- ARGV: 1 now_ms or '' (then the server's clock), 2 epoch, 3 reservation_id, 4 item_id, 5 buyer,
--   6 lost_after_ms (since the hold, before the first try)
-- Returns: 1 when it was put, else 0
-- Repeat: the next try is not due; and the order writer minds no repeat.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[2] then
  return 0
end
local holder = redis.call('HGET', KEYS[2], ARGV[5])
if not holder then
  return 0
end
local id, position, held_at_ms, state, tries, path =
  holder:match('^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
if id ~= ARGV[3] or state ~= 'h' then
  return 0
end
local now_ms = tonumber(ARGV[1])
if not now_ms then
  local time = redis.call('TIME')
  now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
end
if now_ms - held_at_ms < ARGV[6] * 2 ^ math.min(tonumber(tries), 30) then
  return 0
end
redis.call('HSET', KEYS[2], ARGV[5],
  table.concat({id, position, held_at_ms, state, tries + 1, path}, '|'))
redis.call('XADD', KEYS[3], '*', 'reservation_id', id, 'item_id', ARGV[4], 'buyer', ARGV[5],
  'path', path, 'position', position, 'held_at_ms', held_at_ms)
return 1
