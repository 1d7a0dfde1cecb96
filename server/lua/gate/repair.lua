-- Purpose: sets a segment to the ledger's data, unless it has changed since it was compared. The caller
--   has counted units on their way to another segment as missing.
-- KEYS: 1 item, 2 holders, 3 positions (all of one segment)
-- ARGV: 1 expected_epoch, 2 expected_version, 3 total, 4 sellable, 5 locked, 6 sold, 7 keep_ms,
--   8 given_now_ms ('' for this server's clock), 9 removed_count; then that many buyers whose holder
--   is removed; then for each holder to put: buyer, reservation_id, position, holder (as stored)
-- Returns: the number of the latest return, as text, or '' when the segment has changed
-- Repeat: the version has changed; does nothing.
local item_key = KEYS[1]
local holders_key = KEYS[2]
local positions_key = KEYS[3]
local expected_epoch = ARGV[1]
local expected_version = ARGV[2]
local total = ARGV[3]
local sellable = ARGV[4]
local locked = ARGV[5]
local sold = ARGV[6]
local keep_ms = ARGV[7]
local given_now_ms = ARGV[8]
local removed_count = ARGV[9]
local arguments = ARGV

local epoch, version, returns, ends_at_ms =
  unpack(redis.call('HMGET', item_key, 'epoch', 'version', 'returns', 'ends_at_ms'))
if epoch ~= expected_epoch or version ~= expected_version then
  return ''
end
returns = next_returns(returns)
local first_removed = 10
local first_put = first_removed + removed_count
for i = first_removed, first_put - 1 do
  redis.call('HDEL', holders_key, arguments[i])
end
for i = first_put, #arguments, 4 do
  local buyer, reservation_id, position, holder = unpack(arguments, i, i + 3)
  redis.call('HSET', holders_key, buyer, holder)
  redis.call('HSET', positions_key, reservation_id, position)
end
redis.call('HSET', item_key, 'total', total, 'sellable', sellable, 'locked', locked,
  'sold', sold, 'moving', 0, 'version', version + 1, 'returns', returns)
local life = life_ms(ends_at_ms, time_ms(given_now_ms), keep_ms)
redis.call('PEXPIRE', holders_key, life)
redis.call('PEXPIRE', positions_key, life)
return returns
