-- Purpose: the units of a transfer have arrived; the segment that gave them forgets it.
-- KEYS: 1 item, 2 transfers (of the segment that gave)
-- ARGV: 1 transfer id
-- Returns: 1 when it was remembered, else 0
-- Repeat: what is forgotten cannot be forgotten again.
local transfer = redis.call('HGET', KEYS[2], ARGV[1])
if not transfer then
  return 0
end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[1], 'moving', -tonumber(transfer:match('|(.*)$')))
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1
