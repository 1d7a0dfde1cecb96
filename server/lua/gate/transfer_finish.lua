-- Purpose: makes the giving segment forget a transfer whose units have arrived.
-- KEYS: 1 item, 2 transfers (of the giving segment)
-- ARGV: 1 transfer_id
-- Returns: 1 when the transfer was stored, else 0
-- Repeat: a forgotten transfer stays forgotten.
local item_key = KEYS[1]
local transfers_key = KEYS[2]
local transfer_id = ARGV[1]

local transfer = redis.call('HGET', transfers_key, transfer_id)
if not transfer then
  return 0
end
redis.call('HDEL', transfers_key, transfer_id)
redis.call('HINCRBY', item_key, 'moving', -transferred_units(transfer))
redis.call('HINCRBY', item_key, 'version', 1)
return 1
