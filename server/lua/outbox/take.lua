-- Purpose: hands entries of an outbox to a relay: either those that it already has, or those that no
--   running relay has.
-- KEYS: 1 outbox (of one segment)
-- ARGV: 1 relay (its name), 2 limit (entries, at least 1), 3 own (1: the relay's own entries, whose idle
--   time continues; 0: entries of dead relays, entries given back, and new ones), 4 idle_ms (after this
--   time a relay counts as dead)
-- Returns: a list of {entry id, {field, value, …}}
-- Repeat: hands out other entries; those handed out stay in the outbox until they are forwarded.
local outbox_key = KEYS[1]
local relay = ARGV[1]
local limit = tonumber(ARGV[2])
local own = ARGV[3]
local idle_ms = ARGV[4]

if redis.call('XLEN', outbox_key) == 0 then
  return {}
end
if #redis.call('XINFO', 'GROUPS', outbox_key) == 0 then
  redis.call('XGROUP', 'CREATE', outbox_key, 'relay', '0')
end
local taken = {}
local function add(entries)
  for _, entry in ipairs(entries) do
    taken[#taken + 1] = entry
  end
end
if own == '1' then
  -- XREADGROUP would reset their idle time: a relay that forwards nothing would keep them
  -- for ever.
  local pending = redis.call('XPENDING', outbox_key, 'relay', '-', '+', limit, relay)
  for _, entry in ipairs(pending) do
    local entry_id = entry[1]
    add(redis.call('XRANGE', outbox_key, entry_id, entry_id))
  end
  return taken
end
local cursor = '0-0'
repeat
  local claimed = redis.call('XAUTOCLAIM', outbox_key, 'relay', relay, idle_ms, cursor,
    'COUNT', limit - #taken)
  cursor = claimed[1]
  add(claimed[2])
until cursor == '0-0' or #taken >= limit
if #taken < limit then
  local new = redis.call('XREADGROUP', 'GROUP', 'relay', relay, 'COUNT', limit - #taken,
    'STREAMS', outbox_key, '>')
  if new then
    add(new[1][2])
  end
end
return taken
