-- Purpose: takes half of a segment's sellable units, at least one, for another segment, and stores
--   the transfer.
-- KEYS: 1 item, 2 transfers (of the giving segment)
-- ARGV: 1 expected_epoch, 2 transfer_id, 3 target (the receiving segment)
-- Returns: the number of units taken; 0 when there are none, or the segment has another epoch
-- Repeat: the same transfer_id takes nothing more and gets the same answer.
local item_key = KEYS[1]
local transfers_key = KEYS[2]
local expected_epoch = ARGV[1]
local transfer_id = ARGV[2]
local target = ARGV[3]

local earlier = redis.call('HGET', transfers_key, transfer_id)
if earlier then
  return transferred_units(earlier)
end
local epoch, sellable = unpack(redis.call('HMGET', item_key, 'epoch', 'sellable'))
if epoch ~= expected_epoch or tonumber(sellable) <= 0 then
  return 0
end
local units = math.max(1, math.floor(sellable / 2))
redis.call('HSET', transfers_key, transfer_id, transfer_record(target, units))
redis.call('HINCRBY', item_key, 'sellable', -units)
redis.call('HINCRBY', item_key, 'total', -units)
redis.call('HINCRBY', item_key, 'moving', units)
redis.call('HINCRBY', item_key, 'version', 1)
local item_life_ms = redis.call('PTTL', item_key)
if item_life_ms > 0 then
  redis.call('PEXPIRE', transfers_key, item_life_ms)
end
return units
