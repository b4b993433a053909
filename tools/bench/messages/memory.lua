-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures the memory of the machine that a worker takes while it waits for a message. Argument: the number of workers.

local count = ...
count = assert(math.tointeger(count))

-- The KiB in use, except for files.
local function used()
	local fields = {}
	for line in io.lines("/proc/meminfo") do
		local name, value = line:match("^(%w+):%s+(%d+) kB")
		if name then
			fields[name] = math.tointeger(value)
		end
	end
	return fields.MemTotal - fields.MemFree - fields.Buffers - fields.Cached
end

local function create(all, n)
	for _ = 1, n do
		all[#all + 1] = worker.create("./idle")
	end
	for i = #all - n + 1, #all do
		assert(worker.receive(all[i]) == "ready")
	end
end

-- Memory that only the first workers need is not counted.
local all = {}
create(all, 100)
local before = used()
create(all, count)
local after = used()
for i = 1, #all do
	assert(worker.status(all[i]) == "running", "a worker is gone")
end
assert(#all == count + 100)
worker.message({ name = "memory", unit = "KiB", value = (after - before) / count })
