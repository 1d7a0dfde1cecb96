-- Purpose: the time on the server that holds a key. Any node of a Redis Cluster would answer TIME
--   alone, but all instances of the shop must follow the same one.
-- KEYS: 1 clock (need not exist, and is not read)
-- ARGV: none
-- Returns: the seconds since 1970, and the microseconds of the current second, as texts
-- Repeat: changes nothing.
return redis.call('TIME')
