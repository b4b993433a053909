-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Several kinds of work that check their own results, for interrupts.

local work = {}

function work.allocate()
	local list, sum = nil, 0
	for i = 1, 200 do
		list = { next = list, value = i, text = ("%d"):format(i) }
	end
	while list do
		assert(list.text == tostring(list.value), "damaged")
		sum = sum + list.value
		list = list.next
	end
	assert(sum == 20100, "lost")
end

function work.collect()
	local weak = setmetatable({}, { __mode = "k" })
	local kept = {}
	for i = 1, 50 do
		kept[i] = setmetatable({}, { __gc = function() end })
		weak[kept[i]] = i
	end
	collectgarbage("step")
	for i = 1, 50 do
		assert(weak[kept[i]] == i, "lost")
	end
end

function work.yield()
	local sum = 0
	for i in
		coroutine.wrap(function()
			for i = 1, 50 do
				coroutine.yield(i)
			end
		end)
	do
		sum = sum + i
	end
	assert(sum == 1275, "lost")
end

function work.raise()
	local caught = 0
	for i = 1, 50 do
		local ok, err = pcall(function()
			local _ <close> = setmetatable({}, {
				__close = function()
					caught = caught + 1
				end,
			})
			error({ i })
		end)
		assert(not ok)
		if type(err) == "table" then
			assert(err[1] == i, "another error")
		else
			error(err, 0)
		end
	end
	assert(caught == 50, "not closed")
end

function work.text()
	local text = ("abc"):rep(50)
	local replaced = text:gsub("b", function(c)
		return c:upper()
	end)
	assert(replaced == ("aBc"):rep(50), "damaged")
	local list = {}
	for i = 1, 50 do
		list[i] = (i * 7919) % 101
	end
	table.sort(list, function(a, b)
		return a < b
	end)
	for i = 2, 50 do
		assert(list[i - 1] <= list[i], "not sorted")
	end
end

return work
