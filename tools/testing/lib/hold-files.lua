-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- For user-lua: maps the files that the arguments name and reads them again and again, so that they fill the page
-- cache of its memory cgroup.

local address, length = {}, {}
for i, name in ipairs(arg) do
	address[i], length[i] = map_file(name)
end
while true do
	for i = 1, #arg do
		touch(address[i], length[i])
	end
end
