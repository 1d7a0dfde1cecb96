-- Purpose: closes a segment, so that it decides nothing until it is loaded again, and counts what
--   is left to be carried to the queue.
-- KEYS: 1 item, 2 outbox (of one segment)
-- ARGV: 1 only_epoch (a segment that was loaded again meanwhile has another one and stays open), or
--   '*' for any
-- Returns: entries in the outbox
-- Repeat: a closed segment stays closed.
local item_key = KEYS[1]
local outbox_key = KEYS[2]
local only_epoch = ARGV[1]

local epoch = redis.call('HGET', item_key, 'epoch')
if epoch and epoch ~= '' and (only_epoch == '*' or epoch == only_epoch) then
  redis.call('HSET', item_key, 'epoch', '')
end
return redis.call('XLEN', outbox_key)
