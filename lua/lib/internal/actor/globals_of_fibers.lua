-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The functions of fibers that scripts call. The chunk gets what all parts get (see fibers.lua), and returns a function
-- that puts them into the module `actor` and into the globals: `spawn`, `this_fiber`, `scope`, `scope_cleanup_push` and
-- `scope_cleanup_pop`. In the globals, it also replaces `pcall`, `xpcall` and functions of `coroutine`.

local fibers = ...
local part = fibers.part
local pairs, setmetatable = pairs, setmetatable

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

local public = { spawn = fibers.spawn, this_fiber = setmetatable({}, metatable) }

-- Calls `f` in a cleanup scope of its own.
function public.scope(f)
	return part("scopes").scope(f)
end

function public.scope_cleanup_push(handler)
	return part("scopes").push(handler)
end

function public.scope_cleanup_pop(execute)
	return part("scopes").pop(execute)
end

return function(actor, globals)
	for name, value in pairs(public) do
		actor[name], globals[name] = value, value
	end
	local calls = part("calls")
	globals.pcall, globals.xpcall = calls.pcall, calls.xpcall
	for name, value in pairs(part("coroutines")) do
		globals.coroutine[name] = value
	end
end
