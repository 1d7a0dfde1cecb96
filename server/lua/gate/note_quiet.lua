-- Purpose: measures for how long nothing of an item has been under way, whichever instance looks.
-- KEYS: 1 quiet (hash: since when nothing is under way, since when a consumer is silent)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 found ('nothing' | 'something' under way |
--   'silence': a consumer does not say what it has), 3 patience_ms (silence that ends sooner is
--   none), 4 after_silence_ms (how long after a longer one nothing counts as quiet)
-- Returns: milliseconds, or -1 when it is not quiet
-- Repeat: the instants are kept, so the answer only grows.
local quiet_key = KEYS[1]
local given_now_ms = ARGV[1]
local found = ARGV[2]
local patience_ms = tonumber(ARGV[3])
local after_silence_ms = tonumber(ARGV[4])

local now_ms = time_ms(given_now_ms)
local since_ms, silent_since_ms =
  unpack(redis.call('HMGET', quiet_key, 'since_ms', 'silent_since_ms'))
since_ms = tonumber(since_ms)
if found == 'silence' then
  redis.call('HSETNX', quiet_key, 'silent_since_ms', whole(now_ms))
elseif silent_since_ms then
  redis.call('HDEL', quiet_key, 'silent_since_ms')
  if now_ms - silent_since_ms >= patience_ms then
    since_ms = now_ms + after_silence_ms
    redis.call('HSET', quiet_key, 'since_ms', whole(since_ms))
  end
end
if found == 'nothing' then
  redis.call('HSETNX', quiet_key, 'since_ms', whole(now_ms))
elseif since_ms and since_ms <= now_ms then
  -- What lies ahead stays: the time after a silence is not cut short.
  redis.call('HDEL', quiet_key, 'since_ms')
end
-- Somebody looks once a second; what nobody looked at for a while is not known to have been quiet.
redis.call('PEXPIRE', quiet_key, 10000)
return found == 'nothing' and now_ms - (since_ms or now_ms) or -1
