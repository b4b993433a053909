-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Interruption of fibers. The chunk gets what all parts get (see fibers.lua).
--
-- Fields of a fiber: `is_interrupted`, for ever once it is true; `disables` and `forbids`, how often its code has
-- disabled interruption and forbidden suspension: nil for never.

local fibers, errors = ...
local wake = fibers.wake
local sort = table.sort
local pairs = pairs

local interruption = {}

-- Sets `alert` after another field has changed.
local function update(fiber)
	fiber.alert = fiber.forbids ~= nil or fiber.is_interrupted and not fiber.disables
end
interruption.update = update

-- Interrupts a fiber. If it waits, its operation is cancelled, unless it is one that ignores interruption.
local function interrupt(fiber, is_stop)
	fiber.is_interrupted = true
	update(fiber)
	local cancel = fiber.blocked and fiber.cancel
	if cancel and not fiber.disables and (is_stop or not fiber.is_stubborn) and cancel(fiber) then
		wake(fiber, errors.core("interrupted"))
	end
end

function interruption.interrupt(fiber)
	return interrupt(fiber, false)
end

-- Interrupts every fiber for a stop of the actor, in the order in which they were made; waits that ignore other
-- interruptions end, too. Fibers that begin from now on are born interrupted.
function interruption.interrupt_all()
	fibers.is_stopping = true
	interrupt(fibers.main, true)
	local ids = {}
	for id in pairs(fibers.all or ids) do
		ids[#ids + 1] = id
	end
	sort(ids)
	for i = 1, #ids do
		interrupt(fibers.all[ids[i]], true)
	end
end

function interruption.disable()
	local fiber = fibers.running
	fiber.disables = (fiber.disables or 0) + 1
	update(fiber)
end

-- Returns false if it was not disabled.
function interruption.restore()
	local fiber = fibers.running
	local disables = fiber.disables
	if not disables then
		return false
	end
	fiber.disables = disables > 1 and disables - 1 or nil
	update(fiber)
	return true
end

return interruption
