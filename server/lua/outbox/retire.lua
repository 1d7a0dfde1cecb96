-- Purpose: removes an outbox that nothing comes into any more, if it is empty.
-- KEYS: 1 outbox (of one segment)
-- ARGV: none
-- Returns: 1 when there is none (any more), else 0
-- Repeat: what is gone stays gone.
local outbox_key = KEYS[1]

if redis.call('XLEN', outbox_key) > 0 then
  return 0
end
redis.call('DEL', outbox_key)
return 1
