-- Purpose: makes a segment decide nothing any more, until it is filled again, and says what is left
--   to be carried to the queue.
-- KEYS: 1 item, 2 outbox (of one segment)
-- ARGV: 1 the epoch it is to have, or '*' for any: one that was filled again meanwhile stays open
-- Returns: entries in the outbox
-- Repeat: closed is closed.
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch and epoch ~= '' and (ARGV[1] == '*' or epoch == ARGV[1]) then
  redis.call('HSET', KEYS[1], 'epoch', '')
end
return redis.call('XLEN', KEYS[2])
