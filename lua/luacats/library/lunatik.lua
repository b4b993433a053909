-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta lunatik

---Scripts in child runtimes, as objects.
---@class lunatiklib
---@field _ENV rcu.table The table that all runtimes share. Its fields `runtimes` and `threads` map names to runtimes and threads; `percpu` maps `NAME:CPU` to the members of crews.
---@field _VERSION string The version of the module, such as "lunatik 0.1.0".
local lunatik = {}

---Where the code of a runtime runs once it is loaded.
---@alias lunatik.context
---| "process" # In threads. The code may sleep.
---| "softirq" # In hooks with bottom halves off. The code must not sleep.
---| "hardirq" # In hooks with interrupts off. Not supported yet.

---The state of a runtime.
---@alias lunatik.status
---| "loading"
---| "ready"
---| "running"
---| "blocked"
---| "stopping"
---| "finished"
---| "failed"

---The options of a script that Lua code starts.
---@class lunatik.limits
---@field context? lunatik.context Where the code runs once it is loaded; "process" unless given.
---@field percpu? boolean Whether each CPU gets a runtime of its own. Such a crew is for hooks.
---@field mem? integer The memory limit, in bytes.
---@field cpu? integer The limit of CPU time, in milliseconds.
---@field slice? integer The CPU time of one resume, callback or loading, in milliseconds.

---Runs a script in a runtime that is in no registry, and returns that runtime.
---It lives until it is stopped or nobody refers to it any more.
---Raises the error of the script, with its traceback.
---Needs the permissions `runner` for the name, `load`, and `fs:read` for the file.
---@param script string The name of a file below /lib/modules/lua, with or without `.lua`.
---@param context? lunatik.context Where the code runs once it is loaded.
---@param limits? lunatik.limits Limits. A context or table that follows them is an argument of the script.
---@param ... any Arguments of the script, which gets copies.
---@return lunatik.runtime
---@overload fun(script: string, limits: lunatik.limits, ...: any): lunatik.runtime
---@overload fun(script: string, context: lunatik.context, percpu: boolean, ...: any): lunatik.runtime
---@overload fun(script: string, ...: any): lunatik.runtime
function lunatik.runtime(script, context, limits, ...) end

---Returns the number of the CPU that this member of a crew is for, or nil in other runtimes.
---Works in hooks.
---@return integer?
function lunatik.cpu() end

---A reference to a runtime. It can be sent and stored in RCU tables. The length is the number of members of its crew, 1 if it is none. A `<close>` variable stops its runtime, which needs the permission `runner`.
---@class lunatik.runtime
---@operator len: integer
local runtime = {}

---Calls the function that the script returned, or resumes it where it yielded.
---Returns what the function returns or yields, and raises its error. For a crew, each member is called, and there are no results.
---Two runtimes that wait for each other get an error.
---Needs the permission `runner` for the name of the runtime.
---@async
---@param ... any Arguments, which are copied.
---@return any ...
function runtime:resume(...) end

---Stops the runtime, and waits for its end. It may be stopped already.
---Needs the permission `runner` for the name of the runtime.
---@async
---@param grace_ms? integer The time that the code may run before it is interrupted, in milliseconds; 100 unless given.
function runtime:stop(grace_ms) end

---Returns where the code of the runtime runs once it is loaded.
---@return lunatik.context
function runtime:context() end

---Returns what the runtime does.
---@return lunatik.status
function runtime:status() end

---Returns a table for each hook of the runtime, in the order in which they were registered.
---@return lunatik.hook_status[]
function runtime:hooks() end

---The counters of a hook until now.
---@class lunatik.hook_status
---@field name string Its name. Several hooks may have the same.
---@field state "on"|"off"|"disabled"|"stopped" Whether it is called: "off" if the script has switched it off, "disabled" by failures, "stopped" by the script or its end.
---@field reason string? Why it was disabled, such as "16 over-runs in 10 s".
---@field place string? Where its function has failed last, such as "filter.lua:12".
---@field runs integer The calls of its function.
---@field failures integer Those that have failed.
---@field overruns integer Those that took too long and were ended.
---@field missed integer Calls that were not made, so that the default of the hook applied.
---@field ns integer The nanoseconds of all calls, estimated.
---@field longest integer The nanoseconds of the longest call whose time was taken.

return lunatik
