// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The desk, without Lua.

use std::{cell::RefCell, collections::VecDeque, io, rc::Rc, time::Duration};

use lunatik_abi::{
    codec::Token,
    wire::{split, ToKernel, ToProcess},
};

use super::{
    super::{
        desk::{Desk, Event},
        port::{Port, Transport},
    },
    kernel::Kernel,
};

/// Reads what it is given, then the end. Keeps what is written.
struct Script {
    reads: VecDeque<Vec<u8>>,
    written: Rc<RefCell<Vec<String>>>,
}

impl Transport for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.reads.pop_front().unwrap_or_default();
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        let (frame, _) = split(frame).unwrap().unwrap();
        let text = format!("{:?}", ToKernel::decode(&frame).unwrap());
        self.written.borrow_mut().push(text);
        Ok(())
    }

    fn wait(&self, _: Duration) -> io::Result<bool> {
        Ok(!self.reads.is_empty())
    }
}

/// A desk that reads these pieces, and what it has written.
fn desk(reads: impl IntoIterator<Item = Vec<u8>>) -> (Desk, Rc<RefCell<Vec<String>>>) {
    let written = Rc::default();
    let script = Script {
        reads: reads.into_iter().collect(),
        written: Rc::clone(&written),
    };
    (Desk::new(Port::new(Box::new(script), Vec::new())), written)
}

fn frame(frame: &ToProcess<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(()) = frame.encode(&mut bytes);
    bytes
}

fn messages(count: i64) -> Vec<u8> {
    (0..count)
        .flat_map(|n| Kernel::message(&[Token::Integer(n)]))
        .collect()
}

#[test]
fn it_pauses_at_64_and_resumes_at_16() {
    for (count, pauses) in [(63, false), (64, true)] {
        let (mut desk, written) = desk([messages(count)]);
        assert_eq!(desk.event(false, true).unwrap(), None);
        assert_eq!(
            written.borrow().contains(&"Pause".into()),
            pauses,
            "{count}"
        );
    }
    let (mut desk, written) = desk([messages(70)]);
    assert_eq!(desk.event(false, true).unwrap(), None);
    for left in (0..70).rev() {
        assert!(matches!(desk.take().unwrap(), Some(Event::Queued(_))));
        let resumes = written.borrow().contains(&"Resume".into());
        assert_eq!(resumes, left <= 16, "{left}");
    }
    assert_eq!(*written.borrow(), ["Pause", "Resume"]);
}

#[test]
fn messages_and_timers_take_turns() {
    let (mut desk, _) = desk([messages(4)]);
    for _ in 0..4 {
        desk.timers.set(0);
    }
    let mut kinds = Vec::new();
    for _ in 0..8 {
        kinds.push(match desk.event(true, true).unwrap().unwrap() {
            Event::Message(_) => "message",
            Event::Timer(_) => "timer",
            other => panic!("{other:?}"),
        });
    }
    let first = if kinds[0] == "timer" { 0 } else { 1 };
    for (at, kind) in kinds.iter().enumerate() {
        assert_eq!(*kind == "timer", at % 2 == first, "{kinds:?}");
    }
}

#[test]
fn room_is_told_even_if_a_message_was_taken_first() {
    let mut bytes = frame(&ToProcess::Room { grant: 3 });
    bytes.extend(messages(1));
    bytes.extend(frame(&ToProcess::Room { grant: 4 }));
    let (mut desk, _) = desk([messages(1), bytes]);
    assert!(matches!(
        desk.event(true, true).unwrap(),
        Some(Event::Message(_))
    ));
    assert_eq!(desk.take().unwrap(), None);
    assert!(matches!(
        desk.event(true, true).unwrap(),
        Some(Event::Message(_))
    ));
    for grant in [3, 4] {
        assert_eq!(desk.event(true, true).unwrap(), Some(Event::Room(grant)));
    }
}

#[test]
fn nothing_is_read_while_the_buffer_is_lent() {
    let (mut desk, _) = desk([messages(2)]);
    assert!(matches!(
        desk.event(true, true).unwrap(),
        Some(Event::Message(_))
    ));
    let buffer = desk.port().unwrap().lend();
    assert!(desk.take().is_err());
    assert!(desk.event(false, false).is_err());
    desk.port().unwrap().give_back(buffer);
    assert!(matches!(desk.take().unwrap(), Some(Event::Message(_))));
}

#[test]
fn after_the_end_only_timers_come() {
    let (mut desk, written) = desk([]);
    assert_eq!(desk.event(true, true).unwrap(), None);
    assert_eq!(desk.event(true, false).unwrap(), Some(Event::Ended));
    assert_eq!(desk.event(true, false).unwrap(), Some(Event::NoSenders));
    let (_, number) = desk.timers.set(1);
    assert_eq!(
        desk.event(false, false).unwrap(),
        Some(Event::Timer(number))
    );
    assert_eq!(desk.event(false, false).unwrap(), None);
    let error = desk.send(&[], 1).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    desk.close(1);
    desk.close_inbox();
    assert!(written.borrow().is_empty());
}
