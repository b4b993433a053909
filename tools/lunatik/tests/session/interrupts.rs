// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Ctrl-C, while requests wait and between them.

use std::{
    io::{Read, Write},
    thread::spawn,
};

use lunatik::{failure::Exit, session::ignore};
use lunatik_abi::abi::{errno, LogLine, Origin, Reply, Request, RequestKind, Stream};

use crate::{failure, greeted, success, REPL};

#[test]
fn ctrl_c_cancels_and_the_session_lives_on() {
    let (started, at_start) = std::sync::mpsc::channel();
    let (mut session, mut keyboard, thread) = greeted(move |mut device| {
        let number = device.expect(RequestKind::Repl, |_| true);
        started.send(()).unwrap();
        device.expect(
            RequestKind::Cancel,
            |request| matches!(request, Request::Cancel { request } if *request == number),
        );
        let reply = failure(Origin::Cancelled, errno::EINTR, b"interrupted!");
        device.reply(number, &reply);
        let number = device.expect(RequestKind::List, |_| true);
        device.reply(number, &success(&[]));
    });
    let hand = spawn(move || {
        at_start.recv().unwrap();
        keyboard.write_all(b"c").unwrap();
        keyboard
    });
    let failure = session.request(&REPL, &mut ignore).unwrap_err();
    assert_eq!(failure.exit, Exit::Interrupted);
    assert!(!session.is_abandoned());
    let _keyboard = hand.join().unwrap();
    session.request(&Request::List, &mut ignore).unwrap();
    thread.join().unwrap();
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_the_kernel() {
    let (started, at_start) = std::sync::mpsc::channel();
    let (mut session, mut keyboard, thread) = greeted(move |mut device| {
        device.expect(RequestKind::Repl, |_| true);
        started.send(()).unwrap();
        device.expect(RequestKind::Cancel, |_| true);
        started.send(()).unwrap();
        // No answer: the client goes away.
        let mut rest = Vec::new();
        device.stream.read_to_end(&mut rest).unwrap();
    });
    let hand = spawn(move || {
        for _ in 0..2 {
            at_start.recv().unwrap();
            keyboard.write_all(b"c").unwrap();
        }
        keyboard
    });
    let failure = session.request(&REPL, &mut ignore).unwrap_err();
    assert_eq!(failure.exit, Exit::Interrupted);
    assert!(session.is_abandoned());
    drop(session);
    hand.join().unwrap();
    thread.join().unwrap();
}

#[test]
fn ctrl_c_between_requests_is_forgotten() {
    let (mut session, mut keyboard, thread) = greeted(|mut device| {
        let number = device.expect(RequestKind::List, |_| true);
        device.reply(number, &success(&[]));
    });
    keyboard.write_all(b"ccc").unwrap();
    session.request(&Request::List, &mut ignore).unwrap();
    thread.join().unwrap();
}

#[test]
fn ctrl_c_cancels_those_of_several_requests_that_wait() {
    let (started, at_start) = std::sync::mpsc::channel();
    let (mut session, mut keyboard, thread) = greeted(move |mut device| {
        let numbers = [
            device.expect(RequestKind::Stop, |_| true),
            device.expect(RequestKind::Stop, |_| true),
        ];
        started.send(()).unwrap();
        for number in numbers {
            device.expect(
                RequestKind::Cancel,
                |request| matches!(request, Request::Cancel { request } if *request == number),
            );
        }
        device.reply(numbers[1], &success(&[]));
        let reply = failure(Origin::Cancelled, errno::EINTR, b"interrupted");
        device.reply(numbers[0], &reply);
    });
    let presser = spawn(move || {
        at_start.recv().unwrap();
        keyboard.write_all(b"x").unwrap();
        keyboard
    });
    let requests = [Request::Stop {
        name: b"x",
        grace_ms: None,
    }; 2];
    let answers = session.requests(&requests).unwrap();
    presser.join().unwrap();
    thread.join().unwrap();
    assert_eq!(answers[0].as_ref().unwrap_err().exit, Exit::Interrupted);
    assert!(answers[1].is_ok());
}

const LOGS: Request<'static> = Request::Logs {
    name: b"x",
    follow: true,
};
const STOP: Request<'static> = Request::Stop {
    name: b"x",
    grace_ms: None,
};

fn line(bytes: &[u8]) -> LogLine<'_> {
    LogLine {
        sequence: 0,
        time_ns: 1,
        stream: Stream::Output,
        bytes,
    }
}

#[test]
fn ctrl_c_sends_the_last_request_instead() {
    let (mut session, mut keyboard, thread) = greeted(|mut device| {
        let logs = device.expect(RequestKind::Logs, |_| true);
        device.reply(logs, &Reply::Log(line(b"one\n")));
        let stop = device.expect(RequestKind::Stop, |request| *request == STOP);
        device.reply(logs, &success(&[]));
        device.reply(stop, &failure(Origin::Request, errno::EINTR, b"no"));
    });
    let (answer, stopped) = session
        .request_until(&LOGS, &STOP, false, &mut |_| {
            keyboard.write_all(&[3]).unwrap();
            Ok(())
        })
        .unwrap();
    assert!(answer.is_ok());
    assert_eq!(stopped.unwrap().unwrap_err().message, b"no");
    thread.join().unwrap();
}

#[test]
fn without_a_ctrl_c_the_last_request_is_not_sent() {
    let (mut session, _keyboard, thread) = greeted(|mut device| {
        let logs = device.expect(RequestKind::Logs, |_| true);
        device.reply(logs, &success(&[]));
        device.expect(RequestKind::List, |_| true);
    });
    let (answer, stopped) = session
        .request_until(&LOGS, &STOP, false, &mut ignore)
        .unwrap();
    assert!(answer.is_ok());
    assert_eq!(stopped, None);
    assert!(session.request(&Request::List, &mut ignore).is_err());
    thread.join().unwrap();
}

#[test]
fn a_ctrl_c_that_has_come_sends_it_at_once_and_the_next_one_ends_the_wait() {
    let (mut session, mut keyboard, thread) = greeted(|mut device| {
        let logs = device.expect(RequestKind::Logs, |_| true);
        device.expect(RequestKind::Stop, |_| true);
        device.reply(logs, &Reply::Log(line(b"late\n")));
        // Until the client goes away.
        let mut rest = Vec::new();
        device.stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"");
    });
    session.keep_interrupts();
    // The Ctrl-C that came before has no second effect.
    keyboard.write_all(&[3]).unwrap();
    let failure = session
        .request_until(&LOGS, &STOP, true, &mut |_| {
            keyboard.write_all(&[3]).unwrap();
            Ok(())
        })
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Interrupted);
    assert!(session.is_abandoned());
    drop(session);
    thread.join().unwrap();
}

#[test]
fn ctrl_c_between_requests_is_kept_on_demand() {
    let (mut session, mut keyboard, thread) = greeted(|mut device| {
        let number = device.expect(RequestKind::Repl, |_| true);
        device.expect(
            RequestKind::Cancel,
            |request| matches!(request, Request::Cancel { request } if *request == number),
        );
        device.reply(
            number,
            &failure(Origin::Cancelled, errno::EINTR, b"interrupted"),
        );
    });
    session.keep_interrupts();
    keyboard.write_all(&[3]).unwrap();
    let failure = session.request(&REPL, &mut ignore).unwrap_err();
    assert_eq!(failure.exit, Exit::Interrupted);
    thread.join().unwrap();
}
