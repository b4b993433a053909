-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Time in an actor. The chunk gets what all parts get (see fibers.lua), and returns the module `time`.

local fibers, errors = ...
local block, point, set_timer, unset_timer = fibers.block, fibers.point, fibers.set_timer, fibers.unset_timer
local ktime = require("linux").ktime
local ceil, math_type, tointeger = math.ceil, math.type, math.tointeger
local error = error

-- In nanoseconds; some 146 years.
local LONGEST <const> = 1 << 62
local SECOND <const> = 1000000000

-- Converts seconds to nanoseconds, rounded up.
local function to_ns(seconds)
	local kind = math_type(seconds)
	if not kind then
		error(errors.errno("EINVAL", { arg = 1 }), 0)
	elseif not (seconds >= 0 and seconds < 1 / 0) then
		error(errors.errno("EDOM", { arg = 1 }), 0)
	elseif seconds > LONGEST // SECOND then
		error(errors.errno("EOVERFLOW"), 0)
	elseif kind == "integer" then
		return seconds * SECOND
	end
	return tointeger(ceil(seconds * SECOND))
end

local function cancel(fiber)
	return unset_timer(fiber.timer_at, fiber.timer)
end

local times = {}

-- Suspends the fiber for so many seconds, an integer or a float.
function times.sleep(seconds)
	local ns = to_ns(seconds)
	point()
	local fiber = fibers.running
	fiber.timer_at, fiber.timer = set_timer(ns, fiber)
	block(cancel)
end

-- The seconds of the monotonic clock, as a float.
function times.now()
	return ktime() / SECOND
end

return times
