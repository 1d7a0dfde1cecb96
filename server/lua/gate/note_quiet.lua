-- Purpose: measures how long nothing of an item has been under way, across all instances' checks.
-- KEYS: 1 quiet (hash: since when nothing is under way, since when a consumer is silent, when it was
--   last checked)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 found ('nothing' | 'something' under way |
--   'silent': a consumer does not report its entries), 3 silent_for_ms (a consumer that reports again
--   sooner was not silent), 4 after_silence_ms (for this long after a silent consumer nothing counts
--   as quiet), 5 enough_ms
-- Returns: 1 when nothing has been under way for long enough, else 0
-- Repeat: if several callers check at once, only one gets 1; the measurement then starts again.
local quiet_key = KEYS[1]
local given_now_ms = ARGV[1]
local found = ARGV[2]
local silent_for_ms = tonumber(ARGV[3])
local after_silence_ms = tonumber(ARGV[4])
local enough_ms = tonumber(ARGV[5])

-- Checks come once a second; after a longer gap it is unknown whether the item was quiet.
local UNSEEN_MS = 10000

local now_ms = time_ms(given_now_ms)
local since_ms, silent_since_ms, looked_at_ms =
  unpack(redis.call('HMGET', quiet_key, 'since_ms', 'silent_since_ms', 'looked_at_ms'))
since_ms = tonumber(since_ms)
if since_ms and since_ms <= now_ms and now_ms - (looked_at_ms or 0) > UNSEEN_MS then
  redis.call('HDEL', quiet_key, 'since_ms')
  since_ms = nil
end
if found == 'silent' then
  redis.call('HSETNX', quiet_key, 'silent_since_ms', whole(now_ms))
elseif silent_since_ms then
  redis.call('HDEL', quiet_key, 'silent_since_ms')
  if now_ms - silent_since_ms >= silent_for_ms then
    since_ms = now_ms + after_silence_ms
    redis.call('HSET', quiet_key, 'since_ms', whole(since_ms))
  end
end
if found == 'nothing' then
  redis.call('HSETNX', quiet_key, 'since_ms', whole(now_ms))
elseif since_ms and since_ms <= now_ms then
  -- Keep an instant in the future: it is the waiting time after a silence.
  redis.call('HDEL', quiet_key, 'since_ms')
end
redis.call('HSET', quiet_key, 'looked_at_ms', whole(now_ms))
redis.call('PEXPIRE', quiet_key, UNSEEN_MS + after_silence_ms)
if found ~= 'nothing' or now_ms - (since_ms or now_ms) < enough_ms then
  return 0
end
redis.call('HDEL', quiet_key, 'since_ms')
return 1
