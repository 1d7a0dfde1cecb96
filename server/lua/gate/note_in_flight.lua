-- Purpose: stores an instance's entries in flight between the queue and the ledger: the items, and
--   when the oldest entry of each was held.
-- KEYS: 1 in_flight (all instances' notes, by instance)
-- ARGV: 1 instance, 2 consumes (0 or 1: it is one of the queue's consumers), 3 items (as
--   item=held_at_ms, each followed by a space), 4 life_ms (how long notes are kept)
-- Returns: the number of instances with a note
-- Repeat: writes the note again, with this server's current time.
local in_flight_key = KEYS[1]
local instance = ARGV[1]
local consumes = ARGV[2]
local items = ARGV[3]
local life_ms = tonumber(ARGV[4])

local now_ms = time_ms('')
local notes = redis.call('HGETALL', in_flight_key)
for i = 1, #notes, 2 do
  local noted_at_ms = in_flight(notes[i + 1])
  if now_ms - noted_at_ms > life_ms then
    redis.call('HDEL', in_flight_key, notes[i])
  end
end
if consumes == '0' and items == '' then
  redis.call('HDEL', in_flight_key, instance)
else
  redis.call('HSET', in_flight_key, instance, in_flight_record(now_ms, consumes, items))
  redis.call('PEXPIRE', in_flight_key, whole(life_ms))
end
return redis.call('HLEN', in_flight_key)
