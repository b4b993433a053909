// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Replies of the kernel.

use lunatik_abi::abi::{
    split_frame, Context, Failure, Hooks, LogLine, Messages, Origin, Outcome, Reply, State,
    StatusRow, Stream,
};
use lunatik_abi::codec::Message;

use crate::{
    frame,
    hooks::{hook, hooks},
    message,
};

#[test]
fn replies_survive() {
    let values = message(|writer| {
        writer.nil().unwrap();
        writer.float(0.5f64.to_bits()).unwrap();
    });
    let values = Message::check(&values).unwrap();
    let hooks = hooks(&[hook(), hook()]);
    for reply in [
        Reply::Output {
            stream: Stream::Output,
            bytes: b"hello\n",
        },
        Reply::Log(LogLine {
            sequence: 9,
            time_ns: 1_700_000_000_000_000_000,
            stream: Stream::Error,
            bytes: b"",
        }),
        Reply::Names { names: values },
        Reply::Status(StatusRow {
            name: b"x",
            id: 8,
            parent: 9,
            kind: b"spawn",
            state: State::Blocked,
            class: Context::Softirq,
            context: Some(0),
            waits_for: b"message, timer",
            cpu: Some(0),
            memory_used: 1,
            memory_limit: 2,
            cpu_ns: 3,
            cpu_limit_ms: 5,
            slice_ms: 6,
            stop_latency_ns: 7,
            age_ns: 4,
            hooks: Hooks::new(Message::check(&hooks).unwrap()).unwrap(),
            stopped: true,
            lost: Some(0),
            messages: Some(Messages {
                waiting: 0,
                received: u64::MAX >> 1,
            }),
            permissions: b"load (sealed)",
            error: b"",
            traceback: b"stack traceback:",
        }),
        Reply::Stack {
            stack: b"x;main chunk x.lua",
            count: 1 << 40,
        },
        Reply::Done(Outcome::Success {
            values,
            texts: Message::EMPTY,
        }),
        Reply::Done(Outcome::Success {
            values,
            texts: values,
        }),
        Reply::Done(Outcome::Success {
            values: Message::EMPTY,
            texts: Message::EMPTY,
        }),
        Reply::Done(Outcome::Incomplete),
        Reply::Done(Outcome::Failure(Failure {
            origin: Origin::Script,
            errno: 0,
            message: b"x:1: no",
            traceback: b"stack traceback:\n\t...",
        })),
    ] {
        let mut bytes = Vec::new();
        reply.encode(3, &mut bytes).unwrap();
        let frame = split_frame(&bytes).unwrap().unwrap();
        assert_eq!(Reply::decode(&frame), Ok(reply));
    }
}

#[test]
fn a_status_may_lack_what_an_earlier_version_did_not_send() {
    let row = StatusRow {
        name: b"x",
        id: 0,
        parent: 0,
        kind: b"actor",
        state: State::Running,
        class: Context::Process,
        context: None,
        waits_for: b"",
        cpu: None,
        memory_used: 1,
        memory_limit: 2,
        cpu_ns: 3,
        cpu_limit_ms: 0,
        slice_ms: 0,
        stop_latency_ns: 0,
        age_ns: 4,
        hooks: Hooks::NONE,
        stopped: false,
        lost: None,
        messages: None,
        permissions: b"",
        error: b"",
        traceback: b"",
    };
    let body = message(|writer| {
        writer.begin_table().unwrap();
        for (field, value) in [
            ("memory_used", 1),
            ("memory_limit", 2),
            ("cpu_ns", 3),
            ("age_ns", 4),
        ] {
            writer.string(field.as_bytes()).unwrap();
            writer.integer(value).unwrap();
        }
        for text in ["name", "x", "kind", "actor", "state", "running"] {
            writer.string(text.as_bytes()).unwrap();
        }
        writer.end_table().unwrap();
    });
    assert_eq!(Reply::decode(&frame(0x8004, &body)), Ok(Reply::Status(row)));
    // A row without them takes no room for them.
    let mut bytes = Vec::new();
    Reply::Status(row).encode(3, &mut bytes).unwrap();
    for field in [
        "class",
        "context",
        "waits_for",
        "hooks",
        "stopped",
        "lost",
        "messages",
    ] {
        assert!(!bytes.windows(field.len()).any(|at| at == field.as_bytes()));
    }
}

#[test]
fn replies_may_have_fields_of_later_versions() {
    let body = message(|writer| {
        writer.begin_table().unwrap();
        for text in [b"outcome".as_slice(), b"success", b"mood", b"good"] {
            writer.string(text).unwrap();
        }
        writer.end_table().unwrap();
    });
    let (values, texts) = (Message::EMPTY, Message::EMPTY);
    assert_eq!(
        Reply::decode(&frame(0x8005, &body)),
        Ok(Reply::Done(Outcome::Success { values, texts }))
    );
}
