-- Purpose: the queue has these entries; they leave the outbox.
-- KEYS: 1 outbox (of one segment)
-- ARGV: entry ids, at most 1000
-- Returns: how many left now
-- Repeat: what has left cannot leave again.
redis.call('XACK', KEYS[1], 'relay', unpack(ARGV))
return redis.call('XDEL', KEYS[1], unpack(ARGV))
