-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The globals of an actor. The chunk gets what the parts share, and the value of `_CONTEXT`.

local runtime, context = ...
local actor, core = runtime.actor, runtime.core
local coroutine, ipairs, package, pairs, require = coroutine, ipairs, package, pairs, require
local globals = _G

-- The file of the actor: for calls whose place on the stack a tail call has taken.
local own_file
local entry = arg and arg[0]

function runtime.own_file()
	if not own_file then
		local _, script = core.places()
		own_file = context == "worker" and entry or script
	end
	return own_file ~= "" and own_file or nil
end

function runtime.load_modules()
	runtime.modules = runtime.modules or core.part("modules")(core, runtime.errors)
	return runtime.modules
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
	load_or_get = load_or_get or core.part("require")(runtime, require)
	-- No tail call: whose file calls is found on the stack.
	local path
	value, path = load_or_get(name)
	return value, path
end

for _, name in ipairs({
	"spawn",
	"this_fiber",
	"scope",
	"scope_cleanup_push",
	"scope_cleanup_pop",
	"pcall",
	"xpcall",
}) do
	globals[name] = actor[name]
end
-- In place, so that it does not matter when a script has taken the table.
for name, fn in pairs(actor.coroutine) do
	coroutine[name] = fn
end
