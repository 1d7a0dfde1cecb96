-- Purpose: decides who gets a unit: the buyer's earlier reservation, window, stop, stock; then
--   sellable -> locked, the holder and its outbox entry, all or nothing. Everything is checked
--   before anything is written, because Redis does not roll back.
-- KEYS: 1 item, 2 holders, 3 positions, 4 outbox (all of the buyer's segment)
-- ARGV: 1 now_ms or '' (then the server's clock), 2 epoch, 3 segments, 4 this segment (from 0),
--   5 reservation_id, 6 item_id, 7 buyer, 8 path, 9 keep_ms
-- Returns: {'held', position} | {'already_reserved', reservation_id} | {'missing', ''}
--   | {'stale', epoch} | {'not_started' | 'ended' | 'stopped', ''} | {'sold_out', returns}
-- Repeat: the same reservation_id finds its position and takes nothing.
local item = redis.call('HMGET', KEYS[1], 'epoch', 'segments', 'starts_at_ms', 'ends_at_ms',
  'stopped', 'sellable', 'locked', 'positions', 'version', 'returns')
if not item[1] then
  return {'missing', ''}
end
if item[1] ~= ARGV[2] or item[2] ~= ARGV[3] then
  return {'stale', item[1]}
end
local position = redis.call('HGET', KEYS[3], ARGV[5])
if position then
  return {'held', position}
end
local earlier = redis.call('HGET', KEYS[2], ARGV[7])
if earlier then
  return {'already_reserved', earlier:match('^[^|]*')}
end
local now_ms = tonumber(ARGV[1])
if not now_ms then
  local time = redis.call('TIME')
  now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
end
if now_ms >= tonumber(item[4]) then
  return {'ended', ''}
end
if item[5] == '1' then
  return {'stopped', ''}
end
if now_ms < tonumber(item[3]) then
  return {'not_started', ''}
end
if tonumber(item[6]) <= 0 then
  return {'sold_out', item[10]}
end

-- Numbers of different segments interleave; with one segment they are 1, 2, 3 …
local number = item[8] * ARGV[3] + ARGV[4] + 1
local held_at_ms = string.format('%.0f', now_ms)
redis.call('HSET', KEYS[1], 'sellable', item[6] - 1, 'locked', item[7] + 1,
  'positions', item[8] + 1, 'version', item[9] + 1)
redis.call('HSET', KEYS[2], ARGV[7],
  table.concat({ARGV[5], number, held_at_ms, 'h', 0, ARGV[8]}, '|'))
redis.call('HSET', KEYS[3], ARGV[5], number)
redis.call('XADD', KEYS[4], '*', 'reservation_id', ARGV[5], 'item_id', ARGV[6],
  'buyer', ARGV[7], 'path', ARGV[8], 'position', number, 'held_at_ms', held_at_ms)
-- What begins to exist gets its expiry.
for i = 2, 3 do
  if redis.call('HLEN', KEYS[i]) == 1 then
    redis.call('PEXPIRE', KEYS[i], item[4] - now_ms + ARGV[9])
  end
end
return {'held', tostring(number)}
