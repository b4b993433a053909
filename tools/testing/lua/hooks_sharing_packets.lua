-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A script whose hook counts each packet in everything that hooks and processes share, and reads and writes a table
-- that others write, too. See hooks_sharing_process.lua. When it is resumed, it says what it has counted. A hook that
-- was disabled, because its processor had other things to do, goes on then.
-- usage: NAME

local name = ...
local netfilter, rcu, percpu = require("netfilter"), require("rcu"), require("percpu")
local INET <const>, LOCAL_IN <const>, ACCEPT <const> = 1, 1, 1
local t = require("lunatik")._ENV["suite.shared"]
local counter, histogram = percpu.counter("suite.packets"), percpu.histogram("suite.packets.mod")
local add, cas = rcu.add, rcu.cas

local numbers, keys, texts = "n." .. name, {}, {}
for i = 0, 63 do
	keys[i] = "k" .. i
	texts[i] = ("%d:"):format(i):rep(i % 20 + 1)
end
local function is_whole(text)
	local n = text:match("^(%d+):")
	return n and text == texts[tonumber(n)]
end

local packets, tries, lost_races = 0, 0, 0
local registered = netfilter.register({
	pf = INET,
	hooknum = LOCAL_IN,
	priority = 0,
	name = name,
	hook = function()
		packets = packets + 1
		counter:add()
		histogram:add(packets % 64)
		add(t, "sum", 1)
		t[numbers] = packets
		for _ = 1, 100 do
			tries = tries + 1
			local old = t.cas
			if cas(t, "cas", old, old + 1) then
				break
			end
			lost_races = lost_races + 1
		end
		-- Keys come and go, for both sides.
		local i = packets % 64
		if packets % 3 == 0 then
			t[keys[i]] = nil
		else
			t[keys[i]] = texts[i]
		end
		local text = t[keys[packets * 7 % 64]]
		if text and not is_whole(text) then
			add(t, "damaged", 1)
		end
		-- A table that processes replace.
		local inner = t.inner
		local number = inner and inner.number
		if number and inner.same ~= number then
			add(t, "damaged", 1)
		end
		return ACCEPT
	end,
})

return function()
	local stats = registered:stats()
	t["failures." .. name] = stats.failures
	t["runs." .. name] = stats.runs
	t["missed." .. name] = stats.missed
	t["races." .. name] = lost_races
	t["counted." .. name] = packets
	t["exchanged." .. name] = tries - lost_races
	registered:enable(true)
end
