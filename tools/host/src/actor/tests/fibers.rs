// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Fibers, their coroutines, and timers.

use lunatik_abi::codec::Token;

use super::kernel::{Got, Kernel};

#[test]
fn timers_and_messages_take_turns() {
    let kernel = Kernel::start(
        r#"
		local inbox, time = require("inbox"), require("time")
		local out = inbox:receive()
		local ticks = 0
		local ticker = spawn(function()
			while true do
				time.sleep(0.001)
				ticks = ticks + 1
				if ticks == 3 then out:send("ticked") end
			end
		end)
		local start = time.now()
		assert(inbox:receive() == "late")
		assert(ticks >= 3, ticks)
		assert(time.now() - start > 0.003)
		time.sleep(0.005)
		ticker:interrupt()
		ticker:join()
		assert(ticker.interruption_caught)
		local ok, err = pcall(time.sleep, -1)
		assert(not ok and err.code == 33)
	"#,
    );
    kernel.grant();
    kernel.expect("\"ticked\"");
    kernel.send(&[Token::String(b"late")]);
    kernel.ends_well();
}

#[test]
fn a_timer_that_is_always_due_does_not_keep_messages_back() {
    let kernel = Kernel::start(
        r#"
		local inbox, time = require("inbox"), require("time")
		local out = inbox:receive()
		local is_over = false
		local ticker = spawn(function()
			out:send("ticks")
			while not is_over do time.sleep(0) end
		end)
		assert(inbox:receive() == 1)
		is_over = true
		ticker:join()
	"#,
    );
    kernel.grant();
    kernel.expect("\"ticks\"");
    kernel.send(&[Token::Integer(1)]);
    kernel.ends_well();
}

#[test]
fn a_time_out_interrupts_a_receiver() {
    let kernel = Kernel::start(
        r#"
		local inbox, time = require("inbox"), require("time")
		local out = inbox:receive()
		local receiver = spawn(function() return inbox:receive() end)
		spawn(function()
			time.sleep(0.005)
			receiver:interrupt()
		end)
		receiver:join()
		assert(receiver.interruption_caught)
		out:send("over")
		assert(inbox:receive() == 1)
	"#,
    );
    kernel.grant();
    kernel.expect("\"over\"");
    kernel.send(&[Token::Integer(1)]);
    kernel.ends_well();
}

#[test]
fn a_fiber_suspends_inside_its_coroutines() {
    let kernel = Kernel::start(
        r#"
		local inbox, time = require("inbox"), require("time")
		local out = inbox:receive()
		local inner, outer
		local function work()
			inner = coroutine.create(function(a)
				local b = coroutine.yield(a + 1)
				-- The whole fiber waits here, inside two coroutines and a pcall.
				local ok, value = pcall(function()
					time.sleep(0.002)
					return inbox:receive()
				end)
				assert(ok)
				return value + b, nil, "three", nil
			end)
			outer = coroutine.wrap(function()
				local ok, first = coroutine.resume(inner, 1)
				assert(ok and first == 2)
				local results = table.pack(coroutine.resume(inner, 10))
				assert(results.n == 5 and results[1] and results[4] == "three", results.n)
				coroutine.yield(results[2])
				return "end"
			end)
			local value = outer()
			assert(outer() == "end")
			return value
		end
		local fiber = spawn(work)
		this_fiber.yield()
		assert(coroutine.status(inner) == "normal")
		local ok, err = coroutine.resume(inner)
		assert(not ok and err.code == 1, err)
		assert(not pcall(coroutine.close, inner))
		out:send("go")
		assert(fiber:join() == 15)
		assert(coroutine.status(inner) == "dead")
		-- The main fiber does the same.
		out:send("again")
		assert(work() == 16)
	"#,
    );
    kernel.grant();
    kernel.expect("\"go\"");
    kernel.send(&[Token::Integer(5)]);
    kernel.expect("\"again\"");
    kernel.send(&[Token::Integer(6)]);
    kernel.ends_well();
}

#[test]
fn coroutines_keep_their_meaning() {
    Kernel::start(
        r#"
		local function check()
			local co = coroutine.create(function(...)
				assert(select('#', ...) == 2)
				assert(select('#', coroutine.yield()) == 0)
				error("inside")
			end)
			assert(select('#', coroutine.resume(co, nil, nil)) == 1)
			assert(coroutine.status(co) == "suspended")
			local ok, err = coroutine.resume(co)
			assert(not ok and err:find("inside"))
			ok, err = coroutine.resume(co)
			assert(not ok and err == "cannot resume dead coroutine")
			-- Who resumes its resumer is told so, and can suspend afterwards.
			local first
			first = coroutine.create(function()
				local second = coroutine.create(function()
					local resumed, why = coroutine.resume(first)
					assert(not resumed and why.code == 1, why)
					this_fiber.yield()
					return "fine"
				end)
				return select(2, coroutine.resume(second))
			end)
			assert(select(2, coroutine.resume(first)) == "fine")
			ok, err = pcall(coroutine.yield)
			assert(not ok and err.code == 9, err)
			assert(coroutine.running() == nil)
			assert(not pcall(coroutine.resume, 1))
			for value in coroutine.wrap(function() for i = 1, 3 do this_fiber.yield() coroutine.yield(i) end end) do
				assert(value)
			end
		end
		check()
		spawn(check):join()
	"#,
    )
    .ends_well();
}

#[test]
fn a_fiber_cannot_suspend_below_a_function_of_c() {
    Kernel::start(
        r#"
		spawn(function()
			local ok, err = pcall(table.sort, { 3, 2, 1 }, function(a, b) this_fiber.yield() return a < b end)
			assert(not ok and tostring(err):find("attempt to yield across a C%-call boundary"), err)
			local co = coroutine.wrap(function() this_fiber.yield() end)
			ok, err = pcall(string.gsub, "x", "x", function() co() end)
			assert(not ok and tostring(err):find("attempt to yield across a C%-call boundary"), err)
			this_fiber.yield()
		end):join()
	"#,
    )
    .ends_well();
}

#[test]
fn cleanup_runs_inside_coroutines_and_after_errors() {
    let kernel = Kernel::start(
        r#"
		local inbox, time = require("inbox"), require("time")
		local out = inbox:receive()
		local fiber = spawn(function()
			scope_cleanup_push(function()
				coroutine.wrap(function() time.sleep(0.001) out:send("cleaned") end)()
			end)
			coroutine.wrap(function() time.sleep(60) end)()
		end)
		this_fiber.yield()
		fiber:interrupt()
		fiber:join()
		assert(fiber.interruption_caught)
		out:send("end")
	"#,
    );
    kernel.grant();
    kernel.expect("\"cleaned\"");
    kernel.expect("\"end\"");
    kernel.ends_well();
}

#[test]
fn locks_conditions_and_futures_work() {
    Kernel::start(
        r#"
		local mutex, condition, time = require("mutex").new(), require("condition_variable").new(), require("time")
		local recursive = require("recursive_mutex").new()
		local promise, future = require("future").new()
		local order = {}
		local waiter = spawn(function()
			mutex:lock()
			condition:wait(mutex)
			order[#order + 1] = "woken"
			mutex:unlock()
			order[#order + 1] = future:get()
		end)
		this_fiber.yield()
		recursive:lock()
		recursive:lock()
		recursive:unlock()
		recursive:unlock()
		mutex:lock()
		condition:notify_one()
		time.sleep(0.001)
		assert(#order == 0)
		mutex:unlock()
		this_fiber.yield()
		promise:set_value("kept")
		waiter:join()
		assert(table.concat(order, " ") == "woken kept")
	"#,
    )
    .ends_well();
}

#[test]
fn fibers_that_yield_still_see_messages() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out = inbox:receive()
		local is_done = false
		local spinner = spawn(function()
			while not is_done do this_fiber.yield() end
		end)
		out:send("ready")
		assert(inbox:receive() == 1)
		is_done = true
		spinner:join()
		local nested = spawn(function()
			for _ = 1, 100 do
				coroutine.wrap(function() this_fiber.yield() end)()
			end
		end)
		nested:join()
		inbox:close()
	"#,
    );
    kernel.grant();
    kernel.expect("\"ready\"");
    kernel.send(&[Token::Integer(1)]);
    assert_eq!(kernel.next(), Got::CloseInbox);
    kernel.ends_well();
}

#[test]
fn a_finalizer_cannot_disturb_a_receive() {
    // The collector runs while messages are made, and its finalizers call natives.
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out = inbox:receive()
		collectgarbage("param", "pause", 0)
		local count, stolen, received, last = 0, 0, 0, 0
		local function trap()
			setmetatable({}, { __gc = function()
				count = count + 1
				if pcall(inbox.receive, inbox) then stolen = stolen + 1 end
				pcall(out.send, out, nil)
				trap()
			end })
		end
		trap()
		while received + stolen < 2000 do
			local value = inbox:receive()
			assert(value.n > last and value["text " .. value.n] == "text " .. value.n)
			received, last = received + 1, value.n
		end
		assert(count > 0)
		out:send("end")
	"#,
    );
    kernel.grant();
    for n in 1..=2000 {
        let text = format!("text {n}");
        kernel.send(&[
            Token::TableBegin,
            Token::String(b"n"),
            Token::Integer(n),
            Token::String(text.as_bytes()),
            Token::String(text.as_bytes()),
            Token::TableEnd,
        ]);
    }
    loop {
        match kernel.next() {
            Got::Message(_, tokens) => break assert_eq!(tokens, ["\"end\""]),
            Got::End => break,
            _ => {}
        }
    }
    kernel.ends_well();
}
