-- Purpose: one call against a limit (GCRA: calls at once up to a burst, then one each period).
-- KEYS: 1 limit (of one caller: up to which instant its calls so far use up the time, in
--   microseconds; expires when that instant is over, which is the same as never having called)
-- ARGV: 1 now_ms, 2 period_us, 3 burst (calls)
-- Returns: 0 for a call that is allowed, or the microseconds until one is
-- Repeat: counts one call more, at most: a caller whose answer was lost waits a period longer.
local limit_key = KEYS[1]
local now_ms = tonumber(ARGV[1])
local period_us = tonumber(ARGV[2])
local burst = tonumber(ARGV[3])

local now_us = now_ms * 1000
local burst_us = period_us * burst
local used_until_us = tonumber(redis.call('GET', limit_key) or now_us)
-- Never more than a full burst ahead: a clock that was set back must not refuse anybody for long.
used_until_us = math.min(math.max(used_until_us, now_us), now_us + burst_us) + period_us
local wait_us = used_until_us - now_us - burst_us
if wait_us > 0 then
  return wait_us
end
redis.call('SET', limit_key, whole(used_until_us), 'PX', math.ceil((used_until_us - now_us) / 1000))
return 0
