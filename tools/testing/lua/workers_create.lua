-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of workers.lua: the table of functions, the arguments that worker.create accepts and refuses, and its handle.

local common = ...
local check, answer, create, failure, limited =
	common.check, common.answer, common.create, common.failure, common.limited
local same, ok, raises, joined = check.same, check.ok, check.raises, check.joined
local folder = common.folder

-- The table.

local names = {}
for name, value in pairs(worker) do
	names[#names + 1] = name .. ":" .. type(value)
end
table.sort(names)
local outside = "address:function create:function limits:function receive:function send:function status:function "
	.. "stop:function"
same("outside of workers the table has seven functions", table.concat(names, " "), outside)
same("it can be required", require("worker"), worker)
same(
	"workers have two more",
	answer([[
	local names = {}
	for name in pairs(worker) do
		names[#names + 1] = name
	end
	table.sort(names)
	worker.message(table.concat(names, " "))
]]),
	"address create limits message peek receive send status stop"
)

-- create: the order of its checks.

raises("a path is a string", "bad argument #1 to 'create' (string expected, got no value)", function()
	worker.create()
end)
raises("a table is none", "(string expected, got table)", worker.create, {})
ok(
	"a number is taken for one",
	failure(worker.create(5)):find("no script 5: there is no file /lib/modules/lua/5.lua", 1, true) ~= nil
)
same(
	"without fs:read it fails first",
	joined(limited({ "~fs:read", "~load" }, "hello", print)),
	"false permission \"fs:read\" denied for 'hello'"
)
same(
	"then without load",
	joined(limited({ "~load" }, "hello", print)),
	"false permission \"load\" denied"
)
same("then for what cannot travel", joined(limited({}, "hello", print)), "false cannot send a function")
same(
	"one path that may be read is enough",
	joined(limited({ "fs:read=" .. folder .. "/lua/worker_code.lua" }, "./worker_code", "")):match("^true worker"),
	"true worker"
)
same(
	"another one is not",
	joined(limited({ "fs:read=" .. folder .. "/lua/workers.lua" }, "./worker_code", "")),
	"false permission \"fs:read\" denied for './worker_code'"
)
same(
	"nor is load then asked for",
	joined(limited({ "fs:read=" .. folder .. "/lua/workers.lua", "~load" }, "./worker_code", "")),
	"false permission \"fs:read\" denied for './worker_code'"
)
for _, name in ipairs({ "", "/etc/passwd", "a/../b", "../x", "./../x", "a//b", "x\0y" }) do
	raises(
		("%q is no name"):format(name),
		"bad argument #1 to 'worker.create' (a script name must not",
		worker.create,
		name
	)
end
ok(
	"no limit but the system's is needed to name a missing file",
	failure(worker.create("suite_nosuch")):find("no script suite_nosuch", 1, true) ~= nil
)
same("a name may end in .lua", worker.receive(worker.create("./worker_code.lua", "worker.message('ran')")), "ran")
ok(
	"an error in the syntax is received",
	failure(worker.create("suite_syntax")):find("suite_syntax.lua:1:", 1, true) ~= nil
)
for kind, value in pairs({
	["a function"] = print,
	["a userdata"] = io.stdout,
	["a coroutine"] = coroutine.create(print),
}) do
	raises(kind .. " is no argument", "cannot send " .. kind, create, "", value)
	raises(
		kind .. " in a table is none",
		"cannot send " .. kind .. " (at .handlers[3])",
		create,
		"",
		{ handlers = { 1, 2, value } }
	)
end
do
	local w <close> = create("worker.peek()")
	raises("a worker is no argument", "cannot send a userdata", create, "", w)
	raises("nor a message", "cannot send a userdata (at .w)", worker.send, w, { w = w })
end

-- Arguments.

same("arguments arrive, with all nils", answer("worker.message((select('#', ...)))", nil, 1, nil, "x", nil), 5)
same(
	"as they were",
	answer(
		"local a, b, c, d = ...; worker.message(table.concat({ tostring(a), tostring(b), c.x, d }, ' '))",
		nil,
		false,
		{ x = 7 },
		"y\0z"
	),
	"nil false 7 y\0z"
)
same("peek does not see them", answer("worker.message(worker.peek(10) == nil)", 1, 2, 3), true)

-- The handle.

do
	local w <close> = create("worker.peek()")
	ok("a handle shows itself", tostring(w):match("^worker: 0x%x+$") ~= nil)
	same("it is a userdata", type(w), "userdata")
	ok("it cannot be indexed", not pcall(function()
		return w.x
	end))
	ok("nor called", not pcall(function()
		return w()
	end))
	same("its metatable is its own", getmetatable(w), false)
end

-- Nested workers.

local nested = [[
	local code, level = ...
	if level == 5 then
		worker.message("deep")
	else
		local w = worker.create("./worker_code", code, code, level + 1)
		worker.message(level .. " " .. worker.receive(w))
	end
]]
same("workers have workers", worker.receive(create(nested, nested, 1)), "1 2 3 4 deep")
ok("an error goes up", failure(create([[
	local w = worker.create("./worker_code", "error('below', 0)")
	worker.receive(w)
]])):match("^below$") ~= nil)
