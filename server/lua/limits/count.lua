-- Purpose: counts one call against a limit, see the prelude's count_call.
-- KEYS: 1 limit (of one caller: used_until_us, the instant up to which earlier calls use up the
--   time, in microseconds)
-- ARGV: 1 now_ms, 2 period_us, 3 burst (calls)
-- Returns: 0 for an allowed call, or the microseconds until one is allowed
-- Repeat: counts one call more, at most: a caller whose answer was lost waits a period longer.
local limit_key = KEYS[1]
local now_ms = tonumber(ARGV[1])
local period_us = tonumber(ARGV[2])
local burst = tonumber(ARGV[3])

local now_us = now_ms * 1000
local used_until_us, wait_us = count_call(redis.call('GET', limit_key), now_us, period_us, burst)
if wait_us == 0 then
  set_used_until(limit_key, used_until_us, now_us)
end
return wait_us
