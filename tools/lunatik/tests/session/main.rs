// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sessions against a device that a test plays.

use std::{
    io::{Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    thread::{spawn, JoinHandle},
};

use lunatik::{
    channel::Channel,
    failure::Exit,
    session::{ignore, Answer, Session},
    value::Value,
};
use lunatik_abi::{
    abi::{
        errno, split_frame, Budget, Failure, LogLine, Origin, Outcome, Reply, Request, RequestKind,
        Stream, MAX_FRAME, VERSION,
    },
    codec::{Message, Writer},
};

mod interrupts;

/// The kernel's side of a session.
struct Device {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl Device {
    /// Waits for a request; gives its number and kind, and `true` for what `check` found in it.
    fn expect(&mut self, kind: RequestKind, check: impl FnOnce(&Request<'_>) -> bool) -> u32 {
        loop {
            if let Some(frame) = split_frame(&self.buffer).unwrap() {
                let request = Request::decode(&frame).unwrap();
                assert_eq!(request.kind(), kind);
                assert!(check(&request), "{request:?}");
                let (number, length) = (frame.header.request, frame.header.frame_length());
                self.buffer.drain(..length);
                return number;
            }
            let mut chunk = [0; 4096];
            let read = self.stream.read(&mut chunk).unwrap();
            assert!(read > 0, "the client went away");
            self.buffer.extend_from_slice(&chunk[..read]);
        }
    }

    fn reply(&mut self, request: u32, reply: &Reply<'_>) {
        let mut bytes = Vec::new();
        reply.encode(request, &mut bytes).unwrap();
        self.stream.write_all(&bytes).unwrap();
    }

    /// One byte at a time.
    fn reply_slowly(&mut self, request: u32, reply: &Reply<'_>) {
        let mut bytes = Vec::new();
        reply.encode(request, &mut bytes).unwrap();
        for byte in bytes {
            self.stream.write_all(&[byte]).unwrap();
            std::thread::yield_now();
        }
    }

    fn greet(&mut self, version: i64) {
        let number = self.expect(RequestKind::Hello, |request| {
            matches!(request, Request::Hello { version: VERSION, client } if client.starts_with(b"lunatik "))
        });
        let values = encoded(|writer| {
            writer.integer(version).unwrap();
            writer.string(b"lunatik 9.9.9").unwrap();
            writer.string(b"Lua 5.5.1").unwrap();
        });
        self.reply(number, &success(&values));
    }
}

fn encoded(build: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    build(&mut writer);
    writer.finish().unwrap()
}

fn success(values: &[u8]) -> Reply<'_> {
    Reply::Done(Outcome::Success {
        values: Message::check(values).unwrap(),
        texts: Message::EMPTY,
    })
}

fn failure(origin: Origin, errno: i32, message: &[u8]) -> Reply<'_> {
    Reply::Done(Outcome::Failure(Failure {
        origin,
        errno,
        message,
        traceback: b"stack traceback:\n\t[C]: in ?",
    }))
}

/// A channel, a stream whose bytes are Ctrl-C to it, and a device that plays its part in a thread.
fn connect(play: impl FnOnce(Device) + Send + 'static) -> (Channel, UnixStream, JoinHandle<()>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (interrupts, keyboard) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    interrupts.set_nonblocking(true).unwrap();
    let device = Device {
        stream: theirs,
        buffer: Vec::new(),
    };
    let thread = spawn(move || play(device));
    let channel = Channel::new(OwnedFd::from(ours), Some(OwnedFd::from(interrupts)));
    (channel, keyboard, thread)
}

/// A session that is past its greeting.
fn greeted(play: impl FnOnce(Device) + Send + 'static) -> (Session, UnixStream, JoinHandle<()>) {
    let (channel, keyboard, thread) = connect(|mut device| {
        device.greet(i64::from(VERSION));
        play(device);
    });
    (Session::new(channel).unwrap(), keyboard, thread)
}

const REPL: Request<'static> = Request::Repl {
    text: b"f()",
    permissions: None,
    budget: Budget {
        cpu_ms: 0,
        slice_ms: 0,
    },
};
#[test]
fn a_greeting_tells_the_versions() {
    let (session, _keyboard, thread) = greeted(drop);
    assert_eq!(session.versions().module, "lunatik 9.9.9");
    assert_eq!(session.versions().lua, "Lua 5.5.1");
    thread.join().unwrap();
}

#[test]
fn another_version_of_the_protocol_is_refused() {
    let (channel, _keyboard, thread) = connect(|mut device| device.greet(77));
    let failure = Session::new(channel).unwrap_err();
    assert_eq!(failure.exit, Exit::NoDevice);
    let text = String::from_utf8(failure.message).unwrap();
    assert!(text.contains("version 77"), "{text}");
    thread.join().unwrap();
}

#[test]
fn output_comes_before_the_results_and_in_order() {
    let (mut session, _keyboard, thread) = greeted(|mut device| {
        let number = device.expect(RequestKind::Repl, |_| true);
        for (stream, bytes) in [
            (Stream::Output, &b"one"[..]),
            (Stream::Error, b"two"),
            (Stream::Output, b"\xff\0three"),
        ] {
            device.reply_slowly(number, &Reply::Output { stream, bytes });
        }
        let values = encoded(|writer| {
            writer.integer(42).unwrap();
            writer.nil().unwrap();
        });
        device.reply_slowly(number, &success(&values));
    });
    let mut output = Vec::new();
    let answer = session.request(&REPL, &mut |reply| {
        if let Reply::Output { stream, bytes } = reply {
            output.push((*stream, bytes.to_vec()));
        }
        Ok(())
    });
    assert_eq!(
        answer.unwrap().into_values(),
        [Value::Integer(42), Value::Nil]
    );
    assert_eq!(
        output,
        [
            (Stream::Output, b"one".to_vec()),
            (Stream::Error, b"two".to_vec()),
            (Stream::Output, b"\xff\0three".to_vec()),
        ]
    );
    thread.join().unwrap();
}

#[test]
fn replies_to_other_requests_are_passed_over() {
    let (mut session, _keyboard, thread) = greeted(|mut device| {
        let number = device.expect(RequestKind::Repl, |_| true);
        device.reply(number + 7, &success(&[]));
        device.reply(number, &Reply::Done(Outcome::Incomplete));
    });
    let answer = session.request(&REPL, &mut ignore);
    assert_eq!(answer, Ok(Answer::Incomplete));
    thread.join().unwrap();
}

#[test]
fn one_session_serves_many_requests() {
    let (mut session, _keyboard, thread) = greeted(|mut device| {
        for _ in 0..100 {
            let number = device.expect(RequestKind::List, |_| true);
            device.reply(number, &success(&[]));
        }
    });
    for _ in 0..100 {
        session.request(&Request::List, &mut ignore).unwrap();
    }
    thread.join().unwrap();
}

#[test]
fn a_request_bigger_than_the_device_takes_at_once_arrives_whole() {
    let text = b"--[[x]]".repeat(MAX_FRAME / 7 - 10);
    let expected = text.clone();
    let (mut session, _keyboard, thread) = greeted(move |mut device| {
        let number = device.expect(
            RequestKind::Repl,
            |request| matches!(request, Request::Repl { text, .. } if *text == expected),
        );
        device.reply(number, &success(&[]));
    });
    session
        .request(
            &Request::Repl {
                text: &text,
                permissions: None,
                budget: Budget::default(),
            },
            &mut ignore,
        )
        .unwrap();
    thread.join().unwrap();
}

#[test]
fn a_request_that_cannot_be_sent_is_refused_here() {
    let (mut session, _keyboard, thread) = greeted(drop);
    let text = vec![b' '; MAX_FRAME];
    let failure = session
        .request(
            &Request::Repl {
                text: &text,
                permissions: None,
                budget: Budget::default(),
            },
            &mut ignore,
        )
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Script);
    thread.join().unwrap();
}

#[test]
fn errors_keep_message_traceback_and_status() {
    let (mut session, _keyboard, thread) = greeted(|mut device| {
        for (origin, errno) in [
            (Origin::Script, 0),
            (Origin::Request, errno::ESRCH),
            (Origin::Request, errno::EACCES),
        ] {
            let number = device.expect(RequestKind::Repl, |_| true);
            device.reply(number, &failure(origin, errno, b"x:1: no"));
        }
    });
    let failure = session.request(&REPL, &mut ignore).unwrap_err();
    assert_eq!(failure.exit, Exit::Script);
    assert_eq!(failure.message, b"x:1: no");
    assert_eq!(failure.traceback, b"stack traceback:\n\t[C]: in ?");
    for exit in [Exit::NoSuchScript, Exit::NoDevice] {
        assert_eq!(session.request(&REPL, &mut ignore).unwrap_err().exit, exit);
    }
    thread.join().unwrap();
}

#[test]
fn the_end_of_the_session_is_told() {
    let (mut session, _keyboard, thread) = greeted(|mut device| {
        device.expect(RequestKind::Repl, |_| true);
    });
    let failure = session.request(&REPL, &mut ignore).unwrap_err();
    assert_eq!(failure.exit, Exit::NoDevice);
    thread.join().unwrap();
}

#[test]
fn the_end_of_the_session_within_a_frame_is_told() {
    let (mut session, _keyboard, thread) = greeted(|mut device| {
        device.expect(RequestKind::Repl, |_| true);
        device.stream.write_all(&[0x20, 0, 0, 0, 1]).unwrap();
    });
    let failure = session.request(&REPL, &mut ignore).unwrap_err();
    assert_eq!(failure.exit, Exit::NoDevice);
    assert!(failure.message.ends_with(b"within a reply"));
    thread.join().unwrap();
}

#[test]
fn garbage_from_the_device_is_an_error() {
    for bytes in [&[0xff; 64][..], b"\x0d\0\0\0\x05\x80\0\0\x02\0\0\0\x7f"] {
        let bytes = bytes.to_vec();
        let (mut session, _keyboard, thread) = greeted(move |mut device| {
            device.expect(RequestKind::Repl, |_| true);
            device.stream.write_all(&bytes).unwrap();
        });
        let failure = session.request(&REPL, &mut ignore).unwrap_err();
        assert_eq!(failure.exit, Exit::NoDevice);
        thread.join().unwrap();
    }
}

#[test]
fn a_log_tells_what_is_missing() {
    let mut printer = lunatik::log::LogPrinter::default();
    let (mut output, mut error) = (Vec::new(), Vec::new());
    for (sequence, stream) in [(0, Stream::Output), (1, Stream::Error), (5, Stream::Output)] {
        let entry = LogLine {
            sequence,
            time_ns: 0,
            stream,
            bytes: b"line\n",
        };
        printer.print(&entry, &mut output, &mut error).unwrap();
    }
    assert_eq!(output, b"line\nline\n");
    assert_eq!(
        error,
        b"line\nlunatik: 3 earlier entries are no longer kept\n"
    );
}

#[test]
fn several_requests_are_sent_at_once_and_answered_in_any_order() {
    const STOPS: usize = 40;
    let (mut session, _keyboard, thread) = greeted(|mut device| {
        for some in [32, STOPS - 32] {
            let numbers: Vec<_> = (0..some)
                .map(|_| device.expect(RequestKind::Stop, |_| true))
                .collect();
            for number in numbers.into_iter().rev() {
                if number % 2 == 0 {
                    device.reply(number, &success(&[]));
                } else {
                    device.reply(number, &failure(Origin::Request, errno::ESRCH, b"none"));
                }
            }
        }
    });
    let requests = vec![
        Request::Stop {
            name: b"x",
            grace_ms: None
        };
        STOPS
    ];
    let answers = session.requests(&requests).unwrap();
    thread.join().unwrap();
    assert_eq!(answers.len(), STOPS);
    // The greeting had number 1.
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_ok(), index % 2 == 0, "{index}");
    }
}
