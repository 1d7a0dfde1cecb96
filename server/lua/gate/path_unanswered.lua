-- Purpose: records that a purchase got no answer: its path may be used once more.
-- KEYS: 1 path (of one buyer, in the buyer's segment)
-- ARGV: 1 path, 2 purchase_id
-- Returns: 1 when the path is valid from now on, 0 when another purchase used it, or it is gone
-- Repeat: changes nothing.
local path_key = KEYS[1]
local path = ARGV[1]
local purchase_id = ARGV[2]

local grant = get_path(redis.call('GET', path_key), path)
if not grant or not is_good(grant, purchase_id) then
  return 0
end
set_path_state(path_key, grant, PATH_UNANSWERED)
return 1
