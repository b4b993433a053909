-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Queues of fibers that wait for an object: tables whose `head` and `tail` are fibers. The chunk gets what all parts
-- get (see fibers.lua), but needs none of it.
--
-- A fiber that waits has its queue in `queue`, and its neighbours in `before` and `next`. It is not ready meanwhile,
-- so `next` is free.

local waiting = {}

-- Adds a fiber at the end.
function waiting.add(queue, fiber)
	local tail = queue.tail
	-- What is set first matters to nobody yet, should there be no memory for the rest.
	fiber.queue, fiber.before = queue, tail
	if tail then
		tail.next = fiber
	else
		queue.head = fiber
	end
	queue.tail = fiber
end

-- Removes a fiber from its queue. Returns true, as a function that cancels a wait.
function waiting.remove(fiber)
	local queue, before, after = fiber.queue, fiber.before, fiber.next
	if before then
		before.next = after
	else
		queue.head = after
	end
	if after then
		after.before = before
	else
		queue.tail = before
	end
	fiber.queue, fiber.before, fiber.next = nil, nil, nil
	return true
end

return waiting
