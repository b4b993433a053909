-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What the checks of actors have in common, and the actor that runs code for them (lua/actors/code.lua). The argument
-- is the folder tools/testing.

local folder = ...
local actor, inbox, time = require("actor"), require("inbox"), require("time")
local linux = require("linux")
local name_of = assert(loadfile(folder .. "/lib/actor_errors.lua"))()

-- No wait of a check takes longer.
local LIMIT <const> = 30000000000

local common = { folder = folder, name_of = name_of }
-- Flags that actors see at once, without a message: an RCU table that all runtimes share.
local flags = require("lunatik")._ENV
common.flags = flags

-- A flag that is not set. Flags outlive scripts.
function common.flag(name)
	name = "suite/" .. name
	flags[name] = nil
	return name
end

-- The name of the error that the function raises, as actor_errors.lua writes it; nil if it raises none.
function common.failure(fn, ...)
	local good, err = pcall(fn, ...)
	return not good and name_of(err) or nil
end

-- Read and set a field.
function common.get(object, key)
	return object[key]
end

function common.set(object, key, value)
	object[key] = value
end

-- A new actor that runs the code that it is sent. The options are those of spawn_vm, without the module.
function common.user(options)
	local all = { module = "/actors/code" }
	for key, value in pairs(options or {}) do
		all[key] = value
	end
	local address = actor.spawn_vm(all)
	address:send({ folder = folder })
	return address
end

-- Runs code in such an actor and returns the results; raises the name of its error. The code has the functions of this
-- table as globals, and its own globals stay. The actor keeps no address of the caller.
function common.eval(address, code, ...)
	address:send({ code = code, arguments = table.pack(...), reply = inbox })
	local answer = inbox:receive()
	if answer.failure then
		error(answer.failure, 2)
	end
	return table.unpack(answer, 1, answer.n)
end

-- Has such an actor run code, and does not wait for it. The actor gets no address for that.
function common.tell(address, code, ...)
	address:send({ code = code, arguments = table.pack(...) })
end

-- The address of the actor that calls.
function common.own_address()
	local helper = common.user()
	local own = common.eval(helper, "return ...", inbox)
	helper:close()
	return own
end

-- Lets the other fibers of this actor run until the condition is true.
function common.soon(condition)
	local ending = linux.ktime() + LIMIT
	while not condition() do
		if linux.ktime() > ending then
			return false
		end
		time.sleep(0.001)
	end
	return true
end

-- Waits for a flag while no other fiber of this actor runs.
function common.hold_until(flag)
	local ending = linux.ktime() + LIMIT
	while not flags[flag] do
		if linux.ktime() > ending then
			error("nobody sets the flag " .. flag)
		end
		linux.schedule(1)
	end
end

-- Waits for a flag while other fibers of this actor run.
function common.wait_for(flag)
	return common.soon(function()
		return flags[flag] ~= nil
	end)
end

-- Lets the fibers run that are ready.
function common.turn()
	for _ = 1, 5 do
		actor.this_fiber.yield()
	end
end

-- Waits until nothing can be sent to the actor any more, and returns why; nil if that does not happen. While the actor
-- lives it takes what is sent.
function common.gone(address)
	local why
	common.soon(function()
		why = common.failure(address.send, address, { code = "" })
		return why
	end)
	return why
end

-- Two collections: the second one frees what finalizers have let go.
function common.collect()
	collectgarbage()
	collectgarbage()
end

return common
