-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta _

---A channel to an actor. It can be sent and stored in RCU tables. Two that lead to the same actor are equal.
---@class actor.channel
local channel = {}

---Sends a copy of a value: a boolean, number, string, channel, inbox or descriptor, or a table of these. Suspends the fiber until the actor has received it, and returns nothing.
---Raises `EINVAL`, `ENOTSUP`, `cycle_exists` or `too_many_levels` for what cannot be sent, and `channel_closed` if the channel or the receiver's inbox is closed.
---In runtimes that are no actors it does not wait: it returns true, or false if the actor receives no more or too much is on its way.
---Works in hooks, where it does not wait either.
---@async
---@param value any The value, not nil.
---@return boolean? sent
function channel:send(value) end

---Closes this channel, and no other to the same actor. It may be closed already. Only in actors.
function channel:close() end

---A channel to an actor in a process. It can be sent and stored in RCU tables.
---@class actor.process_channel
---@field child_pid integer The number of the process, for the actor that has started it; others get `EINVAL`.
local process_channel = {}

---Sends a copy of a value: a boolean, number, string of 255 bytes at most, channel, inbox or descriptor, or a table of 1 to 20 of these under strings. Suspends the fiber while there is no room.
---Raises `EINVAL` or `EBUSY` for what cannot be sent, `channel_closed` for a closed channel, and `EPIPE` if the process is gone.
---@async
---@param value any The value, not nil.
function process_channel:send(value) end

---Closes this channel. Messages that were sent are delivered, and the process continues.
function process_channel:close() end

---Sends a signal to the process, which this actor must have started. SIGKILL also closes the channel.
---Raises `channel_closed`, `EPERM` if the process is not the caller's, and `ESRCH` or `EINVAL` for other signals than 9.
---@param signal? integer The number of the signal, 9 unless given.
function process_channel:kill(signal) end

---Lets the process, which this actor must have started, continue after the end of the actor.
---Raises `EINVAL` if the process is not the caller's.
function process_channel:detach() end

---The inbox of an actor. Sent in a message, it arrives as a channel to the actor.
---@class actor.inbox
local inbox = {}

---Returns the next message. Suspends the fiber until there is one.
---Raises `channel_closed` if the inbox is closed, `EBUSY` if another fiber receives, and `no_senders` if there is no channel to this actor.
---@async
---@return any message A boolean, number, string, table, channel or descriptor.
function inbox:receive() end

---Closes the inbox for ever: those that send to it get `channel_closed`. It may be closed already.
function inbox:close() end

---A fiber.
---@class actor.fiber
---@field joinable boolean Whether it can be joined.
---@field interruption_caught boolean Whether an interruption has ended it. Before it was joined: `EINVAL`.
local fiber = {}

---Suspends until the fiber has ended. Returns the results of its function, or raises its error. If an interruption has ended it, returns nothing.
---Raises `EDEADLK` for the running fiber, and `EINVAL` if somebody has joined or detached it.
---@async
---@return any ...
function fiber:join() end

---Gives the results up. If an error ends the fiber, it is printed.
---Raises `EINVAL` if somebody has joined or detached it.
function fiber:detach() end

---Interrupts the fiber, now if it waits, otherwise at its next interruption point. It stays interrupted for ever.
function fiber:interrupt() end

---The running fiber.
---@class actor.this_fiber
---@field local_ table A table of the fiber's own.
---@field is_main boolean Whether it is the main fiber, which runs the module.
---@field id string A text for messages.
local this_fiber = {}

---Suspends the fiber until the others that are ready have run.
---@async
function this_fiber.yield() end

---From here on the fiber is not interrupted. Calls nest.
function this_fiber.disable_interruption() end

---Takes one `disable_interruption` back. Raises `interruption_already_allowed` if there was none.
function this_fiber.restore_interruption() end

---From here on functions that suspend raise `forbid_suspend_block`. Calls nest.
function this_fiber.forbid_suspend() end

---Takes one `forbid_suspend` back. Raises `suspension_already_allowed` if there was none.
function this_fiber.allow_suspend() end

---An error of an actor. `tostring` gives its text. Two are equal if their codes and categories are.
---@class actor.error
---@field code integer The number of the error, such as 13 for `interrupted` in the category `emilua.core`.
---@field category actor.error_category The meaning of the code.
---@field arg? integer|string The number or name of a wrong argument.
---@field index? integer The number of a wrong field.
---@field path? string Where in a table the value is that cannot be sent, such as ".list[2].f".
---@field module? string The name of a module that was not found.
---@field message? string Lua's text of a syntax error.
local err = {}

---Returns an equal error, of the category `generic` for one of `system`.
---@return actor.error
function err:togeneric() end

---A category of errors. `tostring` gives its name.
---@class actor.error_category
local category = {}

---Returns its name: "emilua.core", "emilua.json.dom", "lua", "generic" or "system".
---@return string
function category:name() end

---Returns the text for a code.
---@param code integer The code.
---@return string
function category:message(code) end
