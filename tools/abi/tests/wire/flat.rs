// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The values that may be sent, and why others are refused.

use crate::support::*;
use lunatik_abi::codec::{DecodeError, ShapeError, Token, Writer, MAX_DEPTH};
use lunatik_abi::wire::{
    handle, Flat, ToKernel, WireError, HEADER, MAX_MEMBERS, MAX_MESSAGE, MAX_STRING,
};

/// Why a message is refused.
fn refusal(build: impl FnOnce(&mut Writer<Vec<u8>>)) -> WireError {
    Flat::check(&message(build)).unwrap_err()
}

/// Why a table with the member "k" of this value is refused.
fn member(build: impl FnOnce(&mut Writer<Vec<u8>>)) -> WireError {
    refusal(|writer| {
        writer.begin_table().unwrap();
        writer.string(b"k").unwrap();
        build(writer);
        writer.end_table().unwrap();
    })
}

fn keyed(build: impl FnOnce(&mut Writer<Vec<u8>>)) -> WireError {
    refusal(|writer| {
        writer.begin_table().unwrap();
        build(writer);
        writer.boolean(true).unwrap();
        writer.end_table().unwrap();
    })
}

#[test]
fn there_is_exactly_one_value() {
    assert_eq!(Flat::check(b""), Err(WireError::Count));
    assert_eq!(Flat::check(b"\x02\x02"), Err(WireError::Count));
    let tables = refusal(|writer| {
        empty_table(writer);
        empty_table(writer);
    });
    assert_eq!(tables, WireError::Count);
}

#[test]
fn nil_is_no_value() {
    assert_eq!(refusal(|writer| writer.nil().unwrap()), WireError::Nil);
    assert_eq!(member(|writer| writer.nil().unwrap()), WireError::Nil);
    let key = WireError::Malformed(DecodeError::Shape(ShapeError::NilKey));
    assert_eq!(Flat::check(b"\x06\x00\x02\x07"), Err(key));
}

#[test]
fn tables_have_members_and_are_in_no_table() {
    assert_eq!(refusal(empty_table), WireError::Empty);
    assert_eq!(member(empty_table), WireError::Nested);
    assert_eq!(keyed(empty_table), WireError::Nested);
    assert_eq!(
        member(|writer| writer.reference(0).unwrap()),
        WireError::Nested
    );
    assert_eq!(
        keyed(|writer| writer.reference(0).unwrap()),
        WireError::Nested
    );
    let deepest = usize::from(MAX_DEPTH);
    let nested = [&[6].repeat(deepest)[..], &[7, 1].repeat(deepest - 1), &[7]].concat();
    assert_eq!(Flat::check(&nested), Err(WireError::Nested));
    let deeper = Flat::check(&[6].repeat(deepest + 1)).unwrap_err();
    let too_deep = WireError::Malformed(DecodeError::Shape(ShapeError::TooDeep));
    assert_eq!(deeper, too_deep);
}

#[test]
fn keys_are_strings() {
    assert_eq!(keyed(|writer| writer.integer(1).unwrap()), WireError::Key);
    assert_eq!(keyed(|writer| writer.float(0).unwrap()), WireError::Key);
    assert_eq!(
        keyed(|writer| writer.boolean(false).unwrap()),
        WireError::Key
    );
    for kind in [handle::ACTOR, handle::FILE, handle::OWN, 77] {
        let key = keyed(|writer| writer.handle(kind, 0).unwrap());
        assert_eq!(key, WireError::Key);
    }
}

#[test]
fn tables_have_20_members_at_most() {
    assert_eq!(MAX_MEMBERS, 20);
    let of = |count: usize| {
        encoded(&vec![
            (b"".to_vec(), Value::Scalar(Token::Boolean(true)));
            count
        ])
    };
    assert!(Flat::check(&of(20)).is_ok());
    assert_eq!(Flat::check(&of(21)), Err(WireError::Members));
    assert_eq!(Flat::check(&of(10_000)), Err(WireError::Members));
}

#[test]
fn strings_have_255_bytes_at_most() {
    assert_eq!(MAX_STRING, 255);
    for length in [0, 255, 256, 10_000] {
        let bytes = vec![0xff; length];
        let root = message(|writer| writer.string(&bytes).unwrap());
        let value = encoded(&[(b"k".to_vec(), Value::String(bytes.clone()))]);
        let key = encoded(&[(bytes, Value::Scalar(Token::Integer(0)))]);
        for body in [root, value, key] {
            let checked = Flat::check(&body).map(|_| ());
            let wanted = if length > 255 {
                Err(WireError::String)
            } else {
                Ok(())
            };
            assert_eq!(checked, wanted, "{length}");
        }
    }
}

#[test]
fn the_longest_message_fits_exactly() {
    let members = vec![
        (
            vec![b'k'; MAX_STRING],
            Value::String(vec![b'v'; MAX_STRING])
        );
        MAX_MEMBERS
    ];
    let body = encoded(&members);
    assert_eq!(HEADER + body.len(), MAX_MESSAGE);
    let value = Flat::check(&body).unwrap();
    assert_eq!(
        process_writes(&ToKernel::Message { grant: 0, value }).len(),
        MAX_MESSAGE
    );
}

#[test]
fn handles_are_of_known_kinds() {
    let of = |kind, index| message(|writer| writer.handle(kind, index).unwrap());
    for index in [0, 1, u32::MAX] {
        for kind in [handle::ACTOR, handle::FILE] {
            assert!(Flat::check(&of(kind, index)).is_ok());
        }
        for kind in 3..=u8::MAX {
            let refused = Err(WireError::Handle);
            assert_eq!(Flat::check(&of(kind, index)), refused);
        }
    }
    // A process has one actor, and only a process says "the actor of this process".
    assert!(to_kernel(SEND, 0, &of(handle::OWN, 0)).is_ok());
    assert_eq!(
        to_kernel(SEND, 0, &of(handle::OWN, 1)),
        Err(WireError::Handle)
    );
    assert_eq!(
        to_process(MESSAGE, 0, &of(handle::OWN, 0)),
        Err(WireError::Handle)
    );
    let among_others = encoded(&[
        (
            b"1".to_vec(),
            Value::Scalar(Token::Handle {
                kind: handle::ACTOR,
                index: 1,
            }),
        ),
        (
            b"2".to_vec(),
            Value::Scalar(Token::Handle {
                kind: handle::OWN,
                index: 0,
            }),
        ),
    ]);
    assert_eq!(
        to_process(MESSAGE, 0, &among_others),
        Err(WireError::Handle)
    );
}

#[test]
fn malformed_bodies_are_refused_with_their_reason() {
    for (body, reason) in [
        (&b"\x05"[..], DecodeError::Truncated),
        (b"\x05\x02a", DecodeError::Truncated),
        (b"\x03\x80\x00", DecodeError::Overlong),
        (b"\x02\x0a", DecodeError::UnknownTag(0x0a)),
        (
            b"\x06\x05\x01a\x02",
            DecodeError::Shape(ShapeError::OpenTable),
        ),
        (
            b"\x06\x05\x01a\x07",
            DecodeError::Shape(ShapeError::MissingValue),
        ),
        (b"\x07", DecodeError::Shape(ShapeError::UnexpectedEnd)),
        (b"\x08\x00", DecodeError::Shape(ShapeError::NoSuchTable)),
    ] {
        let refused = WireError::Malformed(reason);
        assert_eq!(Flat::check(body), Err(refused), "{body:x?}");
        assert_eq!(to_kernel(SEND, 0, body), Err(refused), "{body:x?}");
        assert_eq!(to_process(MESSAGE, 0, body), Err(refused), "{body:x?}");
        assert_eq!(to_process(START, 0, body), Err(refused), "{body:x?}");
    }
}
