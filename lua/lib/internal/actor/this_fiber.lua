-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What `this_fiber` has: functions and properties of the running fiber. The chunk gets what all parts get (see
-- fibers.lua). Of what it returns, `fill` puts the functions into the table, `index` is the table's metamethod, and
-- `refuse_assignment` raises the error of an assignment.

local fibers, errors = ...
local interruption = fibers.part("interruption")
local pass, point = fibers.pass, fibers.point
local disable, restore, update = interruption.disable, interruption.restore, interruption.update
local error, rawset = error, rawset

local properties = {}

-- A table for whatever the fiber wants to keep.
function properties.local_(fiber)
	local place = fiber.locals
	if not place then
		place = {}
		fiber.locals = place
	end
	return place
end

function properties.is_main(fiber)
	return fiber == fibers.main
end

-- A text for messages.
function properties.id(fiber)
	return ("fiber %d"):format(fiber.id)
end

local function yield()
	point()
	pass()
end

local function restore_interruption()
	if not restore() then
		error(errors.core("interruption_already_allowed"), 0)
	end
end

local function forbid_suspend()
	local fiber = fibers.running
	fiber.forbids = (fiber.forbids or 0) + 1
	fiber.alert = true
end

local function allow_suspend()
	local fiber = fibers.running
	local forbids = fiber.forbids
	if not forbids then
		error(errors.core("suspension_already_allowed"), 0)
	end
	fiber.forbids = forbids > 1 and forbids - 1 or nil
	update(fiber)
end

local this_fiber = {}

function this_fiber.fill(object)
	rawset(object, "yield", yield)
	rawset(object, "disable_interruption", disable)
	rawset(object, "restore_interruption", restore_interruption)
	rawset(object, "forbid_suspend", forbid_suspend)
	rawset(object, "allow_suspend", allow_suspend)
end

function this_fiber.index(_, key)
	local property = properties[key]
	if property then
		return property(fibers.running)
	end
	error(errors.core("bad_index", { index = 2 }), 0)
end

function this_fiber.refuse_assignment()
	error(errors.errno("EPERM"), 0)
end

return this_fiber
