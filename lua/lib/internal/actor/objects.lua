-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The objects of an actor: userdata whose state a table of their class has. The chunk gets what all parts get (see
-- fibers.lua).

local _, errors, core = ...
local new_object = core.system().object
local error, setmetatable = error, setmetatable

local objects = {}

local by_object = { __mode = "k" }

local function refuse_index()
	error(errors.core("bad_index", { index = 2 }), 0)
end

local function refuse_assignment()
	error(errors.errno("EPERM"), 0)
end

local in_methods = { __index = refuse_index }

-- Makes a class whose objects have these methods; any other field is refused. Returns the metatable, and a table of
-- the objects' states.
function objects.class(name, methods)
	local metatable = {
		__index = setmetatable(methods, in_methods),
		__metatable = name,
		__name = name,
		__newindex = refuse_assignment,
	}
	return metatable, setmetatable({}, by_object)
end

-- Makes an object. `metatable` and `states` are what `class` has returned.
function objects.new(metatable, states, state)
	local object = new_object(metatable)
	states[object] = state
	return object
end

-- A function that returns the state of an object, or raises EINVAL for a value that is none of the class.
function objects.checker(states)
	return function(self)
		return states[self] or error(errors.errno("EINVAL", { arg = 1 }), 0)
	end
end

return objects
