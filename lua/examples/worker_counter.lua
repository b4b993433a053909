-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A worker: counts, and sends each number to the script that has started it. Started by worker_count.lua.

local last = ...

worker.message("begun")
for i = 1, last do
	worker.message(i)
end
