-- Purpose: opens a segment with holders that were staged before, in one step, and applies releases,
--   withdrawals and payments that arrived since the ledger was read.
-- KEYS: 1 item, 2 holders, 3 positions, 4 transfers, 5 received, 6 outbox, 7 late,
--   8 staged_holders, 9 staged_positions (all of one segment)
-- ARGV: 1 given_now_ms ('' for this server's clock), 2 new_epoch, 3 staged_count, 4 starts_at_ms,
--   5 ends_at_ms, 6 stopped, 7 total, 8 sellable, 9 locked, 10 sold, 11 positions, 12 segments,
--   13 keep_ms
-- Returns: 'loaded' | 'current' (already open with this epoch) | 'other_epoch' (open with another
--   epoch; close it first) | 'incomplete' (staged holders are missing; nothing was changed)
-- Repeat: returns 'current'; later decisions of the segment are kept.
local item_key = KEYS[1]
local holders_key = KEYS[2]
local positions_key = KEYS[3]
local transfers_key = KEYS[4]
local received_key = KEYS[5]
local outbox_key = KEYS[6]
local late_key = KEYS[7]
local staged_holders_key = KEYS[8]
local staged_positions_key = KEYS[9]
local given_now_ms = ARGV[1]
local new_epoch = ARGV[2]
local staged_count = tonumber(ARGV[3])
local starts_at_ms = ARGV[4]
local ends_at_ms = ARGV[5]
local stopped = ARGV[6]
local total = ARGV[7]
local sellable = tonumber(ARGV[8])
local locked = tonumber(ARGV[9])
local sold = tonumber(ARGV[10])
local positions = ARGV[11]
local segments = ARGV[12]
local keep_ms = ARGV[13]

local epoch = redis.call('HGET', item_key, 'epoch')
if epoch == new_epoch then
  return 'current'
end
if epoch and epoch ~= '' then
  return 'other_epoch'
end
if redis.call('HLEN', staged_holders_key) ~= staged_count
  or redis.call('HLEN', staged_positions_key) ~= staged_count then
  return 'incomplete'
end
local returns = next_returns(redis.call('HGET', item_key, 'returns') or 0)

redis.call('UNLINK', item_key, holders_key, positions_key, transfers_key, received_key)
if staged_count > 0 then
  redis.call('RENAME', staged_holders_key, holders_key)
  redis.call('RENAME', staged_positions_key, positions_key)
end
local late = redis.call('HGETALL', late_key)
for i = 1, #late, 2 do
  local reservation_id = late[i]
  local what, buyer = late_call(late[i + 1])
  local holder = get_holder(holders_key, buyer)
  if holder and holder.reservation_id == reservation_id then
    if what == RELEASED then
      redis.call('HDEL', holders_key, buyer)
      if holder.state == SOLD then sold = sold - 1 else locked = locked - 1 end
      sellable = sellable + 1
    elseif what == WITHDRAWN then
      redis.call('HDEL', holders_key, buyer)
      locked, total = locked - 1, total - 1
    elseif holder.state == HELD then
      holder.state = SOLD
      set_holder(holders_key, buyer, holder)
      locked, sold = locked - 1, sold + 1
    end
  end
end
redis.call('HSET', item_key, 'epoch', new_epoch, 'starts_at_ms', starts_at_ms,
  'ends_at_ms', ends_at_ms, 'stopped', stopped, 'total', total, 'sellable', sellable,
  'locked', locked, 'sold', sold, 'moving', 0, 'positions', positions, 'segments', segments,
  'version', 1, 'returns', returns)
-- Fails if the group exists: an outbox is kept across loads.
redis.pcall('XGROUP', 'CREATE', outbox_key, 'relay', '0', 'MKSTREAM')
local life = life_ms(ends_at_ms, time_ms(given_now_ms), keep_ms)
for _, key in ipairs({item_key, holders_key, positions_key}) do
  redis.call('PEXPIRE', key, life)
end
return 'loaded'
