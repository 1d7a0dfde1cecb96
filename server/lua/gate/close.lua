-- Purpose: closes a segment, so that it decides nothing until it is loaded again, and counts the
--   entries in its outbox.
-- KEYS: 1 item, 2 outbox (of one segment)
-- ARGV: 1 only_epoch (a segment with another epoch was loaded again and stays open), or '*' for any
-- Returns: the number of entries in the outbox
-- Repeat: a closed segment stays closed.
local item_key = KEYS[1]
local outbox_key = KEYS[2]
local only_epoch = ARGV[1]

local epoch = redis.call('HGET', item_key, 'epoch')
if epoch and epoch ~= '' and (only_epoch == '*' or epoch == only_epoch) then
  redis.call('HSET', item_key, 'epoch', '')
end
return redis.call('XLEN', outbox_key)
