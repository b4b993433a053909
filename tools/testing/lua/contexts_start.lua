-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What a script may not make while it is loaded, if hooks will call it: everything that would call it in a thread.
-- usage: contexts_start.lua FOLDER_OF_THE_TESTS, with the context softirq

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")

local function mismatch(what, name, f, ...)
	local good, message = pcall(f, ...)
	message = tostring(message):gsub("^%[lib [^%]]*%]:%d+: ", "")
	check.same(what, (good and "no error: " or "") .. message, "runtime context mismatch: " .. name .. " needs process")
end

local device, thread, llthreads = require("device"), require("thread"), require("llthreads2.ex")
mismatch("a device", "device", device.new, { name = "suite_contexts_start" })
mismatch("a device without a driver", "device", device.new)
mismatch("a thread", "thread", thread.run)
mismatch("a worker", "worker", worker.create, "suite_body")
mismatch("a worker without a script", "worker", worker.create)
mismatch("a function in a thread", "llthreads2", llthreads.new, "return 1")
mismatch("nothing in a thread", "llthreads2", llthreads.new)
for _, module in ipairs({ "actor", "condition_variable", "future", "inbox", "mutex", "recursive_mutex", "time" }) do
	mismatch("the module " .. module, "actor", require, module)
	check.same("which is not loaded", package.loaded[module], nil)
end
mismatch("what actors are made with", "actor", require("actor.system").open)
check.raises("without that none is made", "has not required", require("actor.system").spawn, true, false, false)
for _, module in ipairs({ "ltask.bootstrap", "ltask.system" }) do
	mismatch("the module " .. module, "ltask", require, module)
	check.same("which is not loaded", package.loaded[module], nil)
end

-- What a script may do meanwhile.
check.same("it sleeps", require("linux").schedule(1), 0)
check.same("it loads code", load("return 1 + 1")(), 2)
check.ok("it has modules", require("ltask") and require("mtmsg") and require("mtint") and require("lunatik.runner"))
