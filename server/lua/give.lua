-- Purpose: adds the units of a transfer to the segment they were taken for.
-- KEYS: 1 item, 2 received (of the segment that gets)
-- ARGV: 1 epoch, 2 transfer id, 3 units
-- Returns: 1 when they are there, now or before; 0 when the segment is of another epoch
-- Repeat: the transfer id is remembered as long as the segment; nothing is added again.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
  return 0
end
if redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[3]) == 1 then
  redis.call('HINCRBY', KEYS[1], 'sellable', ARGV[3])
  redis.call('HINCRBY', KEYS[1], 'total', ARGV[3])
  redis.call('HINCRBY', KEYS[1], 'version', 1)
  local life_ms = redis.call('PTTL', KEYS[1])
  if life_ms > 0 then
    redis.call('PEXPIRE', KEYS[2], life_ms)
  end
end
return 1
