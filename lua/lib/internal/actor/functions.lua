-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The functions of fibers that scripts call. The chunk gets what all parts get (see fibers.lua), and returns a table:
-- `spawn`, `this_fiber`, `scope`, `scope_cleanup_push`, `scope_cleanup_pop`, and `pcall` and `xpcall`, which replace
-- the global ones.

local fibers = ...
local part = fibers.part
local setmetatable = setmetatable
local calls = part("calls")

-- The functions of `this_fiber` are loaded when it is first used.
local metatable = { __metatable = "this_fiber" }

function metatable.__index(object, key)
	local this_fiber = part("this_fiber")
	this_fiber.fill(object)
	metatable.__index = this_fiber.index
	return object[key]
end

function metatable.__newindex()
	part("this_fiber").refuse_assignment()
end

local functions = {
	pcall = calls.pcall,
	this_fiber = setmetatable({}, metatable),
	xpcall = calls.xpcall,
	-- Room for what is added below, and by the part `runtime`.
	spawn = nil,
	scope = nil,
	scope_cleanup_push = nil,
	scope_cleanup_pop = nil,
	lenient = nil,
	spawn_vm = nil,
	spawn_context_threads = nil,
	is_master = nil,
	shutdown = nil,
}

-- Makes a fiber that runs `f`, and returns its object.
function functions.spawn(f)
	return part("spawning")(f)
end

-- Calls `f` in a cleanup scope of its own.
function functions.scope(f)
	return part("scopes").scope(f)
end

function functions.scope_cleanup_push(handler)
	return part("scopes").push(handler)
end

function functions.scope_cleanup_pop(execute)
	return part("scopes").pop(execute)
end

return functions
