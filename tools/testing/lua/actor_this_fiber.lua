-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: what a fiber says of itself, with `this_fiber` (9.2).

local check, folder = ...
local same, ok = check.same, check.ok
local common = assert(loadfile(folder .. "/lib/actor_fibers.lua"))(check, folder)
local fails, failure, turn, steps = common.fails, common.failure, common.turn, common.steps
local get, set = common.get, common.set
local time, future, mutex = require("time"), require("future"), require("mutex")
local condition_variable = require("condition_variable")

-- 9.2: disabling.
do
	local step = steps()
	local fiber = spawn(function()
		this_fiber.disable_interruption()
		this_fiber.disable_interruption()
		this_fiber.yield()
		step(1)
		this_fiber.restore_interruption()
		this_fiber.yield()
		step(2)
		step(tostring(pcall(time.sleep, 0)))
		this_fiber.restore_interruption()
		step(3)
		this_fiber.yield()
		step("too far")
	end)
	this_fiber.yield()
	fiber:interrupt()
	fiber:join()
	same("9.2: disabling nests, and restoring is no point", tostring(step), "1 2 true 3")
	same("9.2: the interruption comes after it", fiber.interruption_caught, true)
	fails("9.2: restore without disable", "interruption_already_allowed", this_fiber.restore_interruption)
	this_fiber.disable_interruption()
	same("9.2: with it", failure(this_fiber.restore_interruption), "no error")
	fails("9.2: not twice", "interruption_already_allowed", this_fiber.restore_interruption)
	local other = spawn(function()
		return failure(this_fiber.restore_interruption)
	end)
	this_fiber.disable_interruption()
	same("9.2: each fiber has a count of its own", other:join(), "interruption_already_allowed")
	this_fiber.restore_interruption()
end

-- 9.2: forbidding.
do
	fails("9.2: allow without forbid", "suspension_already_allowed", this_fiber.allow_suspend)
	this_fiber.forbid_suspend()
	this_fiber.forbid_suspend()
	this_fiber.allow_suspend()
	local why = failure(this_fiber.yield)
	this_fiber.allow_suspend()
	same("9.2: forbidding nests", why, "forbid_suspend_block")
	same("9.2: until it is allowed", failure(this_fiber.yield), "no error")
	fails("9.2: not more often", "suspension_already_allowed", this_fiber.allow_suspend)
	local lock, condition = mutex.new(), condition_variable.new()
	local set_promise = future.new()
	this_fiber.forbid_suspend()
	why = failure(function()
		spawn(function() end):detach()
		assert(lock:try_lock())
		lock:unlock()
		condition:notify_one()
		condition:notify_all()
		set_promise:set_value(1)
		this_fiber.disable_interruption()
		this_fiber.restore_interruption()
		scope(function()
			scope_cleanup_push(function() end)
		end)
	end)
	this_fiber.allow_suspend()
	same("9.2: what does not suspend is not forbidden", why, "no error")
	local step = steps()
	spawn(function()
		step("other")
	end)
	this_fiber.forbid_suspend()
	failure(this_fiber.yield)
	failure(time.sleep, 0)
	this_fiber.allow_suspend()
	same("9.2: no other fiber runs meanwhile", tostring(step), "")
	same("9.2: each fiber has a count of its own here, too", spawn(function()
		this_fiber.forbid_suspend()
		return "forbids"
	end):join(), "forbids")
	same("9.2: the others suspend", failure(this_fiber.yield), "no error")
end

-- 9.2: this_fiber.
do
	local step = steps()
	for name in ("a b"):gmatch("%S") do
		spawn(function()
			for i = 1, 2 do
				step(name .. i)
				this_fiber.yield()
			end
		end)
	end
	turn()
	same("9.2: yield goes to the back of the queue", tostring(step), "a1 b1 a2 b2")
	same("9.2: is_main in the main fiber", this_fiber.is_main, true)
	this_fiber.local_.x = "main"
	local other_id
	same("9.2: and in another one, with another table", spawn(function()
		local before = this_fiber.local_.x
		this_fiber.local_.x = "other"
		other_id = this_fiber.id
		return check.joined(this_fiber.is_main, before, this_fiber.local_.x)
	end):join(), "false nil other")
	same("9.2: local_ is kept", this_fiber.local_.x, "main")
	ok("9.2: id tells them apart", type(other_id) == "string" and other_id ~= this_fiber.id)
	same("9.2: id stays", this_fiber.id, this_fiber.id)
	fails("9.2: there are no other fields", "bad_index index=2", get, this_fiber, "x")
	fails("9.2: nor can it be changed", "EPERM", set, this_fiber, "x", 1)
	same("9.2: it is an object", getmetatable(this_fiber), "this_fiber")
	same("ruling 1: and in the module", require("actor").this_fiber, this_fiber)
	-- Finalizers run anywhere, so they suspend nothing.
	local why
	setmetatable({}, {
		__gc = function()
			why = failure(time.sleep, 0)
		end,
	})
	spawn(common.collect):join()
	ok("9.2: a finalizer in a fiber cannot suspend it", why ~= nil and why ~= "no error", why)
end
