-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: the errors (section 6). Which call raises which error is checked beside the call.

local check, folder = ...
local same, ok = check.same, check.ok
local common = assert(loadfile(folder .. "/lib/actor_fibers.lua"))(check, folder)
local collect = common.collect
local future, time = require("future"), require("time")

-- The error that the function raises.
local function raised(fn, ...)
	return select(2, pcall(fn, ...))
end
local function field(object, key)
	return object[key]
end

-- Errors of the categories that this part can cause, with their codes.
local function broken()
	local of_promise = select(2, future.new())
	collect()
	of_promise:get()
end
local function twice()
	local promise = future.new()
	promise:set_value(1)
	promise:set_value(2)
end
local function interrupted()
	local err
	local fiber = spawn(function()
		err = raised(time.sleep, 3600)
	end)
	this_fiber.yield()
	fiber:interrupt()
	fiber:join()
	error(err, 0)
end
local function forbidden()
	this_fiber.forbid_suspend()
	local err = raised(this_fiber.yield)
	this_fiber.allow_suspend()
	error(err, 0)
end
local cases = {
	{ "bad_index", 8, field, this_fiber, "x" },
	{ "bad_coroutine", 9, coroutine.yield },
	{ "suspension_already_allowed", 10, this_fiber.allow_suspend },
	{ "interruption_already_allowed", 11, this_fiber.restore_interruption },
	{ "forbid_suspend_block", 12, forbidden },
	{ "interrupted", 13, interrupted },
	{ "unmatched_scope_cleanup", 14, scope_cleanup_pop },
	{ "broken_promise", 22, broken },
	{ "promise_already_satisfied", 23, twice },
}
local texts = {}
for _, case in ipairs(cases) do
	local name, code = case[1], case[2]
	local err = raised(table.unpack(case, 3))
	same("6: " .. name .. " is a table", type(err), "table")
	same("6: " .. name .. " has its code", err.code, code)
	same("6: " .. name .. " is of the core's category", err.category:name(), "emilua.core")
	local text = tostring(err)
	same("6: " .. name .. " has a text", err.category:message(code), text)
	same("6: " .. name .. ": one of its own", texts[text], nil)
	ok("6: " .. name .. ": which says something", #text > 5 and not text:find("Unknown", 1, true), text)
	texts[text] = true
end

local eperm = raised(function()
	this_fiber.x = 1
end)
local einval = raised(spawn)
local edom = raised(time.sleep, -1)
local other_einval = raised(spawn, 1)
local no_arg = raised(function()
	return spawn(collect).interruption_caught
end)
same("6: numbers of errors of the system", eperm.code .. " " .. einval.code .. " " .. edom.code, "1 22 33")
same("6: are of the generic category", eperm.category:name(), "generic")
ok("6: a category is one object", rawequal(eperm.category, einval.category))
same("6: which is a userdata", type(eperm.category), "userdata")
same("6: whose text is its name", tostring(eperm.category), "generic")
same("6: and not another one", rawequal(eperm.category, raised(scope_cleanup_pop).category), false)
same("6: arg is the argument", einval.arg .. " " .. edom.arg, "1 1")
same("6: index is the one of a field", raised(field, this_fiber, "x").index, 2)

-- Equality.
ok("6: each error is a table of its own", not rawequal(einval, other_einval))
same("6: errors are equal by code and category", einval == other_einval, true)
same("6: other fields do not count", no_arg.arg == nil and einval == no_arg, true)
same("6: another code", einval == eperm, false)
same("6: the same code of another category", raised(function()
	error(setmetatable({ code = 22, category = raised(scope_cleanup_pop).category }, getmetatable(einval)))
end) == einval, false)
same("6: a table is no error", einval == { code = 22, category = einval.category }, false)

-- togeneric.
local generic = einval:togeneric()
same("6: togeneric of a generic error is equal", generic == einval, true)
ok("6: and another table", not rawequal(generic, einval))
local bad_index = raised(field, this_fiber, "x")
same("6: of one that has none there it is equal, too", bad_index:togeneric() == bad_index, true)
same("6: without further fields", bad_index:togeneric().index, nil)

-- Texts.
ok("6: a number that is not known has a text", eperm.category:message(100000):find("100000", 1, true) ~= nil)
same("6: a text for a number", eperm.category:message(22), tostring(einval))
check.raises("6: message needs a category", "category", eperm.category.message, {}, 1)
check.raises("6: so does name", "category", eperm.category.name, 1)
same("6: error objects pass through pcall and error", rawequal(raised(error, einval), einval), true)
same("6: and through coroutines", rawequal(select(2, coroutine.resume(coroutine.create(error), einval)), einval), true)
same("6: and through fibers", rawequal(raised(function()
	spawn(function()
		error(einval)
	end):join()
end), einval), true)
