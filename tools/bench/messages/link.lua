-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A link of a chain: passes a token down to the next link and up again, and counts each hop, until the token is false.
-- Argument: the number of links from this one on.

local links = ...

local below = links > 1 and worker.create("./link", links - 1)
worker.message(below and worker.receive(below) + 1 or 1)
while true do
	local token = worker.peek()
	if token == false then
		break
	end
	if below then
		worker.send(below, token + 1)
		token = worker.receive(below)
	end
	worker.message(token + 1)
end
if below then
	worker.send(below, false)
	assert(worker.receive(below) == nil)
end
