-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The globals of an actor. The chunk gets what the parts share, and the value of `_CONTEXT`.

local runtime, context = ...
local actor, core = runtime.actor, runtime.core
local next, package, pairs, require, setmetatable = next, package, pairs, require, setmetatable
local find = string.find
local globals = _G
local coroutine = globals.coroutine

-- The file of the actor: for calls whose place on the stack a tail call has taken.
local own_file
local entry = arg and arg[0]

function runtime.own_file()
	if not own_file then
		local _, script = core.system().places()
		own_file = context == "worker" and entry or script
	end
	return own_file ~= "" and own_file or nil
end

function runtime.load_modules()
	runtime.modules = runtime.modules or core.part("modules")(core, runtime.errors)
	return runtime.modules
end

function package.preload.system()
	return core.part("system")(runtime)
end

globals._CONTEXT = context
globals.spawn_vm = actor.spawn_vm
globals.spawn_context_threads = actor.spawn_context_threads

local load_or_get
function globals.require(name)
	local value = package.loaded[name]
	if value ~= nil then
		return value
	end
	if package.preload[name] and not find(name, "^%.*/") then
		return require(name)
	end
	load_or_get = load_or_get or core.part("require")(runtime, require)
	-- No tail call: whose file calls is found on the stack.
	local path
	value, path = load_or_get(name)
	return value, path
end

globals.spawn, globals.this_fiber = actor.spawn, actor.this_fiber
globals.scope = actor.scope
globals.scope_cleanup_push, globals.scope_cleanup_pop = actor.scope_cleanup_push, actor.scope_cleanup_pop
globals.pcall, globals.xpcall = actor.pcall, actor.xpcall

-- The table stays, so that it does not matter when a script has taken it. Few actors use it.
local native = runtime.fibers.native

local function fill()
	local own = runtime.fibers.part("coroutines")
	for name, fn in pairs(native) do
		coroutine[name] = own[name] or fn
	end
	-- Last: without memory, what is missing is added the next time.
	setmetatable(coroutine, nil)
	return coroutine
end

for name in pairs(native) do
	coroutine[name] = nil
end
setmetatable(coroutine, {
	__index = function(_, name)
		return fill()[name]
	end,
	__pairs = function()
		return next, fill()
	end,
})
