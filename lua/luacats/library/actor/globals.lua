-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta _

-- What is global in actors. In other scripts these are nil.

---In actors: "main" in a script, "worker" in the module that an actor runs, "" in modules that either requires.
---@type "main"|"worker"|""
_CONTEXT = "main"

---In actors: the running fiber.
---@type actor.this_fiber
this_fiber = {}

---In actors: the same as `spawn_vm` of the module `actor`.
---Needs the permissions `load`, and `fs:read` for the module's file; for a process `exec` instead.
---@async
---@param module string The name of the module, or a table of options.
---@return actor.channel
---@overload fun(options: actor.process_options): actor.process_channel
---@overload fun(options: actor.options): actor.channel
function spawn_vm(module) end

---In actors: the same as `spawn_context_threads` of the module `actor`.
---@param count number The number of threads to add, rounded down.
function spawn_context_threads(count) end

---In actors: makes a fiber that runs a function after the fibers that are ready, and returns its object.
---@param f fun(): ... The function.
---@return actor.fiber
function spawn(f) end

---In actors: calls a function in a cleanup scope, and returns its results or raises its error.
---@async
---@param f fun(): ... The function.
---@return any ...
function scope(f) end

---In actors: adds a handler to the innermost scope.
---@param handler fun() The handler.
function scope_cleanup_push(handler) end

---In actors: removes the last handler of the innermost scope, and runs it.
---@async
---@param execute? boolean False to remove the handler only.
function scope_cleanup_pop(execute) end
