-- Purpose: makes a segment say what the ledger says, unless it has changed since it was compared.
-- KEYS: 1 item, 2 holders, 3 positions (all of one segment)
-- ARGV: 1 epoch, 2 version, 3 total, 4 sellable, 5 locked, 6 sold, 7 keep_ms, 8 now_ms or '',
--   9 number of holders to let go, then their buyers, then for each holder to put: buyer,
--   reservation_id, position, holder (as stored)
-- Returns: how often units have come back, as text, or '' when the segment has changed
-- Repeat: the version has moved on; nothing is changed.
local item = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'returns', 'ends_at_ms')
if item[1] ~= ARGV[1] or item[2] ~= ARGV[2] then
  return ''
end
local time = redis.call('TIME')
local now_ms = tonumber(ARGV[8]) or time[1] * 1000 + math.floor(time[2] / 1000)
local returns = string.format('%.0f', math.max(time[1] * 1000000 + time[2], item[3] + 1))
local first_put = 10 + ARGV[9]
for i = 10, first_put - 1 do
  redis.call('HDEL', KEYS[2], ARGV[i])
end
for i = first_put, #ARGV, 4 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 3])
  redis.call('HSET', KEYS[3], ARGV[i + 1], ARGV[i + 2])
end
redis.call('HSET', KEYS[1], 'total', ARGV[3], 'sellable', ARGV[4], 'locked', ARGV[5],
  'sold', ARGV[6], 'version', item[2] + 1, 'returns', returns)
local life_ms = math.max(item[4] - now_ms, 0) + ARGV[7]
redis.call('PEXPIRE', KEYS[2], life_ms)
redis.call('PEXPIRE', KEYS[3], life_ms)
return returns
