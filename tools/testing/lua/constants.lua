-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The constants of the module linux. The argument is the folder of the tests.

local check = dofile(select(1, ...) .. "/lib/check.lua")
local same, gives = check.same, check.gives
local linux = require("linux")
local atomically = require("lunatik.testing").atomically

-- Numbers that the interface to user space fixes, one for each table.
local KNOWN = {
	["linux.eth"] = { "IP", 0x0800 },
	["linux.nf.action"] = { "ACCEPT", 1 },
	["linux.nf.arp"] = { "FORWARD", 2 },
	["linux.nf.br"] = { "FORWARD", 2 },
	["linux.nf.br.pri"] = { "FILTER_BRIDGED", -200 },
	["linux.nf.ct.dir"] = { "REPLY", 1 },
	["linux.nf.ct.info"] = { "UNTRACKED", 7 },
	["linux.nf.ct.status"] = { "CONFIRMED", 8 },
	["linux.nf.ct.tcp"] = { "SYN_SENT2", 9 },
	["linux.nf.inet"] = { "LOCAL_OUT", 3 },
	["linux.nf.ip.pri"] = { "FIRST", -2147483648 },
	["linux.nf.ip6.pri"] = { "CONNTRACK", -200 },
	["linux.nf.netdev"] = { "EGRESS", 1 },
	["linux.nf.proto"] = { "INET", 1 },
	["linux.socket.ipproto"] = { "UDP", 17 },
	["linux.stat"] = { "IRUGO", tonumber("444", 8) },
}

local function name_of(tbl)
	return (tostring(tbl):gsub(": .*", ""))
end
-- All tables below one, by name.
local function collect(tbl, tables)
	tables[name_of(tbl)] = tbl
	for _, value in pairs(tbl) do
		if type(value) == "userdata" then
			collect(value, tables)
		end
	end
	return tables
end
local tables = {}
for _, module in ipairs({ "eth", "nf", "socket", "stat" }) do
	check.ok("linux." .. module .. " is what require gives", rawequal(require("linux." .. module), linux[module]))
	collect(linux[module], tables)
end

local numbers = 0
for path, tbl in pairs(tables) do
	local last, sorted, found = nil, true, true
	for name, value in pairs(tbl) do
		sorted = sorted and (last == nil or last < name)
		last = name
		-- Once from the kernel's table, once from the cache.
		found = found and rawequal(tbl[name], value) and rawequal(tbl[name], value)
		found = found and (type(value) == "userdata" or math.type(value) == "integer")
		numbers = numbers + (type(value) == "userdata" and 0 or 1)
	end
	check.ok(path .. ": pairs gives the names in order", sorted and last ~= nil)
	check.ok(path .. ": each is found", found)
	check.raises(path .. ": an assignment", "the constants in " .. path .. " cannot be changed", function()
		tbl[last] = 0
	end)
	if KNOWN[path] then
		same(path .. "." .. KNOWN[path][1], tbl[KNOWN[path][1]], KNOWN[path][2])
		KNOWN[path] = nil
	end
end
same("there is nothing that was to be found", next(KNOWN), nil)
check.ok("there are many", numbers > 250, numbers)

local nf = linux.nf
same("what does not exist is nil", nf.inet.NOWHERE, nil)
same("so is what is no name", nf.inet[3], nil)
same("a prefix is no name", nf.inet.LOCAL, nil)
same("hooks are not priorities", nf.br.PRI_NAT_SRC, nil)
same("verdicts are not families", nf.action.ARP, nil)
check.raises("a new name", "the constants in linux.nf cannot be changed", function()
	nf.new = 1
end)
same("and it was not made", nf.new, nil)
check.raises("rawset", "table expected", rawset, nf, "inet", 1)
same("the metatable is hidden", getmetatable(nf), false)
gives("select(2, pcall(require('linux').nf))", "attempt to call a linux.nf value")
check.raises("next for an unknown name", "there is no such constant", (pairs(nf)), nf, "unknown")
check.raises("next for something else", "table of constants expected, got number", (pairs(nf)), 1)
check.raises("next for another object", "table of constants expected, got userdata", (pairs(nf)), io.stdout)

-- Where nothing may sleep: tables that were used before, and those that were not.
package.loaded["linux.nf"], package.loaded.linux = nil, nil
same("it is the same after it was loaded again", require("linux.nf"), nf)
local child <close> = require("lunatik").runtime("suite_constants")
same("first used in atomic context", child:resume(), "2 -100 17 5")
check.raises("a change in atomic context", "the constants in linux.nf.inet cannot be changed", atomically, function()
	nf.inet.LOCAL_OUT = 1
end)
same("pairs in atomic context", atomically(function()
	local count = 0
	for _ in pairs(nf.netdev) do
		count = count + 1
	end
	return count
end), 3)
