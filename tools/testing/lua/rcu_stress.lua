-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- One of many threads that read and write the same RCU table after its field "go" is set. Arguments: role, seconds.
-- Each value is a text whose parts must agree, so that a reader detects values that were freed or half written.

local role, seconds = ...
local linux = require("linux")
local rcu = require("rcu")
local shared = require("lunatik")._ENV
local thread = require("thread")

local t = shared["suite.stress"]

local function value()
	local n = linux.random(1, 1000)
	return ("%d:"):format(n):rep(n % 50 + 1)
end

local function whole(text)
	local n = text:match("^(%d+):")
	return n and text == (n .. ":"):rep(tonumber(n) % 50 + 1)
end

local roles = {}

function roles.read()
	local text = t["k" .. linux.random(1, 64)]
	assert(text == nil or whole(text), "a value was damaged")
end

function roles.write()
	local key = "k" .. linux.random(1, 64)
	if linux.random(1, 4) == 1 then
		t[key] = nil
	else
		t[key] = value()
	end
	rcu.add(t, "writes", 1)
end

function roles.walk()
	local seen = {}
	for key, text in pairs(t) do
		if key:find("^k") then
			assert(whole(text), "a value was damaged")
		end
		if key:find("^fixed") then
			seen[key] = (seen[key] or 0) + 1
		end
	end
	for i = 1, 16 do
		assert(seen["fixed" .. i] == 1, "an entry that was there all the time was not seen exactly once")
	end
end

function roles.tables()
	local inner = rcu.table(2)
	inner.x = value()
	t.inner = inner
	local found = t.inner
	assert(found == nil or found.x == nil or whole(found.x), "a table in the table was damaged")
end

return function()
	while not t.go and not thread.shouldstop() do
		linux.schedule(10)
	end
	local begun = linux.ktime()
	local rounds = 0
	local limit = tonumber(seconds) * 1000000000
	while not thread.shouldstop() and linux.ktime() - begun < limit do
		for _ = 1, 100 do
			roles[role]()
		end
		rounds = rounds + 100
		linux.schedule(0)
	end
	rcu.add(t, "rounds." .. role, rounds)
end
