-- Purpose: removes an outbox that gets no new entries, if it is empty.
-- KEYS: 1 outbox (of one segment)
-- ARGV: none
-- Returns: 1 when it does not exist (any more), else 0
-- Repeat: a removed outbox stays removed.
local outbox_key = KEYS[1]

if redis.call('XLEN', outbox_key) > 0 then
  return 0
end
redis.call('DEL', outbox_key)
return 1
