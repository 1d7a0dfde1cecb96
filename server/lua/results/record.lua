-- Purpose: records what became of reservations of a buyer, for those who poll.
-- KEYS: 1 results (of one buyer: hash by reservation)
-- ARGV: 1 life_ms (of all of them, from now on), 2 limit (reservations that are kept, the latest ones),
--   3 replace (1: instead of what is there; 0: only where nothing is), 4 results and following (a
--   reservation's id and its result in turn, at most 1000 of them)
-- Returns: how many are kept
-- Repeat: records the same again.
local results_key = KEYS[1]
local life_ms = ARGV[1]
local limit = tonumber(ARGV[2])
local replace = ARGV[3]
local results = ARGV

local command = replace == '1' and 'HSET' or 'HSETNX'
for place = 4, #results, 2 do
  redis.call(command, results_key, results[place], results[place + 1])
end
redis.call('PEXPIRE', results_key, life_ms)
local kept = redis.call('HLEN', results_key)
if kept > limit then
  -- Ids are in the order in which they were made.
  local ids = redis.call('HKEYS', results_key)
  table.sort(ids)
  redis.call('HDEL', results_key, unpack(ids, 1, kept - limit))
end
return math.min(kept, limit)
