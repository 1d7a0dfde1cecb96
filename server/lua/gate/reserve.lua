-- Purpose: decides who gets a unit: the buyer's earlier reservation, window, stop, stock; then
--   sellable -> locked, the holder and its outbox entry, all or nothing. Everything is checked
--   before anything is written, because Redis does not roll back.
-- KEYS: 1 item, 2 holders, 3 positions, 4 outbox (all of the buyer's segment)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 expected_epoch, 3 expected_segments,
--   4 segment (this one, from 0), 5 reservation_id, 6 item_id, 7 buyer, 8 path, 9 keep_ms,
--   10 told_position (the highest that the caller was told by this load of the segment, or 0)
-- Returns: {'held', position} | {'already_reserved', reservation_id} | {'missing', ''}
--   | {'stale', epoch} | {'not_started' | 'ended' | 'stopped', ''} | {'sold_out', returns}
--   | {'forgot', ''} (this server has lost holds since; the segment is closed)
-- Repeat: the same reservation_id finds its position and takes nothing.
local item_key = KEYS[1]
local holders_key = KEYS[2]
local positions_key = KEYS[3]
local outbox_key = KEYS[4]
local given_now_ms = ARGV[1]
local expected_epoch = ARGV[2]
local expected_segments = ARGV[3]
local segment = ARGV[4]
local reservation_id = ARGV[5]
local item_id = ARGV[6]
local buyer = ARGV[7]
local path = ARGV[8]
local keep_ms = ARGV[9]
local told_position = tonumber(ARGV[10])

local epoch, segments, starts_at_ms, ends_at_ms, stopped, sellable, locked, positions, version,
  returns = unpack(redis.call('HMGET', item_key, 'epoch', 'segments', 'starts_at_ms',
    'ends_at_ms', 'stopped', 'sellable', 'locked', 'positions', 'version', 'returns'))
if not epoch then
  return {'missing', ''}
end
if epoch ~= expected_epoch or segments ~= expected_segments then
  return {'stale', epoch}
end
-- The positions of different segments interleave; with one segment they are 1, 2, 3 …
local position = positions * segments + segment + 1
if position <= told_position then
  redis.call('HSET', item_key, 'epoch', '')
  return {'forgot', ''}
end
local earlier_position = redis.call('HGET', positions_key, reservation_id)
if earlier_position then
  return {'held', earlier_position}
end
local earlier_holder = get_holder(holders_key, buyer)
if earlier_holder then
  return {'already_reserved', earlier_holder.reservation_id}
end
local now_ms = time_ms(given_now_ms)
if now_ms >= tonumber(ends_at_ms) then
  return {'ended', ''}
end
if stopped == '1' then
  return {'stopped', ''}
end
if now_ms < tonumber(starts_at_ms) then
  return {'not_started', ''}
end
if tonumber(sellable) <= 0 then
  return {'sold_out', returns}
end

local holder = {reservation_id = reservation_id, position = position, held_at_ms = whole(now_ms),
  state = HELD, resends_or_parked_at_ms = 0, path = path}
redis.call('HSET', item_key, 'sellable', sellable - 1, 'locked', locked + 1,
  'positions', positions + 1, 'version', version + 1)
set_holder(holders_key, buyer, holder)
redis.call('HSET', positions_key, reservation_id, position)
append_to_outbox(outbox_key, item_id, buyer, holder)
-- The first entry makes a key, which has no expiry yet.
for _, key in ipairs({holders_key, positions_key}) do
  if redis.call('HLEN', key) == 1 then
    redis.call('PEXPIRE', key, life_ms(ends_at_ms, now_ms, keep_ms))
  end
end
return {'held', tostring(position)}
