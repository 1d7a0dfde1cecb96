-- Purpose: one call against a limit (GCRA: calls at once up to a burst, then one each period).
-- KEYS: 1 the limit of one caller: up to which instant its calls so far use up the time, epoch
--   microseconds. Expires when that instant is over: the same as never having called.
-- ARGV: 1 now, epoch milliseconds, 2 the period, microseconds, 3 the burst, calls
-- Returns: 0: let through. Otherwise one call too many: microseconds until one will be let through.
-- Repeat: counts one call more, at most: a caller whose answer was lost waits a period longer.
local now = tonumber(ARGV[1]) * 1000
local period = tonumber(ARGV[2])
local most = period * tonumber(ARGV[3])
local used = tonumber(redis.call('GET', KEYS[1]) or now)
-- Never more than a full burst ahead: a clock that was set back must not lock anybody out.
used = math.min(math.max(used, now), now + most) + period
local wait = used - now - most
if wait > 0 then
    return wait
end
local life_ms = math.ceil((used - now) / 1000)
-- Written out: the usual form of a number this large loses its last digits.
redis.call('SET', KEYS[1], string.format('%.0f', used), 'PX', life_ms)
return 0
