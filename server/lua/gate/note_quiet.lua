-- Purpose: measures for how long nothing of an item has been under way, whichever instance looks.
-- KEYS: 1 quiet (the instant since when)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 is_quiet (0 or 1: now)
-- Returns: milliseconds, or -1 when it is not quiet
-- Repeat: the instant is kept, so the answer only grows.
local quiet_key = KEYS[1]
local given_now_ms = ARGV[1]
local is_quiet = ARGV[2]

if is_quiet ~= '1' then
  redis.call('DEL', quiet_key)
  return -1
end
local now_ms = time_ms(given_now_ms)
redis.call('SET', quiet_key, whole(now_ms), 'NX', 'PX', 3600000)
return now_ms - redis.call('GET', quiet_key)
