-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of workers.lua: the permissions of workers.

local common = ...
local check, answer, create, failure, limited =
	common.check, common.answer, common.create, common.failure, common.limited
local same, ok = check.same, check.ok

same("a worker may what its parent may", answer("worker.message(io.open('/etc/passwd') ~= nil)"), true)
do
	local _, w = limited({ "~fs:write" }, "./worker_code", "io.open('/tmp/never', 'w')")
	same("no more than its creator", failure(w), "worker:1: permission \"fs:write\" denied for '/tmp/never'")
end
do
	local _, w = limited(
		{ "~fs:write", "~env" },
		"./worker_code",
		[[
		local said = {}
		local function try(...)
			local good, err = pcall(...)
			said[#said + 1] = good and tostring(err) or err:gsub("^.-:%d+: ", "")
		end
		try(io.open, "/tmp/never", "w")
		try(pledge, "env=HOME")
		try(pledge, "env")
		try(pledge, "exec")
		try(os.getenv, "HOME")
		try(pledge, "~rcu")
		try(require("rcu").table)
		try(pledge, "fs:read=/nosuch")
		try(io.open, "/etc/passwd")
		try(worker.create, "hello")
		worker.message(table.concat(said, "\n"))
	]]
	)
	same(
		"narrower goes, wider does not",
		worker.receive(w),
		table.concat({
			"permission \"fs:write\" denied for '/tmp/never'",
			'permission "env" was rejected',
			'permission "env" was rejected',
			"true",
			"permission \"env\" denied for 'HOME'",
			"true",
			'permission "rcu" denied',
			"true",
			"permission \"fs:read\" denied for '/etc/passwd'",
			"permission \"fs:read\" denied for 'hello'",
		}, "\n")
	)
	local snapshot = coroutine.wrap(function()
		local asks = create("worker.peek() worker.message(pcall(require('rcu').table))")
		pledge("~rcu")
		worker.send(asks, 1)
		return worker.receive(asks)
	end)()
	same("what counts is what was so when it was created", snapshot, true)
end
ok(
	"byte code is refused",
	failure(create("assert(load(string.dump(function() end), 'x', 'b'))")):find(
		"attempt to load a binary chunk",
		1,
		true
	) ~= nil
)
suite_global = 1
same("globals are not inherited", answer("worker.message(suite_global == nil)"), true)
suite_global = nil
