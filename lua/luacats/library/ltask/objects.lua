-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta _

---The log of a system of services.
---@class ltask.log
local log = {}

---Writes a line of the level "info": the values as `tostring` shows them.
---@param ... any The values.
function log.info(...) end

---Writes a line of the level "error": the values as `tostring` shows them.
---@param ... any The values.
function log.error(...) end

---Several requests, whose answers are awaited together.
---@class ltask.async
local async = {}

---Sends a request, and does not block.
---@param service integer The number of the service.
---@param name string The name of the request.
---@param ... any Arguments, which are copied.
function async:request(service, name, ...) end

---Blocks until all requests are answered. Raises the last failure.
---@async
function async:wait() end

---A function that runs after some time.
---@class ltask.timeout
local timeout = {}

---Takes the timer back. Returns whether the function would still have run.
---@return boolean
function timeout:cancel() end

---A task: a list of a function and its arguments.
---@alias ltask.task { [1]: function, [integer]: any, n: integer? }

---The outcome of a task: a list of its results, or an error.
---@class ltask.result
---@field [integer] any
---@field n? integer The number of results.
---@field error? any The error.
---@field rethrow? fun(self: ltask.result) Raises the error.

---A request that a session serves.
---@class ltask.request
---@field from? integer The number of the service that has asked; 0 for code outside the system.
---@field session? integer The number of the request.

---The options of a new service.
---@class ltask.service
---@field name string The name of the module; with `unique` also that of the service.
---@field unique? boolean Whether it is the only service of this name.
---@field args? any[] Its arguments.
---@field initfunc? string The text of a loader, which gets the name and the path, and returns the chunk, or nil and the reason why not.
---@field path? any The second argument of the loader.
---@field worker_id? integer The number of the only worker that executes it.

---How many objects were made so far.
---@class ltask.mem_count
---@field string integer
---@field table integer
---@field function integer
---@field userdata integer
---@field thread integer

---Values that were packed to be sent later.
---@class ltask.message

---An event of a service. It has no methods.
---@class ltask.event
