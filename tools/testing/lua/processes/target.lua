-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The actor that a hostile process has an address of. It checks that only values arrive that a process may send, and
-- answers the addresses of processes among them.
--
-- Nothing that a process sends is a table in a table. So `command`, a table, comes from the script that has spawned
-- this actor: `peer` is the process. `report`, after the end of the process, asks for what has happened; then the actor
-- ends.

local actor, inbox, time = require("actor"), require("inbox"), require("time")
local first = inbox:receive()
local home, peer = first.home, nil
local received, answers, waiting = 0, 0, 0
local wrong
local ANSWERS <const> = 8
-- The address of an actor in the kernel is this actor's own.
local CLOSES <const> = { ["tx-channel"] = true, file_descriptor = true }
local SCALARS <const> = { boolean = true, number = true, string = true }

local function answer(address)
	if waiting >= ANSWERS then
		return address:close()
	end
	-- The process may never read it.
	waiting = waiting + 1
	actor.spawn(function()
		if pcall(address.send, address, { back = address, number = received }) then
			answers = answers + 1
		end
		waiting = waiting - 1
		address:close()
	end):detach()
end

-- Remembers the first value that no process may send.
local function refuse(what)
	wrong = wrong or what
end

local function take(value)
	local kind = type(value)
	if kind == "string" and #value > 255 then
		refuse("a string of " .. #value .. " bytes")
	elseif SCALARS[kind] then
		return
	elseif kind == "userdata" and getmetatable(value) == "ipc_actor_channel" then
		answer(value)
	elseif kind == "userdata" and CLOSES[getmetatable(value)] then
		value:close()
	else
		refuse("a value of type " .. kind)
	end
end

local function take_all(values)
	local members = 0
	for key, value in pairs(values) do
		members = members + 1
		if type(key) ~= "string" or #key > 255 then
			refuse("a key that is no short string")
		end
		take(value)
	end
	if members == 0 or members > 20 then
		refuse("a table of " .. members .. " members")
	end
end

-- What messages to the process end with, once the kernel has noticed its end. There is room for a few until then.
local function try_peer()
	local good, err
	for _ = 1, 50 do
		good, err = pcall(peer.send, peer, 1)
		if not good then
			break
		end
		time.sleep(0.02)
	end
	if good then
		return "sent"
	end
	return type(err) == "table" and err.category and err.category:name() .. " " .. err.code or tostring(err)
end

while true do
	local value = inbox:receive()
	local command = type(value) == "table" and type(value.command) == "table" and value.command
	if not command then
		received = received + 1
		if type(value) == "table" then
			if value.pause == true then
				-- What comes meanwhile has to wait.
				time.sleep(0.2)
			end
			take_all(value)
		else
			take(value)
		end
	elseif command.peer then
		peer = command.peer
	elseif command.report then
		home:send({
			slot = first.slot,
			received = received,
			answers = answers,
			wrong = wrong,
			peer = try_peer(),
		})
		break
	end
end
inbox:close()
