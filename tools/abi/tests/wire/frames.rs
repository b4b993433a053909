// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Headers, kinds, numbers and errors.

use crate::support::*;
use lunatik_abi::codec::DecodeError;
use lunatik_abi::wire::{
    split, Flat, Frame, ToKernel, ToProcess, WireError, HEADER, MAX_FRAME, MAX_MEMBERS, MAX_STRING,
};

#[test]
fn a_header_is_checked() {
    let header = |length: u32, reserved: [u8; 2]| {
        let mut bytes = Frame::header(READY, 0, 0);
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes[6..8].copy_from_slice(&reserved);
        bytes
    };
    for length in [
        0,
        1,
        HEADER as u32 - 1,
        MAX_FRAME as u32 + 1,
        1 << 31,
        u32::MAX,
    ] {
        let refused = Err(WireError::Length(length));
        assert_eq!(split(&header(length, [0, 0])), refused);
    }
    for reserved in [[1, 0], [0, 1], [0xff, 0xff]] {
        // Before the rest of the frame arrives, and also if it never does.
        for length in [HEADER as u32, MAX_FRAME as u32] {
            let refused = Err(WireError::Reserved);
            assert_eq!(split(&header(length, reserved)), refused);
        }
    }
    assert_eq!(split(&header(MAX_FRAME as u32, [0, 0])), Ok(None));
    let longest = frame(START, 0, &vec![0; MAX_FRAME - HEADER]);
    assert_eq!(only(&longest).body.len(), MAX_FRAME - HEADER);
    // A body that no frame can have makes none that could be taken for another.
    let endless = Frame::header(SEND, 0, usize::MAX);
    assert_eq!(split(&endless), Err(WireError::Length(u32::MAX)));
}

#[test]
fn the_bytes_of_frames_are_these() {
    let body = message(|writer| writer.boolean(true).unwrap());
    let value = Flat::check(&body).unwrap();
    for (sent, bytes) in [
        (ToKernel::Ready, &b"\x0c\0\0\0\x81\0\0\0\0\0\0\0"[..]),
        (
            ToKernel::Failed { errno: 1 },
            b"\x0c\0\0\0\x82\0\0\0\x01\0\0\0",
        ),
        (
            ToKernel::Adopt { pid: 0x0102_0304 },
            b"\x0c\0\0\0\x83\0\0\0\x04\x03\x02\x01",
        ),
        (
            ToKernel::Message { grant: 9, value },
            b"\x0d\0\0\0\x84\0\0\0\x09\0\0\0\x02",
        ),
        (
            ToKernel::Close { grant: 1 << 31 },
            b"\x0c\0\0\0\x85\0\0\0\0\0\0\x80",
        ),
        (ToKernel::CloseInbox, b"\x0c\0\0\0\x86\0\0\0\0\0\0\0"),
        (ToKernel::Pause, b"\x0c\0\0\0\x87\0\0\0\0\0\0\0"),
        (ToKernel::Resume, b"\x0c\0\0\0\x88\0\0\0\0\0\0\0"),
    ] {
        assert_eq!(process_writes(&sent), bytes);
        assert_eq!(ToKernel::decode(&only(bytes)), Ok(sent));
    }
    for (sent, bytes) in [
        (
            ToProcess::Message(value),
            &b"\x0d\0\0\0\x02\0\0\0\0\0\0\0\x02"[..],
        ),
        (
            ToProcess::NoSenders { sent: 2 },
            b"\x0c\0\0\0\x03\0\0\0\x02\0\0\0",
        ),
        (
            ToProcess::Room { grant: 3 },
            b"\x0c\0\0\0\x04\0\0\0\x03\0\0\0",
        ),
    ] {
        assert_eq!(kernel_writes(&sent), bytes);
        assert_eq!(ToProcess::decode(&only(bytes)), Ok(sent));
    }
}

#[test]
fn each_side_knows_only_the_kinds_of_the_other() {
    let body = message(|writer| writer.boolean(true).unwrap());
    let known = [
        READY,
        FAILED,
        ADOPT,
        SEND,
        CLOSE,
        CLOSE_INBOX,
        PAUSE,
        RESUME,
        START,
        MESSAGE,
        NO_SENDERS,
        ROOM,
    ];
    for kind in (0..=0x1ff).chain([0x8100, u16::MAX]) {
        let refused = WireError::Kind(kind);
        for body in [&b""[..], &body, b"\xff"] {
            let is_refused = (
                to_kernel(kind, 1, body) == Err(refused),
                to_process(kind, 1, body) == Err(refused),
            );
            let is_known = known.contains(&kind);
            assert_eq!(is_refused.0, !is_known || kind < READY, "{kind:#x}");
            assert_eq!(is_refused.1, !is_known || kind >= READY, "{kind:#x}");
        }
    }
}

#[test]
fn only_messages_have_bodies() {
    for kind in [READY, FAILED, ADOPT, CLOSE, CLOSE_INBOX, PAUSE, RESUME] {
        assert_eq!(
            to_kernel(kind, 1, b"\x02"),
            Err(WireError::Body),
            "{kind:#x}"
        );
    }
    for kind in [NO_SENDERS, ROOM] {
        assert_eq!(
            to_process(kind, 1, b"\x02"),
            Err(WireError::Body),
            "{kind:#x}"
        );
    }
    assert_eq!(to_kernel(SEND, 1, b""), Err(WireError::Count));
    assert_eq!(to_process(MESSAGE, 0, b""), Err(WireError::Count));
    assert_eq!(to_process(START, 0, b""), Err(WireError::Start));
}

#[test]
fn numbers_that_mean_nothing_are_zero() {
    for number in [1, 1 << 31, u32::MAX] {
        let refused = WireError::Number(number);
        for kind in [READY, CLOSE_INBOX, PAUSE, RESUME] {
            assert_eq!(to_kernel(kind, number, b""), Err(refused), "{kind:#x}");
        }
        for kind in [START, MESSAGE] {
            assert_eq!(to_process(kind, number, b"\x02"), Err(refused), "{kind:#x}");
        }
    }
    for errno in [0, 4096, u32::MAX] {
        assert_eq!(to_kernel(FAILED, errno, b""), Err(WireError::Number(errno)));
    }
    for errno in [1, 4095] {
        assert_eq!(
            to_kernel(FAILED, errno, b""),
            Ok(ToKernel::Failed { errno })
        );
    }
}

#[test]
fn a_grant_is_known_even_if_the_body_is_wrong() {
    let of = |kind| {
        ToKernel::grant(&Frame {
            kind,
            number: 7,
            body: b"\xff",
        })
    };
    assert_eq!((of(SEND), of(CLOSE)), (Some(7), Some(7)));
    for kind in [
        READY,
        FAILED,
        ADOPT,
        CLOSE_INBOX,
        PAUSE,
        RESUME,
        MESSAGE,
        ROOM,
        0,
        u16::MAX,
    ] {
        assert_eq!(of(kind), None, "{kind:#x}");
    }
}

#[test]
fn each_error_has_a_text_of_its_own() {
    let errors = [
        WireError::Length(0),
        WireError::Kind(0),
        WireError::Reserved,
        WireError::Number(0),
        WireError::Body,
        WireError::Malformed(DecodeError::Truncated),
        WireError::Count,
        WireError::Nil,
        WireError::Nested,
        WireError::Empty,
        WireError::Members,
        WireError::Key,
        WireError::String,
        WireError::Handle,
        WireError::Start,
    ];
    let texts: std::collections::BTreeSet<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), errors.len());
    assert!(WireError::Members.text().contains(&MAX_MEMBERS.to_string()));
    assert!(WireError::String.text().contains(&MAX_STRING.to_string()));
}
