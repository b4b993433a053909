-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- How a fiber suspends inside a coroutine of its script. The chunk gets the table `core`, adds `is_inside` and
-- `suspend` to it, and replaces functions of `coroutine`, all before the library takes them.
--
-- A coroutine that is to suspend together with its fiber yields MARK and the coroutine of the fiber. Whoever has
-- resumed it yields the same, until that coroutine has yielded to the loop. When the loop resumes it, each resumes
-- the next one inwards.

local core = ...
local coroutine = _G.coroutine
local close, isyieldable, resume = coroutine.close, coroutine.isyieldable, coroutine.resume
local running, status, yield = coroutine.running, coroutine.status, coroutine.yield
local error, setmetatable, type = error, setmetatable, type

local MARK <const> = {}

-- For each coroutine, who has resumed it last.
local outer = setmetatable({}, { __mode = "kv" })
-- Coroutines that wait with their fiber. For scripts they are "normal", and nobody may resume them.
local is_waiting = setmetatable({}, { __mode = "k" })

local function returned(thread, ...)
	local _, mark, target = ...
	if mark ~= MARK then
		return ...
	elseif target == thread then
		return true
	end
	is_waiting[thread] = true
	yield(MARK, target)
	is_waiting[thread] = nil
	return returned(thread, resume(thread))
end

function coroutine.resume(thread, ...)
	if type(thread) ~= "thread" then
		-- Raises an error.
		return resume(thread)
	elseif is_waiting[thread] then
		return false, "cannot resume non-suspended coroutine"
	elseif status(thread) == "suspended" then
		outer[thread] = running()
	end
	return returned(thread, resume(thread, ...))
end

function coroutine.status(thread)
	return is_waiting[thread] and "normal" or status(thread)
end

function coroutine.close(thread, ...)
	if is_waiting[thread] then
		error("cannot close a normal coroutine", 2)
	end
	return close(thread, ...)
end

-- Whether the running code runs in a coroutine that `thread` has resumed; nil, if one on the way cannot yield.
function core.is_inside(thread)
	if not isyieldable() then
		return nil
	end
	local inner = running()
	if inner == thread then
		return false
	end
	repeat
		inner = outer[inner]
		if not inner or not isyieldable(inner) then
			return nil
		end
	until inner == thread
	return true
end

-- Has `thread` yield to the loop, together with the coroutines that it has resumed.
function core.suspend(thread)
	yield(MARK, thread)
end
