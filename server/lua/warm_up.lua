-- Purpose: refreshes the window of a segment that is there; touches no stock.
-- KEYS: 1 item, 2 holders, 3 positions, 4 transfers, 5 received (all of one segment)
-- ARGV: 1 now_ms or '' (then the server's clock), 2 epoch of the ledger, 3 segments of the ledger,
--       4 starts_at_ms, 5 ends_at_ms, 6 stopped (0 or 1), 7 keep_ms after the end
-- Returns: {'known', epoch} | {'missing', ''} | {'stale', the epoch that is there}
-- Repeat: writes the same window and the same expiry again.
local item = redis.call('HMGET', KEYS[1], 'epoch', 'segments')
if not item[1] then
  return {'missing', ''}
end
if item[1] ~= ARGV[2] or item[2] ~= ARGV[3] then
  return {'stale', item[1]}
end
local now_ms = tonumber(ARGV[1])
if not now_ms then
  local time = redis.call('TIME')
  now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
end
redis.call('HSET', KEYS[1], 'starts_at_ms', ARGV[4], 'ends_at_ms', ARGV[5], 'stopped', ARGV[6])
-- Relative, so that only one clock counts.
local life_ms = math.max(ARGV[5] - now_ms, 0) + ARGV[7]
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, life_ms)
end
return {'known', item[1]}
