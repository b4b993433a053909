-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Many workers that wait. The arguments are the folder tools/testing and the number of workers.

local folder, count = (...), math.tointeger((select(2, ...)))
local check = dofile(folder .. "/lib/check.lua")
local meminfo = dofile(folder .. "/lib/meminfo.lua")
local ok, same = check.ok, check.same
local linux, pool = require("linux"), require("lunatik.testing").pool

-- The number of kernel threads of all kinds.
local function threads()
	local file <close> = io.open("/proc/loadavg")
	return math.tointeger(file:read("a"):match("/(%d+) "))
end

local threads_before, before = threads(), pool()
local free_before = meminfo("MemAvailable")
local all = {}
for i = 1, count do
	all[i] = worker.create(
		"./worker_code",
		[[
			local own, n = ..., 0
			worker.message(own)
			while true do
				local asked = worker.peek()
				n = n + 1
				worker.message(asked + own + n)
			end
		]],
		i
	)
end
local sum = 0
for i = 1, count do
	sum = sum + worker.receive(all[i])
end
same(count .. " workers begin", sum, count * (count + 1) // 2)
-- The last workers may have reported, but not wait yet.
for _ = 1, 1000 do
	if pool().busy == 0 and pool().backlog == 0 then
		break
	end
	linux.schedule(1)
end
local now = pool()
same("when all wait, none has a thread", now.busy, 0)
same("nor waits for one", now.backlog, 0)
ok(
	"no threads were made for them",
	now.drainers <= before.drainers + 8,
	before.drainers .. " before, " .. now.drainers .. " now"
)
local threads_now = threads()
ok("nor by the kernel", threads_now <= threads_before + 40, threads_before .. " before, " .. threads_now .. " now")
print(
	("# %d threads before, %d now; %d KiB for each worker"):format(
		threads_before,
		threads_now,
		(free_before - meminfo("MemAvailable")) // count
	)
)
for turn = 1, 3 do
	for i = 1, count do
		worker.send(all[i], turn)
	end
	local wrong = 0
	for i = 1, count do
		wrong = wrong + (worker.receive(all[i]) == turn + i + turn and 0 or 1)
	end
	same("all answer, in turn " .. turn, wrong, 0)
end
ok("on few threads", pool().drainers <= before.drainers + 8, pool().drainers)

-- Some are stopped one by one, the others end with this script.
local dead = 0
for i = 1, count, 10 do
	worker.stop(all[i])
	dead = dead + (worker.status(all[i]) == "dead" and 1 or 0)
end
same("every tenth is stopped", dead, (count + 9) // 10)
