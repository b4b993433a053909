-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of sni_filter.lua and port_knocker.lua: values that expire, in a table of bounded size that all runtimes
-- share.
--
-- Packets choose the keys, and nobody goes through a table in a hook to clean it up. So a key does not get an entry of
-- its own: it gets one of four places, by a hash with a random seed. A place belongs to a key until the value expires.

local linux = require("linux")
local rcu = require("rcu")

local Expiring = {}
Expiring.__index = Expiring

local WAYS <const> = 4

-- The hash has 16 bits for each place.
local function hash(self, key)
	local bits = self.seed
	for at = 1, #key - 3, 4 do
		bits = (bits ~ ("<I4"):unpack(key, at)) * 0x9e3779b97f4a7c15
		bits = bits ~ bits >> 32
	end
	return bits
end

-- Returns the value of a key; nil if there is none; or false if other keys have its places. More results are for `put`.
function Expiring:get(key)
	local now, bits = linux.ktime(), hash(self, key)
	local free, old
	for _ = 1, WAYS do
		local place = ("<I2"):pack((bits & 0xffff) % self.places)
		bits = bits >> 16
		local entry, expires, owner, at = self.table[place], 0, nil, nil
		if entry then
			expires, owner, at = ("<i8s1"):unpack(entry)
		end
		if expires >= now and owner == key then
			return entry:sub(at), place, entry
		elseif expires < now and not free then
			free, old = place, entry
		end
	end
	if not free then
		return false
	end
	return nil, free, old
end

-- Sets the value of a key, a string, for some seconds; nil removes it. `place` and `old` are of `get`, where that has
-- not returned false. Returns false if another CPU has changed the place since.
function Expiring:put(key, value, seconds, place, old)
	local new = value and ("<i8s1"):pack(linux.ktime() + seconds * 1000000000, key) .. value
	return rcu.cas(self.table, place, old, new)
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
