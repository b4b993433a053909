-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of workers.lua: errors in workers, and how workers end.

local common = ...
local shared = require("lunatik")._ENV
local check, create, failure, soon, took = common.check, common.create, common.failure, common.soon, common.took
local same, ok, raises, joined = check.same, check.ok, check.raises, check.joined

-- Errors in a worker.

same("an error has its place", failure(create("error('here')")), "worker:1: here")
same("a number is a number", failure(create("error(5)")), 5)
same("a table stays one", failure(create("error({ code = 7, list = { 1, 2 } })")).list[2], 2)
same(
	"one that cannot travel is shown",
	failure(create("error(setmetatable({ print }, { __tostring = function() return 'shown' end }))")),
	"shown"
)
same("or its type is told", failure(create("error({ print })")), "(error object is a table value)")
ok("a userdata is shown", failure(create("error(io.stdout)")):match("^file %(0x") ~= nil)
same(
	"a failing __tostring is no harm",
	failure(create("error(setmetatable({ print }, { __tostring = error }))")),
	"(error object cannot be shown)"
)
same("no error value is one", failure(create("error()")), "<no error object>")
do
	-- The worker counts against this script until it is gone, so there is room that only this script gives up.
	local room = ("x"):rep(200000)
	local message = failure(create("local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end"))
	room = #room
	collectgarbage()
	ok("memory has an end", message:find("not enough memory", 1, true) ~= nil and room > 0)
end
same("results are dropped", joined(worker.receive(create("return 1, 2, print"))), "nil")

-- Lives.

do
	-- A handle that is collected.
	shared["suite.go"] = nil
	create([[
		local shared = require("lunatik")._ENV
		shared["suite.collected"] = 1
		while not shared["suite.go"] do worker.peek(5) end
	]])
	ok(
		"a worker without a handle runs",
		soon(function()
			return shared["suite.collected"] == 1
		end)
	)
	shared["suite.collected"], shared["suite.go"] = nil, 1

	shared["suite.peeked"] = nil
	create([[
		local ok, err = pcall(worker.peek)
		require("lunatik")._ENV["suite.peeked"] = err:gsub("^.-: ", "") .. " " .. tostring(worker.message(1))
	]])
	ok(
		"when its handle is collected, peek and message say so",
		soon(function()
			collectgarbage()
			return shared["suite.peeked"] == "parent closed false"
		end)
	)
	shared["suite.peeked"] = nil
end
do
	-- stop.
	local w = create("while true do end")
	same("a loop is stopped", joined(worker.stop(w)), "")
	same("and is dead", worker.status(w), "dead")
	same("which is no error", joined(pcall(worker.receive, w)), "true nil")
	same("it can be stopped again", joined(worker.stop(w)), "")
	local p = create(
		"worker.message(1); local _ <close> = setmetatable({}, { __close = function() worker.message('tidied') end });"
			.. "pcall(worker.peek); worker.message('went on')"
	)
	worker.receive(p)
	worker.stop(p, 200)
	same("a wait ends first, and what waits", joined(worker.receive(p), worker.receive(p)), "tidied nil")
	local q = create("while true do pcall(worker.peek) end")
	ok("no grace is short", took(worker.stop, q, 0) < 5000)
	raises("a negative one is refused", "must not be negative", worker.stop, q, -1)
	local closed
	do
		local c <close> = create("while true do end")
		closed = c
	end
	same("the end of a block stops a worker", worker.status(closed), "dead")
	pcall(function()
		local c <close> = create("while true do end")
		closed = c
		error("out")
	end)
	same("an error, too", worker.status(closed), "dead")
end

-- Finalizers.

do
	shared["suite.final"] = nil
	local w = create([[
		local shared = require("lunatik")._ENV
		local own = worker
		setmetatable({}, { __gc = function()
			shared["suite.final"] = table.concat({ tostring(own.message(1)), tostring(select(2, pcall(own.peek, 1))) }, " ")
		end })
		worker.message("last")
	]])
	same("what is sent last is received", worker.receive(w), "last")
	ok(
		"a finalizer at the end sends nothing, and waits for nothing",
		soon(function()
			return tostring(shared["suite.final"]):find("^false .*interrupted$")
		end),
		tostring(shared["suite.final"])
	)
	shared["suite.final"] = nil
end
