-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A thread that shares a table, a counter and a histogram with the hooks of hooks_sharing_packets.lua until the field
-- "stop" of the table is set. It counts what it does as they do, in the fields "counted.NAME" and "exchanged.NAME".
-- usage: ROLE NAME

local role, name = ...
local linux, rcu, percpu = require("linux"), require("rcu"), require("percpu")
local thread = require("thread")
local t = require("lunatik")._ENV["suite.shared"]
local counter, histogram = percpu.counter("suite.packets"), percpu.histogram("suite.packets.mod")

local texts = {}
for i = 0, 63 do
	texts[i] = ("%d:"):format(i):rep(i % 20 + 1)
end
local function is_whole(text)
	local n = text:match("^(%d+):")
	return n and text == texts[tonumber(n)]
end

local roles = {}
local counted, exchanged = 0, 0

-- The same as a hook.
function roles.count()
	counted = counted + 1
	counter:add()
	histogram:add(counted % 64)
	rcu.add(t, "sum", 1)
	local old
	repeat
		old = t.cas
	until rcu.cas(t, "cas", old, old + 1)
	exchanged = exchanged + 1
	local i = linux.random(0, 63)
	t["k" .. i] = linux.random(1, 3) > 1 and texts[i] or nil
end

-- Deletes while it walks.
function roles.walk()
	local seen = 0
	for key, value in pairs(t) do
		if key:find("^fixed") then
			seen = seen + 1
		elseif key:find("^k") then
			assert(is_whole(value), "a value was damaged")
			if linux.random(1, 4) == 1 then
				t[key] = nil
			end
		end
	end
	assert(seen == 16, "an entry that was there all the time was not seen exactly once")
	assert(t.sum >= 0 and counter:sum() >= 0 and histogram:count() >= 0)
end

-- Replaces a table that hooks read.
function roles.replace()
	local inner = rcu.table(4)
	inner.number = linux.random(1, 1000)
	inner.same = inner.number
	t.inner = inner
	if linux.random(1, 10) == 1 then
		t.inner = nil
	end
end

return function()
	while not t.go and not thread.shouldstop() do
		linux.schedule(5)
	end
	local rounds = 0
	while not t.stop and not thread.shouldstop() do
		for _ = 1, 20 do
			roles[role]()
		end
		rounds = rounds + 20
		-- A host that takes the processor away from who has the lock of the table makes a hook wait for longer than its
		-- limit, so the lock must not always be taken.
		linux.schedule(1)
	end
	t["counted." .. name], t["exchanged." .. name], t["rounds." .. name] = counted, exchanged, rounds
end
