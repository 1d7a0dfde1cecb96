-- Purpose: a purchase. Counts the call against the buyer's limit, checks the path, and decides who gets
--   a unit: the buyer's earlier reservation, window, stop, stock; then sellable -> locked, the holder and
--   its outbox entry, all or nothing, and uses up the path. Apart from counting the call, everything is
--   checked before anything is written, because Redis does not roll back.
-- KEYS: 1 item, 2 holders, 3 positions, 4 outbox, 5 path, 6 limit (all of the buyer's segment)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 expected_epoch, 3 expected_segments,
--   4 segment (its index, from 0), 5 reservation_id ('': use the path's, and use up the path), 6 item_id,
--   7 buyer, 8 path, 9 keep_ms, 10 told_position (the highest that the caller got from this load of the
--   segment, or 0), 11 limit_period_us ('' if the call is not counted), 12 limit_burst (calls),
--   13 purchase_id (the same for all calls of one purchase), 14 again (1: this purchase asked before)
-- Returns: {'held', position, reservation_id} | {'already_reserved', reservation_id}
--   | {'limited', wait_us} | {'path_invalid'} | {'missing'} | {'stale'}
--   | {'not_started'} | {'ended'} | {'stopped'} | {'sold_out', returns}
--   | {'forgot'} (this server has lost holds since; the segment is closed)
-- Repeat: the same reservation_id gets its position again and takes nothing; the same purchase_id may
--   use its path again, also if the library or the network sends a call twice.
local item_key = KEYS[1]
local holders_key = KEYS[2]
local positions_key = KEYS[3]
local outbox_key = KEYS[4]
local path_key = KEYS[5]
local limit_key = KEYS[6]
local given_now_ms = ARGV[1]
local expected_epoch = ARGV[2]
local expected_segments = ARGV[3]
local segment = ARGV[4]
local reservation_id = ARGV[5]
local item_id = ARGV[6]
local buyer = ARGV[7]
local path = ARGV[8]
local keep_ms = ARGV[9]
local told_position = tonumber(ARGV[10])
local limit_period_us = tonumber(ARGV[11])
local limit_burst = tonumber(ARGV[12])
local purchase_id = ARGV[13]
local again = ARGV[14]

local now_ms = time_ms(given_now_ms)
local grant = reservation_id == '' and get_path(redis.call('GET', path_key), path) or nil
local is_repeat = grant and grant.state == PATH_USED .. purchase_id
if limit_period_us and not is_repeat then
  local now_us = now_ms * 1000
  local used_until_us, wait_us =
    count_call(redis.call('GET', limit_key), now_us, limit_period_us, limit_burst)
  if wait_us > 0 then
    return {'limited', whole(wait_us)}
  end
  set_used_until(limit_key, used_until_us, now_us)
end

local epoch, segments, starts_at_ms, ends_at_ms, stopped, sellable, locked, positions, version,
  returns = unpack(redis.call('HMGET', item_key, 'epoch', 'segments', 'starts_at_ms',
    'ends_at_ms', 'stopped', 'sellable', 'locked', 'positions', 'version', 'returns'))
if not epoch then
  return {'missing'}
end
if epoch ~= expected_epoch or segments ~= expected_segments then
  return {'stale'}
end
-- The positions of different segments interleave; with one segment they are 1, 2, 3 …
local position = positions * segments + segment + 1
if position <= told_position then
  redis.call('HSET', item_key, 'epoch', '')
  return {'forgot'}
end

if reservation_id == '' then
  if not grant or not is_good(grant, purchase_id)
    or (now_ms >= tonumber(grant.expires_at_ms) and not is_repeat) then
    -- Since the call without an answer, the path may have expired or been replaced.
    local own_holder = again == '1' and get_holder(holders_key, buyer)
    if own_holder and own_holder.path == path then
      return {'held', own_holder.position, own_holder.reservation_id}
    end
    return {'path_invalid'}
  end
  reservation_id = grant.reservation_id
end
-- Uses up the path with this answer.
local function answer(...)
  if grant and not is_repeat then
    set_path_state(path_key, grant, PATH_USED .. purchase_id)
  end
  return {...}
end

local earlier_position = redis.call('HGET', positions_key, reservation_id)
if earlier_position then
  return answer('held', earlier_position, reservation_id)
end
local earlier_holder = get_holder(holders_key, buyer)
if earlier_holder then
  -- Only if the key of the positions was lost.
  if earlier_holder.reservation_id == reservation_id then
    return answer('held', earlier_holder.position, reservation_id)
  end
  return answer('already_reserved', earlier_holder.reservation_id)
end
if now_ms >= tonumber(ends_at_ms) then
  return answer('ended')
end
if stopped == '1' then
  return answer('stopped')
end
if now_ms < tonumber(starts_at_ms) then
  return {'not_started'}
end
if tonumber(sellable) <= 0 then
  -- Other segments may have units, so this is no final decision.
  if segments ~= '1' then
    return {'sold_out', returns}
  end
  return answer('sold_out', returns)
end

local holder = {reservation_id = reservation_id, position = position, held_at_ms = whole(now_ms),
  state = HELD, resends_or_parked_at_ms = 0, path = path}
redis.call('HSET', item_key, 'sellable', sellable - 1, 'locked', locked + 1,
  'positions', positions + 1, 'version', version + 1)
set_holder(holders_key, buyer, holder)
redis.call('HSET', positions_key, reservation_id, position)
append_to_outbox(outbox_key, item_id, buyer, holder)
-- The first entry creates the key, without an expiry.
for _, key in ipairs({holders_key, positions_key}) do
  if redis.call('HLEN', key) == 1 then
    redis.call('PEXPIRE', key, life_ms(ends_at_ms, now_ms, keep_ms))
  end
end
return answer('held', tostring(position), reservation_id)
