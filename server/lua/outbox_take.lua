-- Purpose: hands entries of an outbox to a relay: its own that it could not forward, those of a
--   relay that died, and new ones.
-- KEYS: 1 outbox (of one segment)
-- ARGV: 1 the relay's name, 2 at most so many (at least 1), 3 whether to hand out its own again
--   (0 or 1), 4 idle ms after which another relay counts as dead, or '' for not to look
-- Returns: a list of {entry id, {field, value, …}}
-- Repeat: hands out others; what was handed out stays in the outbox until it is forwarded.
if redis.call('XLEN', KEYS[1]) == 0 then
  return {}
end
if #redis.call('XINFO', 'GROUPS', KEYS[1]) == 0 then
  redis.call('XGROUP', 'CREATE', KEYS[1], 'relay', '0')
end
local found, seen, left = {}, {}, tonumber(ARGV[2])
local function add(entries)
  for _, entry in ipairs(entries) do
    -- A deleted entry is still on the list of its relay, without fields.
    if not entry[2] then
      redis.call('XACK', KEYS[1], 'relay', entry[1])
    elseif not seen[entry[1]] then
      seen[entry[1]] = true
      found[#found + 1] = entry
      left = left - 1
    end
  end
end
local function read(from)
  local streams = redis.call('XREADGROUP', 'GROUP', 'relay', ARGV[1], 'COUNT', left,
    'STREAMS', KEYS[1], from)
  if streams then
    add(streams[1][2])
  end
end
if ARGV[3] == '1' then
  read('0')
end
if ARGV[4] ~= '' and left > 0 then
  add(redis.call('XAUTOCLAIM', KEYS[1], 'relay', ARGV[1], ARGV[4], '0', 'COUNT', left)[2])
end
if left > 0 then
  read('>')
end
return found
