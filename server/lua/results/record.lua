-- Purpose: records the results of a buyer's reservations, for polling.
-- KEYS: 1 results (of one buyer: hash by reservation)
-- ARGV: 1 life_ms (of all of them, from now on), 2 limit (number of latest reservations to keep),
--   3 replace (1: overwrite existing results; 0: keep them), 4 results and following (a reservation's
--   id and its result alternately, at most 1000 of them)
-- Returns: how many are stored
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
  -- Ids are in the order of their creation.
  local ids = redis.call('HKEYS', results_key)
  table.sort(ids)
  redis.call('HDEL', results_key, unpack(ids, 1, kept - limit))
end
return math.min(kept, limit)
