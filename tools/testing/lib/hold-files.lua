-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- For user-lua: keeps a memory cgroup full of page cache. Arguments: the cgroup, its limit in bytes, the files to read.
-- It waits while the cgroup is full: constant reading would leave nothing to reclaim, and wake the OOM killer.

local cgroup, limit = arg[1], math.tointeger(arg[2])

local function used()
	local file = assert(io.open(cgroup .. "/memory.current"))
	local bytes = file:read("n")
	file:close()
	return bytes
end

local address, length = {}, {}
for i = 3, #arg do
	address[i], length[i] = map_file(arg[i])
end
while true do
	for i = 3, #arg do
		touch(address[i], length[i])
		while used() > limit - 131072 do
		end
	end
end
