-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta ltask

---Services, which call each other by number or name. In scripts that are no services, only `pack`, `unpack`, `unpack_remove`, `remove` and `counter` work.
---
---Functions that block suspend the session; other sessions of the service continue. Where Lua cannot yield they raise `attempt to yield across a C-call boundary`. A call of a service that is gone raises `{service:N} is dead`, one of a full queue `{service:N} is busy`.
---@class ltasklib
---@field log ltask.log Writes lines to the log of the system.
local ltask = {}

-- Messages

---Sends a request, blocks until the answer comes, and returns its values or raises its error.
---@async
---@param service integer The number of the service.
---@param name string The name of the request.
---@param ... any Arguments, which are copied.
---@return any ...
function ltask.call(service, name, ...) end

---Does the same as `call`, but raises `{service:N} timeout` after some time.
---@async
---@param ti integer The time, in hundredths of a second.
---@param service integer The number of the service.
---@param name string The name of the request.
---@param ... any Arguments, which are copied.
---@return any ...
function ltask.call_timeout(ti, service, name, ...) end

---Does the same as `call`, for what every service answers.
---@async
---@param service integer The number of the service.
---@param name "quit"|"memory"|"traceback"|string The name of the request. "memory" returns bytes, "traceback" a text.
---@param ... any Arguments, which are copied.
---@return any ...
function ltask.syscall(service, name, ...) end

---Sends a request that is not answered. Does nothing if the service is gone.
---@param service integer The number of the service.
---@param name string The name of the request.
---@param ... any Arguments, which are copied.
function ltask.send(service, name, ...) end

---Returns an object for several requests, whose answers are awaited together.
---@return ltask.async
function ltask.async() end

---Runs tasks at once. Returns an iterator over each task and its result, in the order in which they end; the iterator blocks.
---@param tasks ltask.task[] Each task is a list of a function and its arguments.
---@return fun(): ltask.task?, ltask.result?
function ltask.parallel(tasks) end

---Sends a packed message. Returns 1 if it was sent; 2 and the message if there is no such service; 3 and the message if it is busy.
---@param service integer The number of the service.
---@param session integer The number of the request that is answered, or of a new one; 0 for none.
---@param type integer 1: a request, 2: an answer, 3: an error.
---@param message? ltask.message The message, which is empty afterwards.
---@param size? integer Its size.
---@return 1|2|3 receipt
---@return ltask.message? message
---@return integer? size
function ltask.post_message(service, session, type, message, size) end

---The session does not answer its request by returning. Answer with `post_message` later.
function ltask.no_response() end

---Returns the request that the session serves.
---@return ltask.request
function ltask.current_session() end

---Answers a request with an error.
---@param service integer The number of the service that has asked.
---@param session integer The number of the request.
---@param message any The error.
function ltask.raise_error(service, session, message) end

---Runs a function as a session when an answer with this number comes.
---@param session integer The number.
---@param fn fun(type: integer, session: integer, message: ltask.message, size: integer) The function.
function ltask.suspend(session, fn) end

---Packs values into a message. Returns the message and its size in bytes.
---Raises `Unsupport type … to serialize` or `Only light C function can be serialized` for what cannot be sent.
---@param ... any The values.
---@return ltask.message message
---@return integer size
function ltask.pack(...) end

---Returns the values of a message. Raises an error if it was sent or removed.
---@param message ltask.message? The message; nil has no values.
---@return any ...
function ltask.unpack(message) end

---Returns the values of a message, which is empty afterwards.
---@param message ltask.message? The message; nil has no values.
---@return any ...
function ltask.unpack_remove(message) end

---Empties a message.
---@param message ltask.message? The message; nil does nothing.
function ltask.remove(message) end

-- Sessions

---Runs a function in a session of its own, before the next message. Returns the coroutine.
---@param fn function The function.
---@param ... any Its arguments.
---@return thread
function ltask.fork(fn, ...) end

---Blocks for at least this time. With 0, other sessions run first.
---@async
---@param ti integer The time, in hundredths of a second; less than 2^31.
function ltask.sleep(ti) end

---Runs a function in a session after some time.
---@param ti integer The time, in hundredths of a second; less than 2^31.
---@param fn fun() The function.
---@return ltask.timeout
function ltask.timeout(ti, fn) end

---Blocks until somebody wakes the token, and returns what is passed. Raises `assertion failed!` if another session waits for it.
---@async
---@param token? any The token; the session itself unless given.
---@return any ...
function ltask.wait(token) end

---Wakes the session that waits for a token. Returns true, or nothing if none waits.
---@param token any The token.
---@param ... any What `wait` returns.
---@return true?
function ltask.wakeup(token, ...) end

---Makes the session that waits for a token raise an error. Returns true, or nothing if none waits.
---@param token any The token.
---@param err any The error.
---@return true?
function ltask.interrupt(token, err) end

---Does the same as `wait`, for any number of sessions.
---@async
---@param token any The token.
---@return any ...
function ltask.multi_wait(token) end

---Wakes all sessions that wait for a token. Returns true, or nothing if none waits.
---@param token any The token.
---@param ... any What `multi_wait` returns.
---@return true?
function ltask.multi_wakeup(token, ...) end

---Makes all sessions that wait for a token raise an error. Returns true, or nothing if none waits.
---@param token any The token.
---@param err any The error.
---@return true?
function ltask.multi_interrupt(token, err) end

---Returns the session, for `wakeup`.
---@return thread
function ltask.current_token() end

---Returns what `coroutine.running` does.
---@return thread running
---@return boolean ismain
function ltask.running() end

---Returns the local variables of a session by their names, and the name of its function as ".name".
---@param co thread The session.
---@return table<string, any>
function ltask.thread_info(co) end

---Returns the traceback of the running session.
---@return string
function ltask.backtrace() end

-- Services

---Makes a service without a name, and returns its number when its code has run. Raises the error of the code.
---Needs the permissions `load`, and `fs:read` for the file.
---@async
---@param name string The name of the module, found as `require` finds it.
---@param ... any Arguments of the service, which gets copies.
---@return integer
function ltask.spawn(name, ...) end

---Returns the number of the service of this name. Makes it if there is none.
---Needs the permissions `load`, and `fs:read` for the file, to make it.
---@async
---@param name string The name.
---@param ... any Arguments of a new service, which gets copies.
---@return integer
function ltask.uniqueservice(name, ...) end

---Returns the number of the service of this name. Blocks until somebody makes it.
---@async
---@param name string The name.
---@return integer
function ltask.queryservice(name) end

---Makes a service, and returns its number when its code has run. Raises the error of the code.
---Needs the permissions `load`, and `fs:read` for the file, unless a loader of its own does without.
---@async
---@param description ltask.service The options of the service.
---@return integer
function ltask.spawn_service(description) end

---Sets the second argument of loaders for all services that are made later.
---@async
---@param path any The argument.
function ltask.servicepath(path) end

---Ends the service when what is ready has run.
function ltask.quit() end

---Adds handlers of requests. Returns the table of all. Raises `assertion failed!` for a name that has one.
---@param handlers? table<string, function> The handlers by name.
---@return table<string, function>?
function ltask.dispatch(handlers) end

---Returns the number of the service.
---@return integer
function ltask.self() end

---Returns the name of the service, 31 bytes at most.
---@return string
function ltask.label() end

-- Workers and events

---Returns the number of the worker that executes the service now, from 0 on.
---@return integer
function ltask.worker_id() end

---Lets only one worker execute the service, from its next slice on. Raises `Invalid worker id N`.
---@param n? integer The number of the worker; any worker unless given.
function ltask.worker_bind(n) end

---Gives the service an event. Returns the function that waits until there is a message, a timer is due or somebody has touched the service.
---Raises `Already init event`, and `Too many sockevents` if 64 services of the system have one.
---@return async fun(): true wait
---@return ltask.event
function ltask.eventinit() end

---Forgets a touch that nobody has waited for. Raises `Init event first` without an event.
---@return ltask.event
function ltask.eventreset() end

---Lets the event of a service happen. Returns true, or nothing if the service is dead or has none.
---@param id integer The number of the service.
---@return true?
function ltask.touch_service(id) end

---Runs a function as a session when the service has an event and nothing to do.
---@param fn fun(from: integer, session: integer)? The function, which gets zeros; nil for none.
function ltask.idle_handler(fn) end

-- Time, memory, log

---Returns the seconds since 1970, and the hundredths of a second since then.
---@return integer seconds
---@return integer ticks
function ltask.now() end

---Returns the seconds of a clock that never goes back.
---@return number
function ltask.counter() end

---Returns the seconds of CPU time that the service has used.
---@return number
function ltask.cpucost() end

---Limits the memory of the service, and returns the former limit. At the limit the error is `not enough memory`.
---@param bytes integer The limit in bytes; 0 is none.
---@return integer
function ltask.mem_limit(bytes) end

---Returns how many strings, tables, functions, userdata and threads were made so far.
---@param t? table A table that gets the numbers; a new one unless given.
---@return ltask.mem_count
function ltask.mem_count(t) end

---Adds an entry to the log.
---@param level "info"|"error" The level.
---@param text string The text.
function ltask.pushlog(level, text) end

---Takes the oldest entry of the log. Returns nothing if there is none.
---@return integer? ticks When, in hundredths of a second since 1970.
---@return integer? service The number of the service.
---@return "info"|"error"|nil level
---@return string? text
function ltask.poplog() end

return ltask
