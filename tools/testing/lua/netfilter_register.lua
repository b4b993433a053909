-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What netfilter.register takes and what it refuses, while the script is loaded.
-- usage: netfilter_register.lua FOLDER_OF_THE_TESTS, with the context softirq

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local netfilter, nf = require("netfilter"), require("linux.nf")

local function accept()
	return nf.action.ACCEPT
end

-- The fields of a hook that is good but for the changes.
local function fields(changes)
	local given = { hook = accept, pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_IN, priority = 100 }
	for name, value in pairs(changes or {}) do
		given[name] = value
	end
	return given
end

-- A value that stands for a missing field.
local NONE = {}

local function refused(what, text, changes)
	local given = fields(changes)
	for name, value in pairs(given) do
		if value == NONE then
			given[name] = nil
		end
	end
	local good, message = pcall(netfilter.register, given)
	check.same("register's fields: " .. what, (good and "no error: " or "") .. tostring(message), text)
end

-- The table.
for _, value in ipairs({ false, 1, "x", print }) do
	check.raises(
		"register's fields: no table but a " .. type(value),
		"bad argument #1 to 'netfilter.register' (table expected, got " .. type(value) .. ")",
		netfilter.register,
		value
	)
end
check.raises("register's fields: nothing", "table expected, got no value", netfilter.register)

-- Each field of another type.
local expected = { hook = "function", pf = "number", hooknum = "number", priority = "number" }
for name, kind in pairs(expected) do
	for _, value in ipairs({ NONE, true, "x", {}, "1" }) do
		local got = value == NONE and "nil" or type(value)
		refused(
			("%s is %s %s"):format(name, got, tostring(value == NONE and "" or value):gsub("0x%x+", "")),
			("bad field '%s' (%s expected, got %s)"):format(name, kind, got),
			{ [name] = value }
		)
	end
end
refused("hook is a number", "bad field 'hook' (function expected, got number)", { hook = 1 })
refused("hook is a table that can be called", "bad field 'hook' (function expected, got table)", {
	hook = setmetatable({}, { __call = accept }),
})
for _, name in ipairs({ "mark", "fallback" }) do
	refused(name .. " is a boolean", ("bad field '%s' (number expected, got boolean)"):format(name), { [name] = true })
	refused(name .. " is a string", ("bad field '%s' (number expected, got string)"):format(name), { [name] = "1" })
end
for _, name in ipairs({ "pf", "hooknum", "priority", "mark", "fallback" }) do
	refused(name .. " has a fraction", "number has no integer representation", { [name] = 1.5 })
end
check.ok("register's fields: a float with an integer value", netfilter.register(fields({ priority = 101.0 })))
refused("dev is a boolean", "bad field 'dev' (string expected, got boolean)", { dev = true })
refused("name is a number", "bad field 'name' (string expected, got number)", { name = 1 })
for _, name in ipairs({ "", ("x"):rep(65), "a b", "a\n", "a\0b", "\u{e4}" }) do
	refused(("name is %q"):format(name):gsub("[\n\\]", "?"), "bad field 'name' (1 to 64 visible characters expected)", {
		name = name,
	})
end

-- Verdicts for failures.
for _, verdict in ipairs({ 2, 4, 5, 6, -1, 1 << 32, 1 << 16 | 1, 1 << 16 }) do
	refused("fallback is " .. verdict, "bad field 'fallback' (ACCEPT or DROP expected)", { fallback = verdict })
end
for _, verdict in ipairs({ nf.action.QUEUE, nf.action.QUEUE | 1 << 16 }) do
	refused("fallback is a queue, " .. verdict, "bad field 'fallback' (ACCEPT or DROP expected)", { fallback = verdict })
end

-- Places that do not exist.
local nowhere = "failed to register netfilter hook"
for pf = -1, 20 do
	local known = {
		[nf.proto.INET] = 6,
		[nf.proto.IPV4] = 5,
		[nf.proto.IPV6] = 5,
		[nf.proto.ARP] = 3,
		[nf.proto.BRIDGE] = 6,
		[nf.proto.NETDEV] = 2,
	}
	local points = known[pf] or 0
	for _, point in ipairs({ points == 0 and 0 or -1, points, 7, 1 << 31, 1 << 32, math.maxinteger, math.mininteger }) do
		-- A device is told where the place would belong to one.
		local dev = (pf == nf.proto.NETDEV or (pf == nf.proto.INET and point == nf.inet.INGRESS)) and "lo" or nil
		refused(("pf %d, hooknum %d"):format(pf, point), nowhere, { pf = pf, hooknum = point, dev = dev })
	end
end
for _, number in ipairs({ 1 << 32, -1, math.maxinteger, math.mininteger }) do
	refused("pf is " .. number, nowhere, { pf = number })
end
for _, number in ipairs({ 1 << 31, -(1 << 31) - 1, math.maxinteger, math.mininteger }) do
	refused("priority is " .. number, nowhere, { priority = number })
end

-- Devices.
refused("a device where there is none", nowhere, { dev = "lo" })
refused("an index where there is no device", nowhere, { dev = 1 })
for _, point in ipairs({ nf.netdev.INGRESS, nf.netdev.EGRESS }) do
	refused("no device where there must be one, " .. point, nowhere, { pf = nf.proto.NETDEV, hooknum = point })
end
refused("no device at the ingress of inet", nowhere, { pf = nf.proto.INET, hooknum = nf.inet.INGRESS })
for _, dev in ipairs({ "", ("x"):rep(16), "lo\0", 0, -1, 1 << 32, math.mininteger }) do
	refused(("the device %q"):format(dev):gsub("\\0", "?"), "device not found", {
		pf = nf.proto.NETDEV,
		hooknum = nf.netdev.INGRESS,
		dev = dev,
	})
end
for _, dev in ipairs({ "none", 12345 }) do
	local good, message = pcall(
		netfilter.register,
		fields({ pf = nf.proto.NETDEV, hooknum = nf.netdev.INGRESS, dev = dev })
	)
	check.ok(
		("register's errors: the device %s does not exist"):format(dev),
		not good and tostring(message):find("ENODEV") or tostring(message):find("No such device"),
		message
	)
end

-- The same place twice.
local function twice(what, changes)
	check.ok("identity: " .. what, (netfilter.register(fields(changes))))
	local good, message = pcall(netfilter.register, fields(changes))
	check.ok("identity: again, " .. what, not good and tostring(message):find("EEXIST", 1, true), message)
end
twice("a hook", {})
twice("of another priority", { priority = -5 })
twice("the least priority", { priority = -(1 << 31) })
twice("the greatest priority", { priority = (1 << 31) - 1 })
twice("of another family", { pf = nf.proto.IPV6 })
twice("of both families", { pf = nf.proto.INET })
twice("at another point", { hooknum = nf.inet.LOCAL_OUT })
twice("for the mark 0", { mark = 0 })
twice("for a mark", { mark = 1 })
twice("for the greatest mark", { mark = 0xffffffff })
twice("of a device", { pf = nf.proto.NETDEV, hooknum = nf.netdev.INGRESS, dev = "lo" })
twice("that leaves a device", { pf = nf.proto.NETDEV, hooknum = nf.netdev.EGRESS, dev = "lo" })
twice("of a device, by its index", { pf = nf.proto.NETDEV, hooknum = nf.netdev.INGRESS, dev = 1, priority = 5 })
twice("of a device, for both families", { pf = nf.proto.INET, hooknum = nf.inet.INGRESS, dev = "lo" })
local good, message = pcall(netfilter.register, fields({ name = "other", fallback = nf.action.DROP }))
check.ok("identity: name and fallback do not count", not good and tostring(message):find("EEXIST", 1, true), message)

-- The object.
local hook = netfilter.register(fields({ priority = 7, name = ("n"):rep(64) }))
check.same("the object: its class", tostring(hook):match("^[%w.]+"), "netfilter.hook")
for _, figure in ipairs({ "runs", "failures", "overruns", "missed", "ns", "longest", "sent", "lost", "undelivered" }) do
	check.same("the object: nothing happened yet, " .. figure, hook:stats()[figure], 0)
end
for _, name in ipairs({ "stop", "unregister", "enable", "stats" }) do
	for _, wrong in ipairs({ false, 1, "x", {}, io and io or print }) do
		check.raises(
			("the object: %s of a %s"):format(name, type(wrong)),
			"netfilter.hook expected, got",
			hook[name],
			wrong
		)
	end
end
check.same("the object: stop returns nothing", select("#", hook:stop()), 0)
check.same("the object: it may be stopped twice", select("#", hook:unregister()), 0)
check.same("the object: it may be enabled then", select("#", hook:enable(true)), 0)
do
	local closed <close> = netfilter.register(fields({ priority = 8 }))
	check.ok("the object: a variable closes it", closed)
end

-- Too many.
local count = 0
repeat
	count = count + 1
	good, message = pcall(netfilter.register, fields({ priority = 1000 + count }))
until not good or count == 1000
check.same("register's errors: too many hooks", tostring(message), "netfilter.register: too many hooks")
check.ok("register's errors: there may be dozens of hooks", count > 30, count)
