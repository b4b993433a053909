-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The functions of fibers that scripts call. The chunk gets what all parts get (see fibers.lua), and returns a table:
-- `spawn`, `this_fiber`, `scope`, `scope_cleanup_push`, `scope_cleanup_pop`, and `pcall`, `xpcall` and the table
-- `coroutine`, which replace the global ones. What few actors use is loaded when it is first used.

local fibers = ...
local part = fibers.part
local calls = part("calls")
local setmetatable = setmetatable

local functions = { coroutine = part("coroutines"), pcall = calls.pcall, xpcall = calls.xpcall }

-- Makes a fiber that runs `f`, and returns its object.
function functions.spawn(f)
	return part("spawning")(f)
end

function functions.scope(f)
	return part("scopes").scope(f)
end

function functions.scope_cleanup_push(handler)
	return part("scopes").push(handler)
end

function functions.scope_cleanup_pop(execute)
	return part("scopes").pop(execute)
end

local metatable = { __metatable = "this_fiber" }

function metatable.__index(object, key)
	local this_fiber = part("this_fiber")
	this_fiber.fill(object)
	metatable.__index, metatable.__newindex = this_fiber.index, this_fiber.newindex
	return object[key]
end

functions.this_fiber = setmetatable({}, metatable)

return functions
