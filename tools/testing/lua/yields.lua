-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Yields from each place where a yield is possible. The argument is the folder tools/testing.

local folder = ...
local check = dofile(folder .. "/lib/check.lua")
local deep = dofile(folder .. "/lib/deep.lua")
local ok, same = check.ok, check.same

local yield = coroutine.yield

-- Returns everything that `body` yields and returns when each yield gets back ten times the yielded value.
local function exchange(body, ...)
	local thread = coroutine.create(body)
	local out, value = {}, nil
	local good, result = coroutine.resume(thread, ...)
	while coroutine.status(thread) == "suspended" do
		value = tonumber(result)
		out[#out + 1] = tostring(result)
		good, result = coroutine.resume(thread, value and value * 10)
	end
	out[#out + 1] = (good and "" or "error ") .. tostring(result):gsub("^%S+:%d+: ", "")
	return table.concat(out, " ")
end

same(
	"a call in an expression",
	exchange(function()
		return yield(1) + yield(2)
	end),
	"1 2 30"
)
same(
	"a call as a statement",
	exchange(function()
		yield(1)
		yield(2)
		return 3
	end),
	"1 2 3"
)
same(
	"a tail call",
	exchange(function()
		return yield(4)
	end),
	"4 40"
)
same("the body is yield itself", exchange(yield, 5), "5 50")
same(
	"arguments of a call",
	exchange(function()
		return select("#", yield(1), yield(2), (yield(3)))
	end),
	"1 2 3 3"
)
same(
	"a table constructor",
	exchange(function()
		return #{ yield(1), yield(2), yield(3) }
	end),
	"1 2 3 3"
)
same(
	"all results of an open call",
	exchange(function()
		return select("#", yield(1))
	end),
	"1 1"
)
same(
	"a function of variable arguments",
	exchange(function(...)
		return (yield((...))) + select("#", ...)
	end, 3, nil),
	"3 32"
)
same(
	"deep in calls",
	exchange(function()
		return deep(100, function()
			return yield(7)
		end)
	end),
	"7 70"
)
same(
	"a condition",
	exchange(function()
		if yield(1) == 10 then
			return "yes"
		end
	end),
	"1 yes"
)
same(
	"a loop",
	exchange(function()
		local s = 0
		for i = 1, 4 do
			s = s + yield(i)
		end
		return s
	end),
	"1 2 3 4 100"
)
same(
	"pcall",
	exchange(function()
		return select(
			2,
			pcall(function()
				return yield(1) + 1
			end)
		)
	end),
	"1 11"
)
same(
	"pcall of yield",
	exchange(function()
		return select(2, pcall(yield, 6))
	end),
	"6 60"
)
same(
	"xpcall with a handler",
	exchange(function()
		return select(
			2,
			xpcall(function()
				error(yield(1), 0)
			end, function(e)
				return e + 1
			end)
		)
	end),
	"1 11"
)
same(
	"after an error in pcall",
	exchange(function()
		local value = yield(1)
		local _, message = pcall(error, value)
		return message + yield(2)
	end),
	"1 2 30"
)
same(
	"a loop around failing pcalls",
	exchange(function()
		local sum = 0
		for i = 1, 3 do
			local _, e = pcall(function()
				error(yield(i), 0)
			end)
			sum = sum + e
		end
		return sum + yield(9)
	end),
	"1 2 3 9 150"
)
same(
	"an error after a yield",
	exchange(function()
		error("late " .. yield(1))
	end),
	"1 error late 10"
)
same(
	"metamethods",
	exchange(function()
		local m = {
			__add = function()
				return yield(1)
			end,
			__index = function()
				return yield(2)
			end,
			__newindex = function()
				yield(3)
			end,
			__call = function(_, x)
				return yield(x)
			end,
			__eq = function()
				return yield(5) == 50
			end,
			__lt = function()
				return yield(6) == 60
			end,
			__concat = function()
				return yield(7)
			end,
			__len = function()
				return yield(8)
			end,
			__unm = function()
				return yield(9)
			end,
		}
		local a, b = setmetatable({}, m), setmetatable({}, m)
		a.x = 1
		return (a + 1) + a.field + a(4) + (a == b and 1 or 0) + (a < b and 1 or 0) + (a .. "") + #a + -a
	end),
	"3 1 2 4 5 6 7 8 9 312"
)
same(
	"__call = yield",
	exchange(function()
		return setmetatable({}, {
			__call = function(_, v)
				return yield(v)
			end,
		})(3)
	end),
	"3 30"
)
same(
	"__call is yield",
	exchange(function()
		return select("#", setmetatable({}, { __call = yield })(1, 2))
	end):gsub("table: %S+", "table"),
	"table 1"
)
same(
	"an iterator",
	exchange(function()
		local sum = 0
		for v in
			function(_, last)
				return yield((last or 0) + 1)
			end
		do
			sum = sum + v
			if v > 100 then
				break
			end
		end
		return sum
	end),
	"1 11 120"
)
same(
	"the iterator is yield",
	exchange(function()
		for a in yield, 3 do
			return a
		end
	end),
	"3 30"
)
same(
	"closing variables",
	exchange(function()
		local order = {}
		do
			local _ <close> = setmetatable({}, {
				__close = function()
					order[#order + 1] = yield(2)
				end,
			})
			order[#order + 1] = yield(1)
		end
		return table.concat(order, ",")
	end),
	"1 2 10,20"
)
same(
	"closing after an error",
	exchange(function()
		local seen
		pcall(function()
			local _ <close> = setmetatable({}, {
				__close = function(_, e)
					seen = e + yield(2)
				end,
			})
			error(yield(1), 0)
		end)
		return seen
	end),
	"1 2 30"
)
same(
	"coroutines in coroutines",
	exchange(function()
		local inner = coroutine.wrap(function()
			yield(1)
			yield(2)
			return 3
		end)
		return inner() + yield(inner()) + inner()
	end),
	"2 24"
)
same(
	"a hook that counts",
	exchange(function()
		local calls = 0
		debug.sethook(function()
			calls = calls + 1
		end, "crl", 1)
		local value = yield(1)
		debug.sethook()
		return calls > 3 and value
	end),
	"1 10"
)
same(
	"hooks of calls see each return",
	exchange(function()
		local returns = 0
		debug.sethook(function(event)
			if event == "return" and debug.getinfo(2, "f").func == yield then
				returns = returns + 1
			end
		end, "r")
		yield(1)
		yield(2)
		debug.sethook()
		return returns
	end),
	"1 2 2"
)
same(
	"no yield through a sort",
	exchange(function()
		return select(
			2,
			pcall(table.sort, { 3, 2, 1 }, function(a, b)
				return yield(a) < b
			end)
		)
	end),
	"attempt to yield across a C-call boundary"
)
same(
	"no yield through gsub",
	exchange(function()
		return select(
			2,
			pcall(string.gsub, "x", "x", function()
				return yield(1)
			end)
		)
	end),
	"attempt to yield across a C-call boundary"
)

local suspended = coroutine.create(function()
	local x = yield(1)
	return x
end)
coroutine.resume(suspended)
ok(
	"a traceback shows the yield",
	debug.traceback(suspended):find("'coroutine%.yield'") or debug.traceback(suspended):find("upvalue 'yield'")
)
same("and its local variables", debug.getinfo(suspended, 0, "S").what, "C")
ok("a suspended coroutine can be closed", coroutine.close(suspended) and coroutine.status(suspended) == "dead")

local generator = coroutine.wrap(function()
	for i = 1, 200000 do
		yield(i)
	end
end)
local total = 0
for _ = 1, 200000 do
	total = total + generator()
end
same("200,000 yields in a row", total, 200000 * 200001 // 2)

local threads = {}
for i = 1, 200 do
	threads[i] = coroutine.wrap(function()
		while true do
			collectgarbage("step")
			yield({ i })
		end
	end)
end
local sum = 0
for _ = 1, 5 do
	for i = 1, 200 do
		sum = sum + threads[i]()[1]
	end
end
same("yields and collections in turn", sum, 5 * 200 * 201 // 2)
