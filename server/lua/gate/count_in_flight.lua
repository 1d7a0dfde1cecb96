-- Purpose: counts an item's entries in flight at instances, from their latest notes.
-- KEYS: 1 in_flight (all instances' notes, by instance)
-- ARGV: 1 item_id, 2 since_ms (earlier notes are ignored), 3 good_for_ms (older notes are ignored)
-- Returns: {number of consumers with a valid note, when the item's oldest entry was held or '' if
--   there is none, this server's time in ms}
-- Repeat: changes nothing.
local in_flight_key = KEYS[1]
local item_id = ARGV[1]
local since_ms = tonumber(ARGV[2])
local good_for_ms = tonumber(ARGV[3])

local now_ms = time_ms('')
local consumers, oldest_ms = 0, nil
local notes = redis.call('HGETALL', in_flight_key)
for i = 2, #notes, 2 do
  local noted_at_ms, consumes, items = in_flight(notes[i])
  if noted_at_ms >= math.max(since_ms, now_ms - good_for_ms) then
    if consumes == '1' then
      consumers = consumers + 1
    end
    local held_at_ms = oldest_in_flight_ms(items, item_id)
    if held_at_ms then
      oldest_ms = math.min(oldest_ms or held_at_ms, held_at_ms)
    end
  end
end
return {consumers, oldest_ms and whole(oldest_ms) or '', whole(now_ms)}
