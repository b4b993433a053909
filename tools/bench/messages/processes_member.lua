-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The user-space actor of the benchmark `processes`. Its first message has an address in the field `home`. Each further
-- one is a task: `echo`, `count` messages are sent back; `sink`, the last of `count` messages is sent back; `source`,
-- `count` messages are sent, copies of the next one; `pipe`, the times of a pipe are measured and sent. It ends when
-- nobody can send to it any more.

local inbox = require("inbox")
local home = inbox:receive().home

local tasks = {}

function tasks.echo(task)
	for _ = 1, task.count do
		home:send(inbox:receive())
	end
end

function tasks.sink(task)
	for _ = 2, task.count do
		inbox:receive()
	end
	home:send(inbox:receive())
end

function tasks.source(task)
	local value = inbox:receive()
	for _ = 1, task.count do
		home:send(value)
	end
end

function tasks.pipe(task)
	local program <close> = assert(io.popen(("pipe-bench %d %d"):format(task.size, task.count)))
	local both, one = program:read("n", "n")
	home:send({ both = both or "pipe-bench has failed", one = one })
end

while true do
	local good, task = pcall(inbox.receive, inbox)
	if not good then
		break
	end
	tasks[task.task](task)
end
