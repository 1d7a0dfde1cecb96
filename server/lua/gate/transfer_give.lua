-- Purpose: adds the units of a transfer to the receiving segment.
-- KEYS: 1 item, 2 received (of the receiving segment)
-- ARGV: 1 expected_epoch, 2 transfer_id, 3 units
-- Returns: 1 when the units are added, now or before; 0 when the segment has another epoch
-- Repeat: the transfer_id is stored as long as the segment; nothing is added again.
local item_key = KEYS[1]
local received_key = KEYS[2]
local expected_epoch = ARGV[1]
local transfer_id = ARGV[2]
local units = ARGV[3]

if redis.call('HGET', item_key, 'epoch') ~= expected_epoch then
  return 0
end
if redis.call('HSETNX', received_key, transfer_id, units) == 1 then
  redis.call('HINCRBY', item_key, 'sellable', units)
  redis.call('HINCRBY', item_key, 'total', units)
  redis.call('HINCRBY', item_key, 'version', 1)
  local item_life_ms = redis.call('PTTL', item_key)
  if item_life_ms > 0 then
    redis.call('PEXPIRE', received_key, item_life_ms)
  end
end
return 1
