-- Purpose: removes entries that the queue has from the outbox.
-- KEYS: 1 outbox (of one segment)
-- ARGV: 1 entry_ids and following, at most 1000
-- Returns: how many were removed now
-- Repeat: an entry that was removed cannot be removed again.
local outbox_key = KEYS[1]
local entry_ids = ARGV

redis.call('XACK', outbox_key, 'relay', unpack(entry_ids))
return redis.call('XDEL', outbox_key, unpack(entry_ids))
