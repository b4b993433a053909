-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta lunatik.runner

---Starts and stops scripts by name, as the command `lunatik` does.
---@class runnerlib
local runner = {}

---Runs a script and returns its runtime. The runtime has ended already if nothing keeps the script.
---Raises `NAME is already running`, or the error of the script with its traceback.
---Needs the permissions `runner` for the name, `load`, and `fs:read` for the file.
---@param script string The name of a file below /lib/modules/lua, with or without `.lua`.
---@param context? lunatik.context Where the code runs once it is loaded.
---@param limits? lunatik.limits Limits. A context or table that follows them is an argument of the script.
---@param ... any Arguments of the script, which gets copies.
---@return lunatik.runtime
---@overload fun(script: string, limits: lunatik.limits, ...: any): lunatik.runtime
---@overload fun(script: string, context: lunatik.context, percpu: boolean, ...: any): lunatik.runtime
---@overload fun(script: string, ...: any): lunatik.runtime
function runner.run(script, context, limits, ...) end

---Runs a script, and then the function that it returns in a kernel thread of its own.
---Raises what `run` raises, and `NAME: a spawned script must return a function`. The context must be "process".
---Needs the permissions `runner` for the name, `load`, `thread`, and `fs:read` for the file.
---@param script string The name of a file below /lib/modules/lua, with or without `.lua`.
---@param context? "process" The only context that threads can have.
---@param limits? lunatik.limits Limits. A context or table that follows them is an argument of the script.
---@param ... any Arguments of the script and of its function, which get copies.
---@return lunatik.thread
---@overload fun(script: string, limits: lunatik.limits, ...: any): lunatik.thread
---@overload fun(script: string, ...: any): lunatik.thread
function runner.spawn(script, context, limits, ...) end

---Stops a script, and waits for its end. A script may stop itself.
---Raises `NAME is not running` if it never ran.
---Needs the permission `runner` for the name.
---@async
---@param script string The name of the script.
---@param grace_ms? integer The time that its code may run before it is interrupted, in milliseconds; 100 unless given.
function runner.stop(script, grace_ms) end

---Returns the names of the running scripts that the caller may control, sorted and joined by ", ".
---Needs the permission `runner`; only names that its values match are listed.
---@return string
function runner.list() end

---Stops all scripts, and waits for their ends.
---Needs the permission `runner` for every script that runs.
---@async
function runner.shutdown() end

---Does nothing: the module has started already.
function runner.startup() end

return runner
