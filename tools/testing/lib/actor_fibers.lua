-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What the checks of fibers have in common. The arguments are the functions of check.lua and the folder tools/testing.

local check, folder = ...
local name_of = assert(loadfile(folder .. "/lib/actor_errors.lua"))()

local common = { name_of = name_of }

-- The name of the error that the function raises, as actor_errors.lua writes it; "no error" if it raises none.
function common.failure(fn, ...)
	local good, err = pcall(fn, ...)
	return good and "no error" or name_of(err)
end

-- Passes when the function raises the error of this name.
function common.fails(name, want, fn, ...)
	return check.same(name, common.failure(fn, ...), want)
end

-- Read and set a field.
function common.get(object, key)
	return object[key]
end

function common.set(object, key, value)
	object[key] = value
end

-- Lets the other fibers run until each waits, or has had some turns.
function common.turn()
	for _ = 1, 5 do
		this_fiber.yield()
	end
end

-- A list of steps. Call it with a step to add it.
function common.steps()
	return setmetatable({}, {
		__call = function(list, step)
			list[#list + 1] = tostring(step)
		end,
		__tostring = function(list)
			return table.concat(list, " ")
		end,
	})
end

-- Collects what is garbage; the second time, what finalizers have let go.
function common.collect()
	collectgarbage()
	collectgarbage()
end

-- Starts a fiber that calls the function, and returns the fiber and a function that waits for the end of the call and
-- returns the name of its error.
function common.calling(fn, ...)
	local arguments, got = table.pack(...), nil
	local fiber = spawn(function()
		got = common.failure(fn, table.unpack(arguments, 1, arguments.n))
	end)
	return fiber, function()
		fiber:join()
		return got
	end
end

return common
