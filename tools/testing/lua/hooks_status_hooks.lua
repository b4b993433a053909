-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The hooks of the suite hooks_status, which tests call in each context. With arguments: one hook, and the name of
-- another script's hook that it calls from inside, if there is one.

local linux, testing = require("linux"), require("lunatik.testing")

local name, inner = ...
if name then
	testing.hook(name, function()
		testing.fire_inner()
		return 1
	end, inner)
	return
end

testing.hook("good", function()
	return 1
end)
testing.hook("none", function() end)
testing.hook("fails", function()
	error("no")
end)
testing.hook("again", function()
	return testing.fire_again() and 0 or 1
end)
for i = 1, 8 do
	testing.hook("loop" .. i, function()
		while true do
		end
	end)
end

-- Fails at one place, and then takes too long at another one.
local has_failed = false
testing.hook("mixed", function()
	if not has_failed then
		has_failed = true
		error("once") -- The first place.
	end
	while true do -- The other place.
	end
end)

-- Takes half a millisecond, which is no over-run. The first call, whose time nobody takes, is over at once.
local begins = true
testing.hook("slow", function()
	local begun = begins and 0 or linux.ktime()
	begins = false
	while linux.ktime() - begun < 500000 do
	end
	error("slow") -- The place of slow.
end)

-- The place of such an error is only in its traceback.
for i = 1, 3 do
	testing.hook("row" .. i, function()
		error({}) -- The place of rows.
	end)
end
testing.hook("nothing", function() end)
local count = 0
testing.hook("mostly", function()
	count = count + 1
	return count % 600 == 0 and 1 or error({})
end)

-- An error that has no traceback comes after one that has.
local is_first = true
testing.hook("memory", function()
	if is_first then
		is_first = false
		error("with a traceback")
	end
	return #("x"):rep(1 << 20)
end)

-- 4 KiB of output are kept.
testing.hook("prints", function()
	for _ = 1, 100 do
		print(("x"):rep(99))
	end
	return 1
end)
