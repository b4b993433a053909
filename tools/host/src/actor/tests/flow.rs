// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages that have no room, in either direction.

use std::{
    io::{self, Read},
    os::fd::IntoRawFd,
    sync::atomic::Ordering,
};

use lunatik_abi::{
    codec::Token,
    wire::{handle, ToProcess},
};
use nix::fcntl::{fcntl, FcntlArg, OFlag};

use super::kernel::{actor, folder, Got, Kernel, GRANT};

#[test]
fn a_message_without_room_waits_and_is_the_one_that_was_given() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out = inbox:receive()
		local value = { n = 1 }
		local sender = spawn(function() out:send(value) end)
		local second = spawn(function() out:send("second") end)
		this_fiber.yield()
		value.n = 2
		out:send("third")
		sender:join()
		second:join()
	"#,
    );
    kernel.counters.refuse.store(2, Ordering::SeqCst);
    kernel.grant();
    // One is refused again after it was woken, or another one before it.
    for left in [1, 0] {
        kernel.wait_for(|counters| counters.refuse.load(Ordering::SeqCst) == left);
        kernel.tell(&ToProcess::Room { grant: GRANT });
    }
    let mut got = Vec::new();
    for _ in 0..3 {
        let Got::Message(GRANT, tokens) = kernel.next() else {
            panic!("no message");
        };
        got.push(tokens.concat());
    }
    got.sort();
    assert_eq!(got, ["\"second\"", "\"third\"", "{\"n\"1}"]);
    kernel.ends_well();
}

#[test]
fn an_interrupted_send_has_sent_nothing() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out = inbox:receive()
		local sender = spawn(function()
			local ok, err = pcall(out.send, out, "never")
			assert(not ok and err.code == 13, err)
			this_fiber.disable_interruption()
			out:send("then")
		end)
		this_fiber.yield()
		sender:interrupt()
		sender:join()
	"#,
    );
    kernel.counters.refuse.store(1, Ordering::SeqCst);
    kernel.grant();
    kernel.expect("\"then\"");
    kernel.ends_well();
}

#[test]
fn an_interruption_between_room_and_the_next_refusal_counts() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out, other = inbox:receive(), inbox:receive()
		local sender = spawn(function() out:send("never") end)
		this_fiber.yield()
		local fiber = require("actor.core").kept().fibers.all[2]
		assert(fiber.blocked)
		other:send("waits")
		while fiber.blocked do this_fiber.yield() end
		sender:interrupt()
		sender:join()
		assert(sender.interruption_caught)
	"#,
    );
    kernel.counters.refuse.store(1, Ordering::SeqCst);
    kernel.grant();
    kernel.send(&[actor(8)]);
    assert_eq!(kernel.next(), Got::Message(8, vec!["\"waits\"".into()]));
    kernel.counters.refuse.store(1, Ordering::SeqCst);
    kernel.tell(&ToProcess::Room { grant: GRANT });
    kernel.ends_well();
}

#[test]
fn closing_a_channel_wakes_its_senders() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out = inbox:receive()
		local sender = spawn(function() out:send("never") end)
		this_fiber.yield()
		out:close()
		local ok, err = pcall(sender.join, sender)
		assert(not ok and err.code == 15, err)
		ok, err = pcall(out.send, out, 1)
		assert(not ok and err.code == 15, err)
		out:close()
	"#,
    );
    kernel.counters.refuse.store(1, Ordering::SeqCst);
    kernel.grant();
    assert_eq!(kernel.next(), Got::Close(GRANT));
    kernel.ends_well();
}

#[test]
fn what_a_waiting_message_carries_stays_open_until_it_is_sent() {
    let (mut reader, writer) = io::pipe().unwrap();
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out, other, file = inbox:receive(), inbox:receive(), inbox:receive()
		local sender = spawn(function() out:send({ file = file, channel = other }) end)
		this_fiber.yield()
		file:close()
		assert(not pcall(file.number, file))
		other:send("closed")
		other:close()
		assert(not pcall(other.send, other, 1))
		sender:join()
		inbox:receive()
	"#,
    );
    kernel.counters.refuse.store(1, Ordering::SeqCst);
    kernel.grant();
    kernel.send(&[actor(8)]);
    kernel.send(&[Token::Handle {
        kind: handle::FILE,
        index: writer.into_raw_fd() as u32,
    }]);
    assert_eq!(kernel.next(), Got::Message(8, vec!["\"closed\"".into()]));
    // Not yet the end of the file.
    let flags = OFlag::O_NONBLOCK;
    fcntl(&reader, FcntlArg::F_SETFL(flags)).unwrap();
    let early = reader.read(&mut [0]).unwrap_err();
    assert_eq!(early.kind(), io::ErrorKind::WouldBlock);
    kernel.tell(&ToProcess::Room { grant: GRANT });
    let Got::Message(GRANT, tokens) = kernel.next() else {
        panic!("no message");
    };
    assert!(tokens.contains(&"file".into()) && tokens.contains(&"actor 8".into()));
    assert_eq!(kernel.next(), Got::Close(8));
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    kernel.send(&[Token::Integer(1)]);
    kernel.ends_well();
}

#[test]
fn channels_that_are_garbage_are_closed() {
    let kernel = Kernel::start(
        "local inbox = require('inbox') inbox:receive() collectgarbage() collectgarbage() inbox:receive():send('end')",
    );
    kernel.send(&[actor(8)]);
    assert_eq!(kernel.next(), Got::Close(8));
    kernel.grant();
    kernel.expect("\"end\"");
    kernel.ends_well();
}

#[test]
fn messages_that_nobody_waits_for_pause_the_kernel() {
    let folder = folder(&[("unused", "")]);
    let sign = folder.join("paused");
    let kernel = Kernel::start(&format!(
        r#"
		local inbox, time = require("inbox"), require("time")
		local out = inbox:receive()
		-- The loop reads frames while this waits.
		while not io.open({sign:?}) do time.sleep(0.0005) end
		for n = 1, 70 do
			assert(inbox:receive() == n)
			out:send(n)
		end
	"#
    ));
    kernel.grant();
    let frames: Vec<_> = (1..=64)
        .map(|n| Kernel::message(&[Token::Integer(n)]))
        .collect();
    for chunk in frames.chunks(10) {
        kernel.send_frames(chunk);
    }
    assert_eq!(kernel.next(), Got::Pause);
    std::fs::write(sign, "").unwrap();
    for n in 1..=47 {
        kernel.expect(&n.to_string());
    }
    // The next receive takes the 48th, and leaves 16.
    assert_eq!(kernel.next(), Got::Resume);
    for n in 65..=70 {
        kernel.send(&[Token::Integer(n)]);
    }
    for n in 48..=70 {
        kernel.expect(&n.to_string());
    }
    kernel.ends_well();
}
