-- Purpose: removes entries from the outbox that the queue has.
-- KEYS: 1 outbox (of one segment)
-- ARGV: 1 entry_ids and following, at most 1000
-- Returns: how many were removed now
-- Repeat: entries that are gone are ignored.
local outbox_key = KEYS[1]
local entry_ids = ARGV

redis.call('XACK', outbox_key, 'relay', unpack(entry_ids))
return redis.call('XDEL', outbox_key, unpack(entry_ids))
