-- Purpose: makes entries that a relay could not forward look like those of a relay that died long ago,
--   so that the next relay gets them.
-- KEYS: 1 outbox (of one segment)
-- ARGV: 1 relay (its name), 2 entry_ids and following, at most 1000
-- Returns: how many the relay still had
-- Repeat: entries that another relay has taken since stay with it.
local outbox_key = KEYS[1]
local relay = ARGV[1]
local entry_ids = ARGV

local day_ms = 24 * 3600 * 1000
if redis.call('XLEN', outbox_key) == 0 or #redis.call('XINFO', 'GROUPS', outbox_key) == 0 then
  return 0
end
local given_back = 0
for place = 2, #entry_ids do
  local entry_id = entry_ids[place]
  local is_own = #redis.call('XPENDING', outbox_key, 'relay', entry_id, entry_id, 1, relay) > 0
  if is_own then
    redis.call('XCLAIM', outbox_key, 'relay', relay, 0, entry_id, 'IDLE', day_ms, 'JUSTID')
    given_back = given_back + 1
  end
end
return given_back
