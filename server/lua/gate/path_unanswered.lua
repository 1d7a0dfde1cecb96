-- Purpose: notes that the gate did not answer a purchase: its path gives the same answer once more.
-- KEYS: 1 path (of one buyer, in the buyer's segment)
-- ARGV: 1 path
-- Returns: 1 when it is the buyer's path, else 0
-- Repeat: changes nothing.
local path_key = KEYS[1]
local path = ARGV[1]

local grant = get_path(redis.call('GET', path_key), path)
if not grant then
  return 0
end
set_path_state(path_key, grant, PATH_ASKED)
return 1
