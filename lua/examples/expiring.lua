-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of sni_filter.lua and port_knocker.lua: values that expire, in a table of bounded size that all runtimes
-- share.
--
-- Packets choose the keys, and nobody goes through a table in a hook to clean it up. So a key does not get an entry of
-- its own: it has one of a fixed number of places, by a hash with a random seed. A place belongs to its key until the
-- value expires.

local linux = require("linux")
local rcu = require("rcu")

local Expiring = {}
Expiring.__index = Expiring

local function place(self, key)
	local hash = self.seed
	for at = 1, #key - 3, 4 do
		hash = (hash ~ ("<I4"):unpack(key, at)) * 0x9e3779b97f4a7c15
		hash = hash ~ hash >> 32
	end
	return ("<I2"):pack(hash % self.places)
end

-- Returns the value of a key, nil if there is none, or false if the place belongs to another key. The second result is
-- for `put`.
function Expiring:get(key)
	local entry = self.table[place(self, key)]
	if not entry then
		return nil
	end
	local expires, owner, at = ("<i8s1"):unpack(entry)
	if expires < linux.ktime() then
		return nil, entry
	end
	return owner == key and entry:sub(at), entry
end

-- Sets the value of a key, a string, for some seconds; nil removes it. Returns false if the place has changed since
-- `get`: another CPU has been faster.
function Expiring:put(key, entry, value, seconds)
	local new = value and ("<i8s1"):pack(linux.ktime() + seconds * 1000000000, key) .. value
	return rcu.cas(self.table, place(self, key), entry, new)
end

-- Makes a table, or finds the one with that name. Keys are strings of up to 255 bytes, of whose length 4 is a divisor.
return function(name, places)
	local shared = require("lunatik")._ENV
	rcu.cas(shared, name, nil, rcu.table(places))
	local self = setmetatable({ table = shared[name], places = places }, Expiring)
	-- All runtimes use the seed of the first.
	rcu.cas(self.table, "seed", nil, linux.random())
	self.seed = self.table.seed
	return self
end
