-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A function that returns a field of /proc/meminfo, such as "MemFree", in KiB.

return function(field)
	for line in io.lines("/proc/meminfo") do
		local name, kib = line:match("^(%w+):%s+(%d+) kB")
		if name == field then
			return math.tointeger(kib)
		end
	end
	error("/proc/meminfo has no field " .. field)
end
