-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Runs the actor of a process. The chunk gets the native functions and a table with the name of the module and the
-- script's places. It returns nothing, or the text of the error that has ended the actor.
--
-- The library of actors gets the tables `core` and `system`, whose functions keep the contracts of the kernel's. What
-- differs in a process is in the parts `internal.host.NAME`, which come before those of the library.

local native, places = ...
local error, tostring, type, xpcall = error, tostring, type, xpcall
local pcall, traceback = pcall, debug.traceback
local stderr = io.stderr
local core, system = {}, {}
local kept, at_end

local function no_operation() end

-- The function of a part, the process's own first.
function core.part(name)
	local chunk = native.chunk("internal.host." .. name) or native.chunk("internal.actor." .. name)
	return chunk or error(("there is no part %s"):format(name))
end

-- `core` -------------------------------------------------------------------------------------------------

-- Before the library takes the functions of `coroutine`.
core.part("nesting")(core)
core.recv, core.take, core.close_inbox = native.recv, native.take, native.close_inbox
core.timer, core.cancel = native.timer, native.cancel
-- The kernel's scheduler gives others their turns.
core.give_way = no_operation

function core.kept()
	return kept
end

-- Nobody may be there to read it.
function core.log(text)
	pcall(stderr.write, stderr, text, "\n")
end

function core.system()
	return system
end

-- `system` -----------------------------------------------------------------------------------------------

system.native = native
system.handles = core.part("handles")(native)
system.checked = no_operation

function system.object(metatable)
	local object = native.object(metatable)
	if metatable.__metatable == "rx-channel" then
		system.handles.add_inbox(object)
	end
	return object
end

local category_metatable = {}

function system.category()
	return native.object(category_metatable)
end

function system.category_metatable()
	return category_metatable
end

function system.keep(value)
	kept = value
end

function system.at_end(f)
	at_end = f
end

-- A process has one actor.
function system.is_master()
	return true
end

local modules = core.part("files")(native, places)
system.source = modules.source

-- The actor's file is the script of its process.
function system.places()
	return modules.folder, modules.path
end

-- The modules ------------------------------------------------------------------------------------------

local package = package
package.loaded["actor.core"] = core

for _, name in ipairs({ "condition_variable", "future", "inbox", "mutex", "recursive_mutex", "time" }) do
	package.preload[name] = function(...)
		return native.chunk(name)(...)
	end
end

-- What the library needs of it.
package.preload.linux = function()
	return { ktime = native.ktime }
end

function package.preload.file_descriptor()
	return kept.fibers.part("file_descriptor").module
end

native.set_makers(function(grant)
	return kept.fibers.part("channel_objects").new(grant)
end, function(number)
	return kept.fibers.part("file_descriptor").new(number)
end)

-- The run ------------------------------------------------------------------------------------------------

local function describe(err)
	local ok, text = pcall(tostring, err)
	text = ok and text or ("(error object is a %s value)"):format(type(err))
	return traceback(text, 2) .. "\n"
end

local function run()
	-- Whoever reads it gets each line at once, also if the process is killed.
	io.stdout:setvbuf("line")
	local main = modules.load_main()
	core.part("begin")(core, main)
	at_end()
end

local ok, text = xpcall(run, describe)
if not ok then
	return type(text) == "string" and text or "lunatik: the error of the actor cannot be described\n"
end
