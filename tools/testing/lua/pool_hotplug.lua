-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Workers that compute, and one that answers, while a CPU goes offline and comes back. The arguments are the number of
-- workers that compute, and the code that they run. The shared table suite.hotplug counts the answers.

local computing, code = math.tointeger((...)), (select(2, ...))
local linux, rcu, thread = require("linux"), require("rcu"), require("thread")
local counts = rcu.table(8)
counts.answers = 0
require("lunatik")._ENV["suite.hotplug"] = counts

local busy = {}
for i = 1, computing do
	busy[i] = worker.create("./worker_code", "worker.message(1) " .. code)
	worker.receive(busy[i])
end
local answers = worker.create("./worker_code", "while true do worker.message(worker.peek()) end")

return function()
	local asked = 0
	while not thread.shouldstop() do
		asked = asked + 1
		worker.send(answers, asked)
		assert(worker.receive(answers) == asked, "a wrong answer")
		counts.answers = asked
		linux.schedule(1)
	end
end
