-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks the differences between Lua in the kernel and Lua in user space. The argument is the folder tools/testing.

local check = dofile((...) .. "/lib/check.lua")
local gives, refused, same = check.gives, check.refused, check.same

gives("os.exit, os.execute, io.popen, package.loadlib", "nil nil nil nil")
gives("io.read(), io.read('n'), io.stdin:read('a')", "nil nil ")
gives("os.date('%H:%M', 3600), os.date('%Z', 0) == 'UTC' or os.date('%Z', 0) == 'GMT'", "01:00 true")

-- No conversion of strings to numbers accepts numerals that are longer than 64 KiB.
local longest, longer = ("0"):rep(65535) .. "1", ("0"):rep(65536) .. "1"
for name, convert in pairs({
	tonumber = tonumber,
	["a sum"] = load("return (...) + 0"),
	["a quotient"] = load("return (...) // 1"),
	["minus"] = load("return - - ..."),
	["math.floor"] = math.floor,
	["string.rep"] = load("return #('x'):rep(...)"),
}) do
	local good, result = pcall(convert, longest)
	check.ok(name .. " takes a numeral of 64 KiB", good and result == 1, result)
	good, result = pcall(convert, longer)
	check.ok(name .. " takes none that is longer", not good or result == nil, result)
end

-- Yielding the processor.
gives("require('linux').schedule()", "0")
gives("coroutine.wrap(function() return require('linux').schedule(nil) end)()", "0")
do
	local schedule, ktime = require("linux").schedule, require("linux").ktime
	local begun = ktime()
	for _ = 1, 1000 do
		schedule()
	end
	check.ok("linux.schedule() returns soon, again and again", ktime() - begun < 60 * 10 ^ 9, ktime() - begun)
end

-- Binary chunks, through every function that could load them.
local binary = string.dump(function()
	return 1
end)
same("string.dump gives a binary chunk", binary:sub(1, 4), "\27Lua")
for _, mode in ipairs({ "bt", "b", "default" }) do
	local good, err = load(binary, "binary", mode ~= "default" and mode or nil)
	check.ok("load refuses a binary chunk in mode " .. mode, good == nil and tostring(err):find("binary", 1, true), err)
end
local given = false
local from_function, why = load(function()
	if not given then
		given = true
		return binary
	end
end)
check.ok(
	"load refuses a binary chunk that comes in pieces",
	from_function == nil and tostring(why):find("binary", 1, true),
	why
)

local path = os.tmpname()
local file = assert(io.open(path, "wb"))
file:write(binary)
file:close()
local from_file, reason = loadfile(path)
check.ok("loadfile refuses a binary chunk", from_file == nil and tostring(reason):find("binary", 1, true), reason)
local in_mode_b, reason_b = loadfile(path, "b")
check.ok(
	"loadfile refuses a binary chunk in mode b",
	in_mode_b == nil and tostring(reason_b):find("binary", 1, true),
	reason_b
)
check.raises("dofile refuses a binary chunk", "binary", dofile, path)
package.path = path .. ";" .. package.path
check.raises("require refuses a binary chunk", "binary", require, "binary_chunk")
os.remove(path)

-- The identity of an object is not its address.
local identities, ended_as_addresses = {}, true
local objects = { print, string.rep, coroutine.create(print), io.stdout, check.ok }
for i = #objects + 1, 1000 do
	objects[i] = { i }
end
for _, object in ipairs(objects) do
	local identity = ("%p"):format(object)
	identities[identity] = true
	local number = math.tointeger(identity)
	ended_as_addresses = ended_as_addresses and number & 7 == 0
	if number < 0 or number >= 1 << 48 then
		ended_as_addresses = true
		break
	end
end
local count = 0
for _ in pairs(identities) do
	count = count + 1
end
same("each of 1000 objects has an identity of its own", count, 1000)
check.ok("which is no address of the kernel", not ended_as_addresses)
same("it stays the same", tostring(objects[10]), tostring(objects[10]))
same("and is that of %p", tostring(objects[10]), ("table: %p"):format(objects[10]))
same("files have one, too", tostring(io.stdout), tostring(io.stdout))
same("what is no object has none", ("%p"):format(1), "(null)")

-- require.
-- Removes the folder of this script from the start of the path.
package.path = package.path:match("/lib/modules/lua/.*$")
same("require looks under /lib/modules/lua", package.path, "/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua")
for _, name in ipairs({ "lunatik", "lunatik.runner", "thread", "rcu", "linux", "device" }) do
	check.ok("require finds the built-in module " .. name, pcall(require, name))
end
check.ok("a built-in module goes before a file of its name", type(require("linux").ktime) == "function")
refused("require('no.such.module')", "no file '/lib/modules/lua/no/such/module.lua'")

-- linux.
local linux = require("linux")
local seen = {}
for _ = 1, 200 do
	seen[linux.random(3)] = true
end
check.ok("linux.random(3) gives 1, 2 and 3", seen[1] and seen[2] and seen[3] and not seen[0] and not seen[4])
check.ok(
	"linux.random(m, n) stays in the closed range",
	(function()
		for _ = 1, 200 do
			local value = linux.random(-2, 2)
			if value < -2 or value > 2 then
				return false
			end
		end
		return linux.random(7, 7) == 7
	end)()
)
check.ok(
	"linux.random covers the whole range of integers",
	math.type(linux.random(math.mininteger, math.maxinteger)) == "integer"
)
check.ok("linux.random() gives 64 bits", math.type(linux.random()) == "integer" and linux.random() ~= linux.random())
check.raises("linux.random refuses an empty range", "bad argument", linux.random, 2, 1)
local before = linux.ktime()
local left = linux.schedule(20)
local slept = linux.ktime() - before
check.ok(
	"linux.schedule(20) sleeps 20 ms and has nothing left",
	left == 0 and slept >= 19000000,
	left .. " left after " .. slept
)
check.ok("linux.time is the wall clock in ns", math.abs(linux.time() // 1000000000 - os.time()) <= 1)
same("linux.difftime subtracts", linux.difftime(5, 3), 2)
check.ok(
	"linux.cpu is below linux.numcpus",
	linux.cpu() >= 0 and linux.cpu() < linux.numcpus() and linux.numcpus() >= 1
)
same("linux.errname names an error", linux.errname(2), "ENOENT")
gives(
	"require('linux').stat.IRUGO, require('linux').stat.IWUSR",
	("%d %d"):format(tonumber("444", 8), tonumber("200", 8))
)
