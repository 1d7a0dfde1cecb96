-- Time and stored formats for all scripts: adapters/redis/scripts.rs puts this text in front of each
-- script. Nothing here reads KEYS or ARGV.

-- Microseconds on this server's clock; the same at every call within a script.
local function server_time_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Milliseconds on the caller's clock, or on this server's if the caller gives ''.
local function time_ms(given_ms)
  return tonumber(given_ms) or math.floor(server_time_us() / 1000)
end

-- Formats a large number: Lua's own conversion loses the last digits.
local function whole(number)
  return string.format('%.0f', number)
end

-- How long to keep an item's keys: until its window ends, plus keep_ms. A duration, so that only one
-- clock matters.
local function life_ms(ends_at_ms, now_ms, keep_ms)
  return math.max(ends_at_ms - now_ms, 0) + keep_ms
end

-- The number of the next return of a unit. It is derived from the clock, so that numbers of different
-- segments are also in order, and is higher than all earlier ones.
local function next_returns(returns)
  return whole(math.max(server_time_us(), returns + 1))
end

-- Counts one call against a limit (GCRA: a burst of calls, then one each period). Returns the new
-- used_until_us, and the wait until a call is allowed, or 0; in microseconds. The argument used_until_us
-- is the earlier value, false for a caller who never called.
local function count_call(used_until_us, now_us, period_us, burst)
  local burst_us = period_us * burst
  local from_us = tonumber(used_until_us or now_us)
  -- At most a full burst ahead: a clock that was set back must not refuse callers for long.
  from_us = math.min(math.max(from_us, now_us), now_us + burst_us)
  return from_us + period_us, math.max(from_us + period_us - now_us - burst_us, 0)
end

-- Expires at that instant, when the caller counts as one who never called.
local function set_used_until(limit_key, used_until_us, now_us)
  redis.call('SET', limit_key, whole(used_until_us), 'PX', math.ceil((used_until_us - now_us) / 1000))
end

-- A buyer's hidden path for an item. adapters/redis/paths.rs writes and reads the same text:
--   path|reservation_id|expires_at_ms|state
-- The state of a used path is PATH_USED followed by the id of the purchase that used it.
local PATH_FRESH, PATH_UNANSWERED, PATH_USED = 'f', 'a', 'u'

-- The stored path, if it equals the requested one.
local function get_path(text, path)
  if not text then
    return nil
  end
  local stored_path, reservation_id, expires_at_ms, state =
    text:match('^([^|]*)|([^|]*)|([^|]*)|([^|]*)$')
  if stored_path ~= path then
    return nil
  end
  return {path = path, reservation_id = reservation_id, expires_at_ms = expires_at_ms, state = state}
end

local function is_good(grant, purchase_id)
  return grant.state == PATH_FRESH or grant.state == PATH_UNANSWERED
    or grant.state == PATH_USED .. purchase_id
end

local function set_path_state(path_key, grant, state)
  redis.call('SET', path_key, table.concat({grant.path, grant.reservation_id, grant.expires_at_ms,
    state}, '|'), 'KEEPTTL')
end

-- A holder of a unit, stored by buyer. adapters/redis/gate/holder_record.rs reads and writes the same text:
--   reservation_id|position|held_at_ms|state|resends_or_parked_at_ms|path
-- resends_or_parked_at_ms is how often its entry was sent again or, from FIRST_INSTANT on, the
-- instant at which the queue parked the entry. An earlier version's script reads an instant as very
-- many resends and sends nothing, as intended.
local HELD, SOLD = 'h', 's'
local FIRST_INSTANT = 1000

local function is_parked(holder)
  return tonumber(holder.resends_or_parked_at_ms) >= FIRST_INSTANT
end

local function get_holder(holders_key, buyer)
  local text = redis.call('HGET', holders_key, buyer)
  if not text then
    return nil
  end
  local reservation_id, position, held_at_ms, state, resends_or_parked_at_ms, path =
    text:match('^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
  return {reservation_id = reservation_id, position = position, held_at_ms = held_at_ms,
    state = state, resends_or_parked_at_ms = resends_or_parked_at_ms, path = path}
end

local function set_holder(holders_key, buyer, holder)
  redis.call('HSET', holders_key, buyer, table.concat({holder.reservation_id, holder.position,
    holder.held_at_ms, holder.state, holder.resends_or_parked_at_ms, holder.path}, '|'))
end

-- Appends an outbox entry: the queue's data of a holder. More fields may follow.
local function append_to_outbox(outbox_key, item_id, buyer, holder, ...)
  redis.call('XADD', outbox_key, '*', 'reservation_id', holder.reservation_id, 'item_id', item_id,
    'buyer', buyer, 'path', holder.path, 'position', holder.position,
    'held_at_ms', holder.held_at_ms, ...)
end

-- A late call: a release, a withdrawal or a payment that arrived while the segment was closed, stored
-- by reservation as its kind and the buyer. The load of the segment may have read the ledger before it.
local RELEASED, WITHDRAWN, PAID = 'r', 'w', 's'

local function remember_late_call(late_key, reservation_id, what, buyer, late_ms)
  redis.call('HSET', late_key, reservation_id, what .. buyer)
  redis.call('PEXPIRE', late_key, late_ms)
end

local function late_call(text)
  return text:sub(1, 1), text:sub(2)
end

-- A transfer of units to another segment, stored by its id as target|units.
local function transfer_record(target, units)
  return target .. '|' .. units
end

local function transferred_units(text)
  return tonumber(text:match('|(.*)$'))
end

-- An instance's entries in flight, stored by instance as noted_at_ms|consumes (0 or 1)|items, where
-- each item is item_id=held_at_ms of its oldest entry, followed by a space.
local function in_flight_record(now_ms, consumes, items)
  return table.concat({whole(now_ms), consumes, items}, '|')
end

local function in_flight(text)
  local noted_at_ms, consumes, items = text:match('^([^|]*)|([^|]*)|(.*)$')
  return tonumber(noted_at_ms), consumes, items
end

-- The held_at_ms of an item in such a list; nil if it is not in the list.
local function oldest_in_flight_ms(items, item_id)
  local _, item_end = items:find(item_id .. '=', 1, true)
  return item_end and tonumber(items:match('^%d+', item_end + 1))
end
