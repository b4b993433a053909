// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Who can send to the actor, and the end of the connection.

use std::sync::atomic::Ordering;

use lunatik_abi::{codec::Token, wire::ToProcess};
use nix::errno::Errno;

use super::kernel::{Got, Kernel};

const NO_SENDERS: &str = r#"
	local inbox = require("inbox")
	local out = inbox:receive()
	local function no_senders()
		local ok, err = pcall(inbox.receive, inbox)
		assert(not ok and err.code == 16, err)
	end
"#;

#[test]
fn no_senders_ends_a_wait_after_the_messages() {
    let kernel = Kernel::start(&format!(
        "{NO_SENDERS} assert(inbox:receive() == 1) no_senders() no_senders() out:send('done')"
    ));
    kernel.grant();
    kernel.send(&[Token::Integer(1)]);
    kernel.tell(&ToProcess::NoSenders { sent: 0 });
    kernel.expect("\"done\"");
    kernel.ends_well();
}

#[test]
fn stale_news_of_no_senders_is_ignored() {
    let kernel = Kernel::start(&format!(
        "{NO_SENDERS} out:send({{ a = inbox, b = inbox }}) out:send(inbox) assert(inbox:receive() == 'late')
		 no_senders() out:send(inbox) out:send(inbox:receive()) no_senders()"
    ));
    kernel.grant();
    assert!(matches!(kernel.next(), Got::Message(7, _)));
    kernel.expect("own");
    // The kernel has seen two of the three handles when it sends this.
    kernel.tell(&ToProcess::NoSenders { sent: 2 });
    kernel.send(&[Token::String(b"late")]);
    kernel.tell(&ToProcess::NoSenders { sent: 3 });
    kernel.expect("own");
    kernel.send(&[Token::Integer(5)]);
    kernel.expect("5");
    kernel.tell(&ToProcess::NoSenders { sent: 4 });
    kernel.ends_well();
}

#[test]
fn a_handle_that_the_kernel_did_not_take_does_not_count() {
    let kernel = Kernel::start(&format!(
        "{NO_SENDERS} local ok, err = pcall(out.send, out, inbox)
		 assert(not ok and err.code == 32 and err.category:name() == 'system', err)
		 assert(tostring(err) == 'Broken pipe' and err:togeneric().category:name() == 'generic')
		 no_senders()"
    ));
    kernel
        .counters
        .refusal
        .store(Errno::EPIPE as u32, Ordering::SeqCst);
    kernel.counters.refuse.store(1, Ordering::SeqCst);
    kernel.grant();
    kernel.tell(&ToProcess::NoSenders { sent: 0 });
    kernel.ends_well();
}

#[test]
fn errors_of_send_have_their_codes() {
    for (errno, code, category) in [
        (Errno::EPIPE, 32, "system"),
        (Errno::EBADF, 9, "system"),
        (Errno::EPERM, 1, "system"),
        (Errno::EBADMSG, 74, "system"),
        (Errno::EMFILE, 24, "system"),
        (Errno::EINVAL, 15, "emilua.core"),
        (Errno::ENOENT, 15, "emilua.core"),
    ] {
        let kernel = Kernel::start(&format!(
            "local out = require('inbox'):receive() local ok, err = pcall(out.send, out, 1)
			 assert(not ok and err.code == {code} and err.category:name() == '{category}', err)"
        ));
        kernel
            .counters
            .refusal
            .store(errno as u32, Ordering::SeqCst);
        kernel.counters.refuse.store(1, Ordering::SeqCst);
        kernel.grant();
        kernel.ends_well();
    }
}

#[test]
fn the_end_of_the_connection_ends_receive_and_send_and_nothing_else() {
    let mut kernel = Kernel::start(
        r#"
		local inbox, time = require("inbox"), require("time")
		local out = inbox:receive()
		local waiter = spawn(function() out:send("never") end)
		local sleeper = spawn(function() time.sleep(0.02) return "slept" end)
		this_fiber.yield()
		local ok, err
		repeat
			ok, err = pcall(inbox.receive, inbox)
		until not ok
		assert(err.code == 16, err)
		ok, err = pcall(out.send, out, 1)
		assert(not ok and err.code == 32 and err.category:name() == "system", err)
		ok, err = pcall(waiter.join, waiter)
		assert(not ok and err.code == 32, err)
		assert(sleeper:join() == "slept")
		time.sleep(0.001)
		out:close()
		inbox:close()
	"#,
    );
    kernel.counters.refuse.store(u32::MAX, Ordering::SeqCst);
    kernel.grant();
    kernel.send(&[Token::Integer(1)]);
    kernel.send(&[Token::Integer(2)]);
    kernel.hang_up();
    kernel.ends_well();
}

#[test]
fn the_end_of_the_connection_may_come_before_any_channel() {
    let mut kernel = Kernel::start(
        r#"
		local inbox, time = require("inbox"), require("time")
		local sleeper = spawn(function() time.sleep(0.02) end)
		local ok, err = pcall(inbox.receive, inbox)
		assert(not ok and err.code == 16, err)
		sleeper:join()
		time.sleep(0.001)
	"#,
    );
    kernel.hang_up();
    kernel.ends_well();
}

#[test]
fn two_waiting_fibers_are_told_of_their_mistake() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out = inbox:receive()
		local first = spawn(function() return inbox:receive() end)
		this_fiber.yield()
		local ok, err = pcall(inbox.receive, inbox)
		assert(not ok and err.code == 16 and err.category:name() == "generic", err)
		out:send("go")
		assert(first:join() == 3)
		inbox:close()
		ok, err = pcall(inbox.receive, inbox)
		assert(not ok and err.code == 15, err)
	"#,
    );
    kernel.grant();
    kernel.expect("\"go\"");
    kernel.send(&[Token::Integer(3)]);
    assert_eq!(kernel.next(), Got::CloseInbox);
    kernel.ends_well();
}

#[test]
fn frames_that_make_no_sense_end_the_actor() {
    let kernel = Kernel::start("require('inbox'):receive()");
    let mut frame = Kernel::message(&[Token::Integer(1)]);
    frame[4] = 99;
    kernel.send_frames(&[frame]);
    let (status, text) = kernel.outcome();
    assert_eq!(status, 1);
    assert!(
        text.contains("the kernel has sent a frame of unknown kind"),
        "{text}"
    );
}
