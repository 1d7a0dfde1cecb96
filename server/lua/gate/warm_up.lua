-- Purpose: updates the window of a loaded segment; does not change stock.
-- KEYS: 1 item, 2 holders, 3 positions, 4 transfers, 5 received (all of one segment)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 expected_epoch, 3 expected_segments,
--   4 starts_at_ms, 5 ends_at_ms, 6 stopped (0 or 1), 7 keep_ms (after the end), 8 segment (its index,
--   from 0), 9 told_position (the highest that this load of the segment is known to have given)
-- Returns: {'current', epoch} | {'missing', ''} | {'stale', epoch (the segment's own)}
--   | {'forgot', ''} (this server has lost holds since; the segment is closed)
-- Repeat: writes the same window and the same expiry again.
local item_key = KEYS[1]
local holders_key = KEYS[2]
local positions_key = KEYS[3]
local transfers_key = KEYS[4]
local received_key = KEYS[5]
local given_now_ms = ARGV[1]
local expected_epoch = ARGV[2]
local expected_segments = ARGV[3]
local starts_at_ms = ARGV[4]
local ends_at_ms = ARGV[5]
local stopped = ARGV[6]
local keep_ms = ARGV[7]
local segment = tonumber(ARGV[8])
local told_position = tonumber(ARGV[9])

local epoch, segments, positions =
  unpack(redis.call('HMGET', item_key, 'epoch', 'segments', 'positions'))
if not epoch then
  return {'missing', ''}
end
if epoch ~= expected_epoch or segments ~= expected_segments then
  return {'stale', epoch}
end
if positions * segments + segment + 1 <= told_position then
  redis.call('HSET', item_key, 'epoch', '')
  return {'forgot', ''}
end
redis.call('HSET', item_key, 'starts_at_ms', starts_at_ms, 'ends_at_ms', ends_at_ms,
  'stopped', stopped)
local life = life_ms(ends_at_ms, time_ms(given_now_ms), keep_ms)
for _, key in ipairs({item_key, holders_key, positions_key, transfers_key, received_key}) do
  redis.call('PEXPIRE', key, life)
end
return {'current', epoch}
