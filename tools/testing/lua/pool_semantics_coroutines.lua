-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of pool_semantics.lua: coroutines.

local common = ...
local gives, resumed, main, wait = common.gives, common.resumed, common.main, common.wait
local unpack, pack = table.unpack, table.pack

gives("a coroutine", "dead true 1 2", resumed, wait, 1, 2)
gives("one that fails", "dead false x", resumed, function()
	wait()
	error(wait("x"), 0)
end)
gives("one that yields", "true 1 suspended true 2 30 dead false cannot resume dead coroutine", function()
	local thread = coroutine.create(function(a)
		local b = coroutine.yield(wait(a))
		wait()
		return wait(2, b)
	end)
	local got = { coroutine.resume(thread, 1) }
	got[3] = coroutine.status(thread)
	got[4], got[5], got[6] = coroutine.resume(thread, 30)
	got[7] = coroutine.status(thread)
	got[8], got[9] = coroutine.resume(thread)
	return unpack(got, 1, 9)
end)
gives("states within", "normal normal running false true cannot resume non-suspended coroutine", function()
	local outer
	outer = coroutine.create(function()
		return coroutine.wrap(function()
			wait()
			local me = coroutine.running()
			return coroutine.status(main),
				coroutine.status(outer),
				coroutine.status(me),
				select(2, coroutine.running()),
				coroutine.isyieldable(),
				select(2, coroutine.resume(main))
		end)()
	end)
	return select(2, coroutine.resume(outer))
end)
gives("ten coroutines in coroutines", "10 11 1 2 3", function()
	local function nested(n)
		if n == 0 then
			return wait(0), wait(1, 1, 2, 3)
		end
		local run = n % 2 == 0 and coroutine.wrap(nested)
			or function(...)
				return select(2, coroutine.resume(coroutine.create(nested), ...))
			end
		local got = pack(run(n - 1))
		wait()
		return got[1] + wait(1), got[2] + 1, unpack(got, 3, got.n)
	end
	return nested(10)
end)
gives("coroutines that yield through others", "6 30", function()
	local inner = coroutine.wrap(function()
		for i = 1, 3 do
			coroutine.yield(wait(i))
		end
	end)
	local outer = coroutine.wrap(function()
		local sum = 0
		for _ = 1, 3 do
			sum = sum + inner()
			sum = sum + coroutine.yield(wait(sum)) * 0
		end
		return sum, wait(30)
	end)
	outer()
	outer(1)
	outer(1)
	return outer(1)
end)
gives("a coroutine that is closed", "true closed", function()
	local closed
	local thread = coroutine.create(function()
		local _ <close> = setmetatable({}, {
			__close = function()
				closed = wait("closed")
			end,
		})
		coroutine.yield(wait())
	end)
	coroutine.resume(thread)
	return coroutine.close(thread), closed
end)
gives("a coroutine that failed and is closed by wrap", "false x closed", function()
	local closed
	local good, err = pcall(coroutine.wrap(function()
		local _ <close> = setmetatable({}, {
			__close = function()
				closed = wait("closed")
			end,
		})
		wait()
		error("x", 0)
	end))
	return good, err, closed
end)
