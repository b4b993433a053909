-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- All kinds of objects that a script makes count against it. Must be run with a limit of 8 MiB. The argument is the
-- folder tools/testing.

local check = dofile((...) .. "/lib/check.lua")
local lunatik = require("lunatik")
local threads = require("llthreads2.ex")
local mtmsg = require("mtmsg")
local rcu = require("rcu")
local LIMIT = 8 << 20

local function settle()
	collectgarbage()
	collectgarbage()
end

-- Calls `make` until it fails. Returns how many calls succeeded, and the error.
local function exhaust(make, most)
	local made = table.create(most)
	for i = 1, most do
		local good, value = pcall(make, i)
		if not good or value == nil or value == false then
			return i - 1, good and "refused" or tostring(value), made
		end
		made[i] = value
	end
	return most, "nothing", made
end

-- `finish` is called for each object that was made. `release` is called once, because the checks need some memory, too.
local function bounded(what, make, most, finish, release)
	local count, why, made = exhaust(make, most)
	for i = 1, finish and #made or 0 do
		finish(made[i])
	end
	if release then
		release()
	end
	made = nil
	settle()
	check.ok(what .. " end with an error", count < most and count > 0, count .. ": " .. why)
	check.ok(
		"which is about memory, for " .. what,
		why:find("not enough memory", 1, true) or why:find("ENOMEM", 1, true) or why == "refused",
		why
	)
end

bounded("workers", function()
	return worker.create("suite_waits")
end, 5000, worker.stop)
-- Runtimes that are being ended give their memory back when they have ended.
local linux = require("linux")
local function comes_back(what, bytes)
	local good
	for _ = 1, 500 do
		settle()
		good = pcall(string.rep, "x", bytes)
		if good then
			break
		end
		linux.schedule(20)
	end
	check.ok("memory comes back after " .. what, good)
end
comes_back("workers", 4 << 20)
bounded("threads", function()
	return threads.new("return 1")
end, 5000)
comes_back("threads", 4 << 20)
bounded("buffers of mtmsg", function()
	return mtmsg.newbuffer()
end, 60000)
comes_back("buffers", 4 << 20)
local buffer = mtmsg.newbuffer()
bounded("messages", function()
	return buffer:addmsg(("x"):rep(10000))
end, 5000, nil, function()
	buffer:clear()
end)
comes_back("messages", 4 << 20)
bounded("short messages", function()
	return buffer:addmsg(1)
end, 65000, nil, function()
	buffer:clear()
end)
comes_back("short messages", 4 << 20)
bounded("tables", function()
	return rcu.table(4096)
end, 5000)
comes_back("tables", 4 << 20)
local entries
-- Entries that readers might still use are freed after a grace period.
for _ = 1, 500 do
	local good, made = pcall(rcu.table, 65536)
	entries = good and made
	if good then
		break
	end
	linux.schedule(20)
end
bounded("entries of a table", function(i)
	entries["key " .. i] = ("x"):rep(200)
	return true
end, 65000, nil, function()
	entries = nil
end)
comes_back("entries", 4 << 20)

-- A child never has more memory than its maker, whatever limit it is given.
local child = lunatik.runtime("suite_takes", { mem = 1 << 40 })
local taken = child:resume()
check.ok("a child that is given a terabyte has less than 8 MiB", taken > 1 << 20 and taken < LIMIT, taken)
child:stop()
local small = lunatik.runtime("suite_takes", { mem = 1 << 20 })
taken = small:resume()
check.ok("a child that is given 1 MiB has less than that", taken > 1 << 18 and taken < 1 << 20, taken)
small:stop()
comes_back("children", 4 << 20)

-- Four children together have no more memory than one: each reaches the limit, or cannot be made for lack of memory.
local makers = {}
for i = 1, 4 do
	local good, made = pcall(worker.create, "suite_fills")
	if good then
		makers[#makers + 1] = made
	else
		check.ok("worker " .. i .. " of four is not made for lack of memory", tostring(made):find("memory", 1, true), made)
	end
end
check.ok("at least one is made", #makers > 0)
for i = 1, #makers do
	local _, good = pcall(worker.receive, makers[i])
	check.ok("worker " .. i .. " of those runs out of memory", good ~= true, good)
	worker.stop(makers[i])
end
comes_back("four workers", 4 << 20)
