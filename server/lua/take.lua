-- Purpose: takes half of a segment's sellable units, at least one, for another segment, and
--   remembers that they are on their way.
-- KEYS: 1 item, 2 transfers (of the segment that gives)
-- ARGV: 1 epoch, 2 transfer id, 3 the segment they go to
-- Returns: units taken; 0 when there are none, or the segment is of another epoch
-- Repeat: the same transfer id takes nothing more and answers the same.
local earlier = redis.call('HGET', KEYS[2], ARGV[2])
if earlier then
  return tonumber(earlier:match('|(.*)$'))
end
local item = redis.call('HMGET', KEYS[1], 'epoch', 'sellable')
if item[1] ~= ARGV[1] or tonumber(item[2]) <= 0 then
  return 0
end
local units = math.max(1, math.floor(item[2] / 2))
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. '|' .. units)
redis.call('HINCRBY', KEYS[1], 'sellable', -units)
redis.call('HINCRBY', KEYS[1], 'total', -units)
redis.call('HINCRBY', KEYS[1], 'moving', units)
redis.call('HINCRBY', KEYS[1], 'version', 1)
local life_ms = redis.call('PTTL', KEYS[1])
if life_ms > 0 then
  redis.call('PEXPIRE', KEYS[2], life_ms)
end
return units
