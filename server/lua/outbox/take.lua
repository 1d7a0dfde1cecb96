-- Purpose: hands entries of an outbox to a relay: those it has and could not forward, those of a
--   relay that died, and new ones.
-- KEYS: 1 outbox (of one segment)
-- ARGV: 1 relay (its name), 2 limit (entries, at least 1), 3 again (0 or 1: whether the relay's own
--   are handed out again), 4 idle_ms (after which another relay counts as dead, or '' for not to
--   look)
-- Returns: a list of {entry id, {field, value, …}}
-- Repeat: hands out others; what was handed out stays in the outbox until it is forwarded.
local outbox_key = KEYS[1]
local relay = ARGV[1]
local limit = tonumber(ARGV[2])
local again = ARGV[3]
local idle_ms = ARGV[4]

if redis.call('XLEN', outbox_key) == 0 then
  return {}
end
if #redis.call('XINFO', 'GROUPS', outbox_key) == 0 then
  redis.call('XGROUP', 'CREATE', outbox_key, 'relay', '0')
end
local taken, seen = {}, {}
local function add(entries)
  for _, entry in ipairs(entries) do
    local entry_id, fields = entry[1], entry[2]
    -- A deleted entry is still on the list of its relay, without fields.
    if not fields then
      redis.call('XACK', outbox_key, 'relay', entry_id)
    elseif not seen[entry_id] then
      seen[entry_id] = true
      taken[#taken + 1] = entry
    end
  end
end
local function read(from)
  local streams = redis.call('XREADGROUP', 'GROUP', 'relay', relay, 'COUNT', limit - #taken,
    'STREAMS', outbox_key, from)
  if streams then
    add(streams[1][2])
  end
end
if again == '1' then
  read('0')
end
if idle_ms ~= '' and #taken < limit then
  add(redis.call('XAUTOCLAIM', outbox_key, 'relay', relay, idle_ms, '0',
    'COUNT', limit - #taken)[2])
end
if #taken < limit then
  read('>')
end
return taken
