-- Purpose: how long nothing has been under way for an item, told by whichever copy looks.
-- KEYS: 1 quiet (the instant since when)
-- ARGV: 1 now_ms or '' (then the server's clock), 2 whether it is quiet now (0 or 1)
-- Returns: milliseconds, or -1 when it is not quiet
-- Repeat: the instant is kept, so the answer only grows.
if ARGV[2] ~= '1' then
  redis.call('DEL', KEYS[1])
  return -1
end
local now_ms = tonumber(ARGV[1])
if not now_ms then
  local time = redis.call('TIME')
  now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
end
redis.call('SET', KEYS[1], string.format('%.0f', now_ms), 'NX', 'PX', 3600000)
return now_ms - redis.call('GET', KEYS[1])
