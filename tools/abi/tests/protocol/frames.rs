// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Frames of any kind: their headers, and damaged ones.

use lunatik_abi::abi::{
    errno, split_frame, AbiError, Budget, Context, FrameError, Permissions, Reply, Request,
    RequestKind, Source, Start, HEADER_LENGTH, MAX_FRAME,
};
use lunatik_abi::codec::Message;

use crate::frame;

#[test]
fn bodies_that_are_not_one_table_are_refused() {
    for body in [&b""[..], b"\x00", b"\x06\x07\x00", b"\x06\x03\x02\x02\x07"] {
        let error = Request::decode(&frame(RequestKind::List.number(), body)).unwrap_err();
        assert_eq!(error, AbiError::NotFields, "{body:x?}");
        assert_eq!(error.errno(), errno::EPROTO);
    }
}

#[test]
fn unknown_kinds_and_flags_are_refused() {
    let unknown = frame(0x7777, b"\x06\x07");
    let error = Request::decode(&unknown).unwrap_err();
    assert_eq!(error, AbiError::UnknownKind(0x7777));
    assert_eq!(error.errno(), errno::ENOSYS);
    let mut flagged = frame(RequestKind::List.number(), b"\x06\x07");
    flagged.header.flags = 1;
    let error = Request::decode(&flagged).unwrap_err();
    assert_eq!(error, AbiError::UnknownFlags(1));
    assert!(!error.loses_stream());
}

#[test]
fn impossible_lengths_are_refused_at_once() {
    for length in [0, 11, MAX_FRAME as u32 + 1, u32::MAX] {
        let mut bytes = [0; HEADER_LENGTH];
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        let error = split_frame(&bytes).unwrap_err();
        assert_eq!(error, AbiError::FrameLength(length));
        assert!(error.loses_stream());
    }
}

#[test]
fn a_frame_that_would_be_too_long_is_not_begun() {
    let text = vec![b' '; MAX_FRAME];
    let mut bytes = Vec::new();
    let error = Request::Repl {
        text: &text,
        permissions: None,
        budget: Budget::default(),
    }
    .encode(1, &mut bytes);
    assert_eq!(error, Err(FrameError::TooLong));
    assert!(bytes.is_empty());
}

#[test]
fn header_bytes_are_where_the_document_says() {
    let mut bytes = Vec::new();
    Request::List.encode(0x0403_0201, &mut bytes).unwrap();
    assert_eq!(bytes, b"\x0e\0\0\0\x08\0\0\0\x01\x02\x03\x04\x06\x07");
}

/// Damaged frames are read or refused, never worse; the same damage each time.
#[test]
fn damaged_frames_do_no_harm() {
    let mut seed: u64 = 88_172_645_463_325_252;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut good = Vec::new();
    Request::Run(Start {
        name: Some(b"counter"),
        source: Source::Text {
            text: b"return 1",
            chunk: b"=x",
            directory: b"",
        },
        context: Context::Softirq,
        percpu: true,
        replace: Some(100),
        memory_limit: 1,
        permissions: Some(Permissions::NOTHING),
        budget: Budget::default(),
        arguments: Message::EMPTY,
        streams: [None; 3],
    })
    .encode(1, &mut good)
    .unwrap();
    for _ in 0..300_000 {
        let mut bytes = good.clone();
        for _ in 0..=random() % 3 {
            let at = (random() % bytes.len() as u64) as usize;
            bytes[at] = random() as u8;
        }
        if let Ok(Some(frame)) = split_frame(&bytes) {
            let _ = Request::decode(&frame);
            let _ = Reply::decode(&frame);
        }
    }
}

#[test]
fn the_seeds_of_the_fuzzer_are_frames_that_say_something() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/frames");
    for seed in std::fs::read_dir(folder).unwrap() {
        let path = seed.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let frame = split_frame(&bytes).unwrap().expect("a whole frame");
        assert!(
            Request::decode(&frame).is_ok() || Reply::decode(&frame).is_ok(),
            "{}",
            path.display()
        );
    }
}
