-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The script for hooks of hooks_sends_values.lua. It gets an address of a mailbox, and leaves a function that gets the
-- name of a function below, which runs in the context of a hook.

local address, channel, service, receiver = ...
local send = require("worker").send
local buffer = require("mtmsg").newbuffer("suite/small", 256, 0)

local function nested(depth)
	local result = {}
	for _ = 2, depth do
		result = { result }
	end
	return result
end

local function tables(count)
	local result = {}
	for i = 2, count do
		result[i] = {}
	end
	return result
end

local long = {}
for i = 1, 10000 do
	long[i] = i
end
local cycle = {}
cycle[1] = cycle
local twice = { 1 }
local values = {
	["nil"] = nil,
	boolean = false,
	integer = math.mininteger,
	float = 0.5,
	bytes = "a\0b",
	table = { 1, "x", key = { true }, [2.5] = false },
	["eight levels"] = nested(8),
	["nine levels"] = nested(9),
	["eight tables"] = tables(8),
	["nine tables"] = tables(9),
	["a cycle"] = cycle,
	["the same table twice"] = { twice, twice },
	["a table with metamethods"] = setmetatable({ 1 }, { __index = error, __pairs = error, __len = error }),
	["a function"] = print,
	["a coroutine"] = coroutine.create(print),
	["an address"] = address,
	["an address in a table"] = { a = { b = address } },
	["an address as a key"] = { [address] = 1 },
	-- A byte for the kind and two for the length are added.
	["as many bytes as there is room for"] = ("x"):rep(8189),
	["one byte more"] = ("x"):rep(8190),
	["a megabyte"] = ("x"):rep(1 << 20),
	["a long table"] = long,
}

local functions = {
	value = function(name)
		return pcall(address.send, address, values[name])
	end,
	no_value = function()
		return pcall(address.send, address)
	end,
	wrong = function()
		return pcall(address.send, buffer, 1)
	end,
	no_nil = function()
		return pcall(channel.send, channel, nil)
	end,
	all = function(n)
		return address:send(n), channel:send({ n = n, text = "actor" }), service:send("message", n, { text = "service" }),
			send(receiver, n), buffer:addmsg(n)
	end,
	buffer = function(size)
		return pcall(buffer.addmsg, buffer, size and ("x"):rep(size) or {})
	end,
	nothing = function()
		return buffer:addmsg()
	end,
	coroutine = function()
		return coroutine.wrap(function()
			return address:send("a coroutine")
		end)()
	end,
	-- The attendant calls the finalizers.
	garbage = function(count)
		for i = 1, count do
			setmetatable({}, {
				__gc = function()
					address:send(i)
				end,
			})
		end
		return address:send("garbage")
	end,
	many = function(count)
		local sent = 0
		for i = 1, count do
			sent = sent + (address:send(i) and 1 or 0)
		end
		return sent
	end,
}

return function(name, ...)
	return functions[name](...)
end
