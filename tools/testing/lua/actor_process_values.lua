-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- User-space actors: the values that travel (sections 5.2 and 4.7 of the conformance list), to the process and back.

local check, folder = ...
local processes = assert(loadfile(folder .. "/lib/processes.lua"))(folder)
local actor, file_descriptor, inbox = require("actor"), require("file_descriptor"), require("inbox")
local same, ok = check.same, check.ok
local start, run, failure, user = processes.start, processes.run, processes.failure, processes.user

local channel = start()

local function show(value)
	local text = type(value) == "string" and ("%d bytes"):format(#value) or tostring(value)
	return type(value) .. " " .. text
end

-- Scalars, both ways.
for _, value in ipairs({
	true,
	false,
	0,
	1,
	-1,
	math.maxinteger,
	math.mininteger,
	0.0,
	-0.5,
	1e300,
	math.huge,
	-math.huge,
	"",
	"text",
	"\0\xff\n",
	("x"):rep(255),
}) do
	-- A list of the values would end at nil.
	same("5.2: there and back: " .. show(value), run(channel, "return ...", value), value)
	channel:send({ code = "home:send(...) return 0", value = value })
	same("5.2: as the whole message: " .. show(value), inbox:receive(), value)
	inbox:receive()
end
do
	local nan = run(channel, "return ...", 0 / 0)
	ok("5.2: NaN", nan ~= nan and math.type(nan) == "float")
	same("5.2: minus zero keeps its sign", 1 / run(channel, "return ...", -0.0), -math.huge)
	-- The bits of a signalling NaN.
	local signalling = string.unpack("<d", "\1\0\0\0\0\0\xf0\x7f")
	local SIGNALLING <const> = "return string.pack('<d', ...):byte(7) & 8 ~= 0"
	same("5.2: the process never sees a signalling NaN", run(channel, SIGNALLING, signalling), true)
end

-- What is refused, on either side. `make` is code that makes the value.
local wrong = {
	{ "nil", "nil" },
	{ "a function", "print" },
	{ "a thread", "coroutine.create(print)" },
	{ "a table without members", "{}" },
	{ "a list", "{ 1, 2 }" },
	{ "a table in a table", "{ a = {} }" },
	{ "a table with a list in it", "{ a = { 1 } }" },
	{ "a function in a table", "{ a = print }" },
	{ "a table with a metatable", "setmetatable({ a = 1 }, {})" },
	{ "a long string", "('x'):rep(256)" },
	{ "a long string in a table", "{ a = ('x'):rep(256) }" },
	{ "a long key", "{ [('x'):rep(256)] = 1 }" },
	{ "21 members", "(function() local t = {} for i = 1, 21 do t['k' .. i] = i end return t end)()" },
	{ "a userdata of another kind", "this_fiber" },
	{ "an open file", "io.stdout" },
}
for _, case in ipairs(wrong) do
	local name, make = case[1], case[2]
	local value = load("return " .. make)()
	same("5.2: the kernel refuses " .. name, failure(channel.send, channel, value), "EINVAL arg=2")
	local code = "home:send(" .. make .. ")"
	same("5.2: the process refuses " .. name, processes.run_failure(channel, code), "generic 22 arg=2")
end

-- Limits that are met.
local function count(value)
	local members = 0
	for _ in pairs(value) do
		members = members + 1
	end
	return members
end
do
	local twenty = {}
	for i = 1, 20 do
		twenty[("k"):rep(254) .. string.char(64 + i)] = ("v"):rep(255)
	end
	channel:send({ code = "home:send(inbox:receive()) return 0" })
	channel:send(twenty)
	local back = inbox:receive()
	same("5.2: 20 members of 255 bytes each", count(back), 20)
	local equal = true
	for key, value in pairs(twenty) do
		equal = equal and back[key] == value
	end
	ok("5.2: unchanged", equal)
	inbox:receive()
end
do
	channel:send({ code = "home:send(inbox:receive()) return 0" })
	channel:send({ a = 1, [1] = "skipped", [2.5] = {}, [true] = print })
	local back = inbox:receive()
	same("5.2: members under other keys are left out", back.a == 1 and count(back), 1)
	inbox:receive()
	channel:send({ code = "home:send({ a = 2, 'skipped' }) return 0" })
	back = inbox:receive()
	same("5.2: also by the process", back.a == 2 and count(back), 1)
	inbox:receive()
end
do
	-- That answer came before the message's own.
	same("5.2: nothing of what was refused was sent", run(channel, "return 5"), 5)
end

-- Integers stay integers (ruling 2).
same("ruling 2: integers", run(channel, "return math.type(...)", 1), "integer")
same("ruling 2: floats", run(channel, "return math.type(...)", 1.0), "float")

-- Addresses in tables.
do
	local third = user()
	channel:send({ code = "pair = { a = ..., b = inbox, c = home } home:send(pair) return 0", value = third })
	local pair = inbox:receive()
	inbox:receive()
	ok("4.7: the address of a kernel actor in a table", pair.a == third)
	same("4.7: that of a process", getmetatable(pair.b), "ipc_actor_channel")
	same("4.7: the own one", getmetatable(pair.c), "tx-channel")
	pair.c:close()
	pair.b:close()
	channel:send({ code = "theirs = ... return 0", value = inbox })
	inbox:receive()
	same("5.2: the inbox is sent as an address", run(channel, "return getmetatable(theirs)"), "ipc_actor_channel")
	local closed = user()
	closed:close()
	same("5.2: a closed channel", failure(channel.send, channel, closed), "EINVAL arg=2")
end

-- Descriptors.
do
	local path = processes.file("text in a file")
	local file = file_descriptor.open(path)
	channel:send({ code = "fd = ... return getmetatable(fd)", value = file })
	same("5.2: a descriptor travels", inbox:receive().value, "file_descriptor")
	ok("5.2: the sender still has it", file_descriptor.is_open(file))
	file:close()
	same("5.2: the receiver owns a duplicate", run(channel, "return fd:read(4)"), "text")
	local back = run(channel, "return fd")
	ok("5.2: it comes back", file_descriptor.is_open(back))
	run(channel, "fd:close() return true")
	local other = start()
	other:send({ code = "return (...):read(100)", value = back })
	same("5.2: and goes on to another process, with its position", inbox:receive().value, " in a file")
	other:kill()
	back:close()
	same("5.2: a closed descriptor", failure(channel.send, channel, back), "EBUSY arg=2")
	same("5.2: in a table", failure(channel.send, channel, { a = back }), "EBUSY arg=2")
	same("5.2: a closed one in the process", processes.run_failure(channel, "home:send(fd)"), "generic 16 arg=2")
	ok("5.2: close twice is an error", failure(back.close, back) ~= nil)
	local copy = file_descriptor.open(path):dup()
	ok("5.2: dup", file_descriptor.is_open(copy))
	do
		local scoped <close> = copy
		same("5.2: the class", getmetatable(scoped), "file_descriptor")
	end
	same("5.2: closed at the end of its block", file_descriptor.is_open(copy), false)
	same("5.2: what is no descriptor", file_descriptor.is_open(1), nil)
	local nothing, message, number = file_descriptor.open("/not/there")
	same("a file that is not there", check.joined(nothing, message, number), "nil /not/there: ENOENT 2")
	same("a mode that is none", select(3, file_descriptor.open(path, "x")), 22)
	-- Through a kernel actor.
	local third = user()
	local again = file_descriptor.open(path)
	processes.eval(third, "kept = ... return 0", again)
	again:close()
	-- Only the process answers.
	processes.tell(third, "(...):send({ code = 'return (...):read(4)', value = kept })", channel)
	same("5.2: a descriptor goes through kernel actors", inbox:receive().value, "text")
	-- A write in the kernel's file is seen by all.
	local output = file_descriptor.open(path, "w")
	channel:send({ code = "local f = ... f:write('from the process') f:close() return 0", value = output })
	inbox:receive()
	same("5.2: a process writes to it", processes.text_of(path), "from the process")
end

-- The native function refuses what the library would.
do
	local native = package.preload["actor.process"]()
	for _, value in ipairs({ {}, { { 1 } }, ("x"):rep(256), { a = { b = 1 } } }) do
		ok("the native function refuses a " .. show(value), not pcall(native.send, channel, value, 0))
	end
	ok("and objects that are no addresses", not pcall(native.send, channel, require("lunatik")._ENV, 0))
	ok("a start takes only files", not pcall(native.start, "x", "", "", 0, channel))
	ok("and the wait an existing number", not pcall(native.wait, 12345))
	same("a kill, too", native.kill(12345, 9), 3)
	same("a detach, too", native.detach(12345), false)
	same("no client stream", native.stream(3), nil)
end
channel:kill()
ok("the script's actors still work", actor.is_master())
