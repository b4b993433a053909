-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Reaches the memory limit in every way and continues. Must be run with a limit of 8 MiB. The argument is the folder
-- tools/testing.

local check = dofile((...) .. "/lib/check.lua")

local function exhausts(name, fn)
	local good, err = pcall(fn)
	check.ok(
		name .. ' gives "not enough memory"',
		not good and tostring(err):find("not enough memory", 1, true),
		good and "no error" or err
	)
	collectgarbage()
	local used = collectgarbage("count")
	check.ok("and all of it comes back after " .. name, used < 2048, used .. " KiB are in use")
end

exhausts("string.rep of a terabyte", function()
	return ("x"):rep(1 << 40)
end)
exhausts("a string of 9 MiB", function()
	return ("x"):rep(9 << 20)
end)
exhausts("a string that doubles", function()
	local text = "x"
	while true do
		text = text .. text
	end
end)
exhausts("a table that grows", function()
	local t = {}
	while true do
		t[#t + 1] = #t
	end
end)
exhausts("a table of hashed keys", function()
	local t, i = {}, 0
	while true do
		i = i + 1.5
		t[i] = true
	end
end)
exhausts("tables in tables", function()
	local t = {}
	while true do
		t = { t }
	end
end)
exhausts("table.create of 2^30 slots", function()
	return table.create(1 << 30)
end)
exhausts("closures", function()
	local all = {}
	while true do
		local last = #all
		all[last + 1] = function()
			return last
		end
	end
end)
exhausts("coroutines", function()
	local all = {}
	while true do
		all[#all + 1] = coroutine.create(print)
	end
end)
exhausts("table.concat", function()
	local parts = {}
	for i = 1, 1000 do
		parts[i] = ("x"):rep(100)
	end
	return table.concat(parts, ("y"):rep(9000))
end)
exhausts("gsub", function()
	return (("x"):rep(1 << 20):gsub("x", ("y"):rep(100)))
end)
exhausts("load of a long text", function()
	return assert(load("return { " .. ("1.5, "):rep(800000) .. "}"))
end)
exhausts("a coroutine that overflows its memory", function()
	local good, err = coroutine.resume(coroutine.create(function()
		local t = {}
		while true do
			t[#t + 1] = {}
		end
	end))
	error(good and "no error" or err, 0)
end)
exhausts("a finalizer that needs memory", function()
	setmetatable({}, {
		__gc = function()
			return ("x"):rep(9 << 20)
		end,
	})
	collectgarbage()
	return ("x"):rep(9 << 20)
end)

check.ok(
	"long strings that are garbage make room for others",
	pcall(function()
		for _ = 1, 100 do
			local s = ("x"):rep(1 << 20)
			assert(#s:rep(3, ",") == (3 << 20) + 2 and #table.concat({ s, s, s }) == 3 << 20)
			assert(#s:gsub("x", "yy", 1) == (1 << 20) + 1 and #(s .. s) == 2 << 20)
		end
	end)
)
for round = 1, 200 do
	local good = pcall(string.rep, "x", 9 << 20)
	if good then
		check.ok("200 times in a row", false, "it fitted in round " .. round)
		break
	end
end
check.ok("many times in a row, and 4 MiB can still be had", #("x"):rep(4 << 20) == 4 << 20)

-- A query of a coroutine about the thread that waits for it needs memory, too. The two run on different stacks.
do
	local long = assert(load("local call = ...\n" .. ("x = 1\n"):rep(60000) .. "local result = call() return result"))
	local main = coroutine.running()
	local function deep(levels, call)
		if levels == 0 then
			return call()
		end
		local _ = ("x"):gsub("x", function()
			deep(levels - 1, call)
		end)
	end
	local failures, results
	local asks = coroutine.wrap(function()
		deep(20, function()
			local filled, size = {}, 1 << 20
			while size >= 1024 do
				local good, block = pcall(string.rep, "x", size)
				if good then
					filled[#filled + 1] = block
				else
					size = size // 2
				end
			end
			for _ = 1, 4 do
				filled[#filled] = nil
			end
			failures, results = 0, 0
			for level = 0, 5 do
				local good, result = pcall(debug.getinfo, main, level, "L")
				if good then
					results = results + 1
				elseif result == "not enough memory" then
					failures = failures + 1
				end
			end
		end)
		return "the coroutine"
	end)
	check.same("a coroutine without memory for what it asks goes on", long(asks), "the coroutine")
	check.same("it was told so where it asked, once", failures, 1)
	check.same("and told all else", results, 5)
end
