-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The scheduler of an actor's fibers. The chunk gets the native core and the part `errors`, and returns the functions
-- that the other parts share.
--
-- A fiber is a table. The main fiber has no coroutine: when it blocks, the loop runs inside its call until its turn
-- comes. Every other fiber is a coroutine (`fiber.thread`) that yields to the loop.
--
-- A suspending function begins with `point()`, starts its operation, and calls `block(cancel)`. Whoever completes the
-- operation calls `wake(fiber, err, value)`: `block` raises `err` if it is not nil, and otherwise returns `value`.
-- `cancel(fiber)` is called when the fiber is interrupted. It undoes the operation and returns true, or returns false
-- if the operation has completed or is about to; then the fiber's next point raises the interruption. Without
-- `cancel`, the wait cannot be interrupted. If `fiber.is_stubborn` is true, only a stop of the actor interrupts the
-- wait.
--
-- Fields of a fiber that other parts use: `id`; `depth`, the number of cleanup scopes around the running code;
-- `alert`, true if the next point must raise an error; and what spawning.lua and interruption.lua say.

local core, errors = ...
local is_inside, recv, suspend = core.is_inside, core.recv, core.suspend
local cancel_timer, set_timer = core.cancel, core.timer
local resume, yield = coroutine.resume, coroutine.yield
local collectgarbage, error, pcall, type = collectgarbage, error, pcall, type

local TIMER <const> = 4

local main = { id = 1, depth = 0, blocked = false, cancel = false, receipt = 0, next = nil, err = nil, value = nil }
-- Stands for the loop: finalizers may run there, but nothing may suspend. If an error leaves the loop, which only
-- happens for lack of memory, it still seems to run.
local nobody = { id = 0, depth = 0, alert = true, forbids = 1 }

-- `running` is the fiber that runs, `count` the number of fibers that have not ended, main excluded.
local fibers = {
	main = main,
	running = main,
	nobody = nobody,
	count = 0,
	timers = {},
	pcall = pcall,
	-- The native functions of coroutines: the actor replaces the global ones, as it does with `pcall`.
	native = {
		close = coroutine.close,
		create = coroutine.create,
		isyieldable = coroutine.isyieldable,
		resume = resume,
		running = coroutine.running,
		status = coroutine.status,
		wrap = coroutine.wrap,
		yield = yield,
	},
	-- Room for what is added below, and later: a table that grows leaves pieces of memory behind.
	on_event = nil,
	part = nil,
	point = nil,
	point_uninterruptible = nil,
	push = nil,
	wake = nil,
	hold = nil,
	release = nil,
	fail = nil,
	set_timer = nil,
	unset_timer = nil,
	park = nil,
	block = nil,
	pass = nil,
	stop_main = nil,
	end_main = nil,
	run_to_end = nil,
	on_stopped = nil,
	receiver = nil,
	ran = nil,
	all = nil,
	stacks = nil,
	leave_scopes = nil,
	is_stopping = nil,
	fatal = nil,
	yielded = nil,
}
local native = fibers.native

local parts = {}

-- Returns the part of this name, and loads it when it is first used.
function fibers.part(name)
	local part = parts[name]
	if part == nil then
		part = core.part(name)(fibers, errors, core)
		parts[name] = part
	end
	return part
end

-- Points --------------------------------------------------------------------------------------------------

-- Raises what `alert` stands for. An interruption is ignored if `only_forbid` is true.
local function alarm(fiber, only_forbid)
	if fiber.forbids then
		error(errors.core("forbid_suspend_block"), 0)
	elseif not only_forbid then
		if fiber == main then
			fibers.stop_main()
		end
		error(errors.core("interrupted"), 0)
	end
end

-- The error is for the caller of the suspending function.
local function cannot_suspend()
	error("attempt to yield across" .. " a C-call boundary", 4)
end

-- Begins a suspending function. Raises an error if the running code must not or cannot suspend, or if its fiber was
-- interrupted: the function is an interruption point unless `only_forbid` is true.
local function point(only_forbid)
	local fiber = fibers.running
	-- These fields exist from here on. So nothing that follows an operation's beginning needs memory.
	fiber.blocked, fiber.cancel = false, false
	if fiber.alert then
		alarm(fiber, only_forbid)
	end
	local thread = fiber.thread
	if thread then
		local inside = is_inside(thread)
		if inside == nil then
			cannot_suspend()
		end
		fiber.is_inside = inside
	end
end
fibers.point = point

function fibers.point_uninterruptible()
	return point(true)
end

-- What is ready ----------------------------------------------------------------------------------------------

-- Fibers whose turn comes, linked by `next`.
local first, last
-- The last fiber that was ready when the loop looked for events, and whether that fiber has had its turn since: so the
-- loop looks again after each fiber has run once.
local mark
local is_due = true
-- Operations that will complete.
local holds = 0
-- Why the actor ends, in a table.
local fatal

-- Gives a fiber a turn after all that are ready.
local function push(fiber)
	if last then
		last.next = fiber
	else
		first = fiber
	end
	last = fiber
end
fibers.push = push

-- Makes a blocked fiber ready. Returns false if it is not blocked.
local function wake(fiber, err, value)
	if not fiber.blocked then
		return false
	end
	fiber.blocked, fiber.err, fiber.value = false, err, value
	push(fiber)
	return true
end
fibers.wake = wake

-- An operation has begun that will complete, and keeps the actor alive until `release` is called.
function fibers.hold()
	holds = holds + 1
end

function fibers.release()
	holds = holds - 1
end

-- Ends the actor with an error that no function in it catches.
function fibers.fail(err)
	fatal = fatal or { err }
	fibers.fatal = fatal
	error(fatal[1], 0)
end

-- To be called by what catches an error that was raised in a call which `fiber` has begun. Raises it if it ends the
-- actor.
function fibers.check_error(fiber, err)
	if fatal then
		error(fatal[1], 0)
	elseif fibers.running == nobody and fiber ~= nobody then
		fibers.fail(err)
	end
end

-- Events ------------------------------------------------------------------------------------------------------

local timers = fibers.timers

-- Wakes a fiber, or calls a function, after so many nanoseconds. Returns what `unset_timer` needs.
function fibers.set_timer(ns, what)
	local at, number = set_timer(ns)
	timers[number] = what
	holds = holds + 1
	return at, number
end

-- Returns false if the time was up before.
function fibers.unset_timer(at, number)
	if not cancel_timer(at, number) then
		return false
	end
	timers[number] = nil
	holds = holds - 1
	return true
end

-- The handlers of events, by kind.
local on_event = {
	[TIMER] = function(number)
		local what = timers[number]
		if what then
			timers[number] = nil
			holds = holds - 1
			if type(what) == "function" then
				what()
			elseif what.timer == number then
				wake(what)
			end
		end
	end,
}
fibers.on_event = on_event

-- Handles what `recv` has returned. Returns whether it was an event.
local function handle(kind, a, b, c)
	if kind then
		on_event[kind](a, b, c)
		return true
	end
end

-- Handles the events that are there. Other runtimes get a turn if a fiber has yielded.
local function look()
	if fibers.yielded then
		fibers.yielded = nil
		core.give_way()
	end
	while handle(recv(fibers.receiver ~= nil, true)) do
	end
	mark, is_due = last, false
end

-- Whether garbage keeps something back that wakes a fiber, for example a promise. What a finalizer lets go is found by
-- the second collection.
local function collect()
	for _ = 1, 2 do
		collectgarbage()
		if first or holds > 0 then
			return true
		end
	end
	return false
end

-- Runs fibers until it is the turn of `awaited`. Returns false if no work is left and nothing can wake it. After a
-- stop of the actor, the main fiber has its turn when the others have ended.
local function loop(awaited)
	local is_last
	fibers.running = nobody
	while true do
		if fatal then
			error(fatal[1], 0)
		elseif is_last and (fibers.count == 0 or not first and holds <= 0) then
			fibers.running = awaited
			return true
		elseif first then
			if is_due then
				look()
			end
			local fiber = first
			is_due = fiber == mark or mark == nil
			first = fiber.next
			if first then
				fiber.next = nil
			else
				last = nil
			end
			if fiber ~= awaited then
				fibers.running = fiber
				fibers.ran(fiber, resume(fiber.thread, fiber))
			elseif fibers.is_stopping and fibers.count > 0 then
				is_last = true
			else
				fibers.running = fiber
				return true
			end
		elseif holds > 0 then
			handle(recv(fibers.receiver ~= nil))
			mark, is_due = last, false
		elseif not awaited and fibers.count == 0 or not collect() then
			return false
		end
	end
end

-- Blocking -------------------------------------------------------------------------------------------------

local DEADLOCK <const> = "possible deadlock:"

-- Lets the other fibers run until it is the turn of this one, which runs now.
local function switch(fiber)
	local thread = fiber.thread
	if not thread then
		if not loop(fiber) then
			fibers.fail(DEADLOCK .. " nothing can wake the main fiber")
		end
	elseif fiber.is_inside then
		suspend(thread)
	else
		yield()
	end
end

-- As `block`, but returns the error and the value.
local function park(cancel)
	local fiber = fibers.running
	fiber.cancel, fiber.blocked = cancel or false, true
	switch(fiber)
	local err, value = fiber.err, fiber.value
	fiber.err, fiber.value = nil, nil
	if fibers.is_stopping and fiber == main and err ~= nil then
		fibers.stop_main()
	end
	return err, value
end
fibers.park = park

-- Blocks the running fiber until it is woken, and returns the value, or raises the error, that it is woken with.
function fibers.block(cancel)
	local err, value = park(cancel)
	if err ~= nil then
		error(err, 0)
	end
	return value
end

-- Gives the running fiber another turn, after all that are ready; other runtimes get one, too.
function fibers.pass()
	local fiber = fibers.running
	fibers.yielded = true
	push(fiber)
	switch(fiber)
end

-- The end -----------------------------------------------------------------------------------------------------

local main_thread = native.running()

-- The main fiber is to raise the interruption that ends it: lets the others end first, and then runs the handlers of
-- its scopes.
function fibers.stop_main()
	if fibers.count > 0 then
		push(main)
		switch(main)
	end
	if fibers.leave_scopes then
		fibers.leave_scopes(0, main_thread)
	end
	fibers.on_stopped()
end

-- Runs the handlers of the main fiber's root scope. To be called when its code has ended without an error, or because
-- the actor is being stopped (`is_stopping`).
function fibers.end_main()
	if fibers.leave_scopes then
		fibers.leave_scopes(0)
	end
end

-- Runs the other fibers, after the main fiber has ended, until no work is left.
function fibers.run_to_end()
	loop()
	if fibers.is_stopping then
		fibers.on_stopped()
	end
	if fibers.count > 0 then
		core.log(("%s nothing can wake %d of the fibers"):format(DEADLOCK, fibers.count))
	end
end

return fibers
