-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- `spawn_vm` and `spawn_context_threads`. The chunk gets what the parts share.

local runtime = ...
local core, errors = runtime.core, runtime.errors
local modules = runtime.load_modules()
local system = core.system()
local add_threads, checked, is_master, make, source =
	system.add_threads, system.checked, system.is_master, system.spawn, system.source
local error, load, type = error, load, type

-- Error numbers that growing a context can fail with.
local ERRORS <const> = { [11] = "EAGAIN", [12] = "ENOMEM", [95] = "ENOTSUP" }

local spawn = {}

-- Loaded with the first process.
local subprocess

-- What a module is found by: an option that is a string.
local function name_of(options)
	local name = options.module
	if name == nil then
		return ""
	elseif type(name) ~= "string" then
		error(errors.errno("EINVAL", { arg = "module" }))
	end
	return name
end

-- Finds the text of the module and checks that it compiles.
local function find(name, importer)
	if name == "" then
		error(errors.core("invalid_module_name"))
	end
	local first, second = modules.candidates(name, importer)
	if not first then
		error(errors.core("invalid_module_name"))
	end
	local path, text
	if second then
		path, text = source(first, second)
	else
		path, text = source(first)
	end
	if not path then
		error(errors.core("module_not_found", { module = name }))
	end
	if text then
		local chunk, err = load(text, "@" .. path, "t")
		if not chunk then
			error(errors.lua("syntax", { message = err }))
		end
		checked()
	end
end

-- Makes an actor that runs a module, and returns a channel to it.
function spawn.spawn_vm(options)
	if type(options) == "string" then
		options = { module = options }
	elseif type(options) ~= "table" then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
	local name = name_of(options)
	local inherits, new_master = options.inherit_context, options.new_master
	if type(options.subprocess) == "table" then
		if type(inherits) == "boolean" or type(new_master) == "boolean" then
			error(errors.errno("EINVAL", { arg = 1 }))
		end
		subprocess = subprocess or core.part("subprocess")(runtime)
		return (subprocess(name, options))
	end
	if new_master == true and not is_master() then
		error(errors.errno("EPERM"))
	end
	find(name, modules.importer(2, runtime.own_file()))
	return make(inherits ~= false, options.concurrency_hint == 1, new_master == true)
end

-- Adds threads to the context of the actor.
function spawn.spawn_context_threads(count)
	if type(count) ~= "number" then
		local text = "bad argument #1 to 'spawn_context_threads'" .. " (number expected, got %s)"
		error(text:format(count == nil and "no value" or type(count)), 3)
	end
	local number = add_threads(count // 1 | 0)
	if number ~= 0 then
		error(errors.errno(ERRORS[number] or "EINVAL"))
	end
end

return spawn
