-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Compares the stubs for editors (lua/luacats/) with the kernel: every name that a script can reach has a stub, and
-- every stub has a name that exists. The permissions and contexts that the stubs state are compared, too. usage:
-- stubs.lua FOLDER_OF_THE_TESTS FILES...

local folder = ...
package.path = folder .. "/lib/?.lua;" .. folder .. "/lua/?.lua;" .. package.path
local check = require("check")
local comparison = require("stubs_comparison")
local declared = require("stubs").read({ select(2, ...) })
check.same("every stub is understood and described", table.concat(declared.problems, "\n"), "")

local compare = comparison.new(declared)
local is, has = compare.is, compare.has
local exists = compare.exists
local lunatik, testing, worker = require("lunatik"), require("lunatik.testing"), require("worker")

-- Modules -----------------------------------------------------------------------------------------------------

-- Those that are not for scripts.
local internal <const> = {
	["actor.core"] = "a part of actor",
	["actor.process"] = "a part of actor",
	["actor.system"] = "a part of actor",
	["ltask.core"] = "a part of ltask",
	["ltask.functions"] = "a part of ltask",
	["ltask.system"] = "a part of ltask",
	["lunatik.example"] = "only with testing=1",
	["lunatik.testing"] = "only with testing=1",
	["lunatik.testing.deep"] = "only with testing=1",
	["lunatik.testing.library"] = "only with testing=1",
}
-- Lua's own libraries: the server has stubs for them.
local usual <const> = {}
for name in ("_G coroutine debug math string table utf8"):gmatch("%S+") do
	usual[name] = true
end
local actor = require("actor")
local lacking = {}
for _, list in ipairs({ package.preload, package.loaded }) do
	for name in pairs(list) do
		local is_test = name == "check" or name:find("^stubs")
		if not (declared.modules[name] or internal[name] or usual[name] or is_test) then
			lacking[#lacking + 1] = name
		end
	end
end
check.same("every module has a stub", table.concat(lacking, ", "), "")
for module, class in pairs(declared.modules) do
	local ok, found = pcall(require, module)
	check.ok("there is a module " .. module, ok, found)
	-- A script that is not a service has few of the functions: see below.
	if module ~= "ltask" and module ~= "inbox" then
		has(class, found)
	end
end

-- Globals ------------------------------------------------------------------------------------------------------

local standard <const> = {}
for name in
	([[_G _VERSION assert collectgarbage coroutine debug dofile error getmetatable ipairs load loadfile math next
	pairs pcall print rawequal rawget rawlen rawset select setmetatable string table tonumber tostring type utf8 warn
	xpcall]]):gmatch("%S+")
do
	standard[name] = true
end
local globals = {}
for name, value in pairs(_G) do
	globals[name] = not standard[name] and value or nil
end
exists("a global", declared.globals, globals)

-- Objects ------------------------------------------------------------------------------------------------------

local rcu, percpu, mtint, mtmsg = require("rcu"), require("percpu"), require("mtint"), require("mtmsg")
is("rcu.table", rcu.table())
is("percpu.counter", percpu.counter("stubs"))
is("percpu.histogram", percpu.histogram("stubs.values"))
is("mtint.interruptible", mtint.interruptible(mtint.id()))
has("mtint.errors", mtint.error)
is("mtmsg.buffer", mtmsg.newbuffer())
has("mtmsg.errors", mtmsg.error)
is("llthreads2.thread", require("llthreads2.ex").new("return 1"))
is("file*", io.stdout)
has("lunatik.date", os.date("*t"))
is("file_descriptor", assert(require("file_descriptor").open("/dev/null")))

local runtime <close> = lunatik.runtime("suite/stubs_child")
is("lunatik.runtime", runtime)
local hooked <close> = lunatik.runtime("suite/stubs_hooked", "softirq")
has("lunatik.hook_status", hooked:hooks()[1])
local spawned = require("lunatik.runner").spawn("suite/stubs_child")
is("lunatik.thread", spawned)
has("lunatik.task", spawned:task())

local driver = compare.probe({ name = "stubs" })
local device <close> = require("device").new(driver.table)
is("device", device)
driver.has("device.driver")

local made <close> = worker.create("suite/stubs_worker")
is("worker.state", made)
is("worker.address", worker.address(made))
has("worker.limits", worker.limits())
for name in worker.receive(made):gmatch("%S+") do
	check.ok("only workers have worker." .. name, not worker[name])
	compare.found("workerlib", name)
end

-- Options with which a runtime is started.
local limits = compare.probe({})
lunatik.runtime("suite/stubs_child", limits.table):stop()
limits.has("lunatik.limits")

-- Packets.
testing.packet(function(skb)
	is("skb", skb)
	is("skb.data", skb:data())
end, "\x45" .. ("\0"):rep(39))
compare.fields_of_headers(folder .. "/../../rust/linux/packet/fields.rs")

-- Constants: tables in tables.
local function constants(name, tbl)
	local found = {}
	for key, value in pairs(tbl) do
		found[key] = value
		if type(value) == "userdata" then
			constants(name .. "." .. key, value)
		end
	end
	has(name, found)
end
for module in pairs(package.preload) do
	local name = module:match("^linux%.(.*)$")
	if name then
		compare.found("linuxlib", name, require("linux")[name])
		constants(module, require(module))
	end
end

-- Actors --------------------------------------------------------------------------------------------------------

local inbox = require("inbox")
is("actor.inbox", inbox)
check.same("the inbox is one", declared.modules.inbox, "actor.inbox")
local fiber = actor.spawn(function() end)
is("actor.fiber", fiber)
actor.this_fiber.yield()
is("actor.this_fiber", actor.this_fiber)
is("actor.mutex", require("mutex").new())
is("actor.recursive_mutex", require("recursive_mutex").new())
is("actor.condition_variable", require("condition_variable").new())
local promise, future = require("future").new()
is("actor.promise", promise)
is("actor.future", future)
local _, err = pcall(fiber.join)
is("actor.error", err)
is("actor.error_category", err.category)
local options = compare.probe({ module = "/stubs_channel" })
is("actor.channel", actor.spawn_vm(options.table))
options.without("subprocess").has("actor.options")

-- An actor in a process, which has a few functions that the kernel does not have.
local init = compare.probe({ script = "" })
local subprocess = compare.probe({ init = init.table })
local process_options = compare.probe({ module = "stubs_process", subprocess = subprocess.table })
local process = actor.spawn_vm(process_options.table)
-- It is found by name only, the others after the first use.
compare.found("actor.process_channel", "child_pid", process.child_pid)
is("actor.process_channel", process)
init.has("actor.process_init")
subprocess.has("actor.subprocess")
process_options.without("inherit_context", "new_master").has("actor.process_options")
process:send(inbox)
local done
repeat
	local message = inbox:receive()
	done = message == "done"
	if not done then
		local class, names = message:match("^(%S+): (.*)$")
		for name in names:gmatch("%S+") do
			compare.found(class, name)
		end
	end
until done

-- Services -----------------------------------------------------------------------------------------------------

local bootstrap = require("ltask.bootstrap")
local core = compare.probe({})
-- The service without a name lets the system continue.
local root = compare.probe({
	bootstrap = { { name = "stubs_service", unique = true } },
	main = 'ltask.spawn("stubs_service")',
})
local config = compare.probe({ core = core.table, root = root.table })
local context = bootstrap.start(config.table)
is("ltask.context", context)
is("ltask.sender", bootstrap.sender(context, "stubs_service"))
config.has("ltask.config")
core.has("ltask.config.core")
for class, names in pairs(bootstrap.call(context, "stubs_service", "names")) do
	compare.names(class, names)
end

-- In the stubs as in the kernel ------------------------------------------------------------------------------------

compare.end_of_names({
	["ltask.config.root"] = "is sent to the root as a copy, which reads it",
	["ltask.service"] = "is sent to the root as a copy, which reads it",
	["netfilter.options"] = "stubs_hooks.lua compares it",
	["netfilter.hook"] = "stubs_hooks.lua compares it",
	["netfilter.stats"] = "stubs_hooks.lua compares it",
})
compare.permissions(require("permissions_table"))
check.ok("many work in hooks", compare.hooks(testing.atomically) > 60)
