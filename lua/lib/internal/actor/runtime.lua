-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Makes a virtual machine that of an actor. The chunk gets the native core, and "main" in a script or "worker" in an
-- actor that `spawn_vm` has made. It sets the globals that actors have, and returns the module `actor`.
--
-- Parts that few actors need are loaded when they are first used.

local core, context, errors, fibers = ...
-- What is loaded here stays, so a collection would find nothing.
collectgarbage("stop")
local part, system = core.part, core.system()
local collectgarbage, ipairs, package, setmetatable = collectgarbage, ipairs, package, setmetatable

local STOP <const> = 5

local new_object = system.object

local send = part("channel")(core, fibers, errors, system)

-- What the parts share that are loaded later.
local runtime = {
	core = core,
	errors = errors,
	fibers = fibers,
	-- Room for what is added below, and by other parts.
	import_inbox = nil,
	actor = nil,
	values = nil,
	modules = nil,
	own_file = nil,
	load_modules = nil,
	load_process = nil,
	cancel_send = send.cancel,
	close = core.close,
}
system.keep(runtime)

-- The native module of processes. It also gets the table of the processes that the actor supervises, by their channels.
local process

function runtime.load_process()
	if not process then
		local module = package.preload["actor.process"]()
		module.children = setmetatable({}, { __mode = "k" })
		process = module
	end
	return process
end

-- The inbox --------------------------------------------------------------------------------------------

-- The part `inbox`, once it is loaded, and the module, as long as somebody has it.
local inbox
local module = setmetatable({}, { __mode = "v" })

function runtime.import_inbox()
	inbox = inbox or part("inbox")(core, fibers, errors, new_object)
	local object = module.inbox
	if not object then
		object = inbox.new()
		module.inbox = object
	end
	return object
end

local function close_inbox()
	if inbox then
		inbox.close()
	else
		core.close_inbox()
	end
end

fibers.on_event[STOP] = function()
	close_inbox()
	fibers.part("interruption").interrupt_all()
end

-- What the actors of a script print while they clean up is printed by the script.
function fibers.on_stopped()
	if context == "main" then
		core.system().join()
	end
end

-- The end of the main fiber ----------------------------------------------------------------------------

system.at_end(function()
	fibers.end_main()
	if inbox then
		-- What nobody has any more is closed by the collector.
		package.loaded.inbox = nil
		if fibers.count > 0 then
			collectgarbage()
		end
	else
		core.close_inbox()
	end
	fibers.run_to_end()
	if context ~= "main" or fibers.is_stopping then
		return
	end
	local closes, ends = core.system().release()
	if closes then
		close_inbox()
	else
		-- What keeps the script may call its functions. They run as the main fiber.
		fibers.running = fibers.main
	end
	if ends then
		core.system().join()
	end
end)

-- The module -------------------------------------------------------------------------------------------

local actor = part("functions")(fibers, errors, core)
-- Whether values that cannot be sent are left out of tables, instead of being refused.
actor.lenient = false
runtime.actor = actor
send.set_values(function(value, channel)
	runtime.values = runtime.values or part("values")(core, errors, actor)
	return runtime.values(value, channel)
end)

-- The functions of `names` are those of a part that is loaded with the first call of one of them.
local function later(name, ...)
	local loaded
	for _, field in ipairs({ ... }) do
		actor[field] = function(...)
			loaded = loaded or part(name)(runtime)
			-- No tail call: whose file calls is found on the stack.
			return (loaded[field](...))
		end
	end
end
later("spawn", "spawn_vm", "spawn_context_threads")
later("master", "is_master", "shutdown")

part("globals")(runtime, context)
collectgarbage("restart")
return actor
