// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Frames, messages and starts made at random.

use crate::support::{START, *};
use lunatik_abi::codec::{Message, Token};
use lunatik_abi::wire::*;
use proptest::{collection::vec, option, prelude::*};

fn string() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..20), vec(any::<u8>(), 250..=MAX_STRING)]
}

/// A value that may be in a message, without handles of the kind that only the process sends.
fn value() -> impl Strategy<Value = Value> {
    let actor_or_file = prop_oneof![Just(handle::ACTOR), Just(handle::FILE)];
    prop_oneof![
        any::<bool>().prop_map(|value| Value::Scalar(Token::Boolean(value))),
        any::<i64>().prop_map(|value| Value::Scalar(Token::Integer(value))),
        any::<u64>().prop_map(|bits| Value::Scalar(Token::Float(bits))),
        string().prop_map(Value::String),
        (actor_or_file, any::<u32>())
            .prop_map(|(kind, index)| Value::Scalar(Token::Handle { kind, index })),
    ]
}

fn own() -> impl Strategy<Value = Value> {
    Just(Value::Scalar(Token::Handle {
        kind: handle::OWN,
        index: 0,
    }))
}

fn flat<S: Strategy<Value = Value> + 'static>(value: fn() -> S) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        value().prop_map(|value| message(|writer| writer.token(value.token()).unwrap())),
        vec((string(), value()), 1..=MAX_MEMBERS).prop_map(|members| encoded(&members)),
    ]
}

fn value_or_own() -> impl Strategy<Value = Value> {
    prop_oneof![4 => value(), 1 => own()]
}

fn stream() -> impl Strategy<Value = Stream> {
    prop_oneof![
        Just(Stream::Closed),
        Just(Stream::Log),
        any::<u32>().prop_map(Stream::File)
    ]
}

fn start() -> impl Strategy<Value = Values> {
    let text = || vec(any::<u8>(), 0..300);
    (
        [text(), text(), text()],
        any::<u32>(),
        [stream(), stream(), stream()],
        option::of(text()),
        option::of(any::<u32>()),
        any::<bool>(),
        vec((text(), text()), 0..20),
    )
        .prop_map(
            |(texts, bits, streams, script, argument, single, environment)| Values {
                texts,
                namespaces: bits & namespace::ALL,
                streams,
                script,
                argument,
                single,
                environment,
            },
        )
}

proptest! {
    #[test]
    fn messages_of_a_process_survive(grant: u32, body in flat(value_or_own)) {
        let value = Flat::check(&body).unwrap();
        let sent = ToKernel::Message { grant, value };
        let bytes = process_writes(&sent);
        prop_assert!(bytes.len() <= MAX_MESSAGE);
        let frame = only(&bytes);
        prop_assert_eq!(ToKernel::decode(&frame), Ok(sent));
        prop_assert_eq!(ToKernel::grant(&frame), Some(grant));
        prop_assert_eq!(value.message().as_bytes(), &body[..]);
    }

    #[test]
    fn messages_to_a_process_survive(body in flat(value)) {
        let sent = ToProcess::Message(Flat::check(&body).unwrap());
        let bytes = kernel_writes(&sent);
        prop_assert_eq!(ToProcess::decode(&only(&bytes)), Ok(sent));
    }

    #[test]
    fn a_flat_message_counts_its_handles(members in vec((string(), value_or_own()), 1..=MAX_MEMBERS)) {
        let of = |wanted: fn(u8) -> bool| {
            let is = |value: &Value| matches!(value, Value::Scalar(Token::Handle { kind, .. }) if wanted(*kind));
            members.iter().filter(|(_, value)| is(value)).count() as u32
        };
        let body = encoded(&members);
        let flat = Flat::check(&body).unwrap();
        prop_assert_eq!((flat.handles(), flat.own()), (of(|_| true), of(|kind| kind == handle::OWN)));
    }

    #[test]
    fn numbers_survive(number: u32, errno in 1u32..=4095) {
        for sent in [
            ToKernel::Failed { errno },
            ToKernel::Adopt { pid: number },
            ToKernel::Close { grant: number },
        ] {
            let bytes = process_writes(&sent);
            prop_assert_eq!(ToKernel::decode(&only(&bytes)), Ok(sent));
        }
        for sent in [ToProcess::NoSenders { sent: number }, ToProcess::Room { grant: number }] {
            let bytes = kernel_writes(&sent);
            prop_assert_eq!(ToProcess::decode(&only(&bytes)), Ok(sent));
        }
    }

    #[test]
    fn a_start_survives(values in start()) {
        let body = values.encode();
        let read = Start::decode(&body).unwrap();
        let texts = [read.module, read.directory, read.entry];
        prop_assert_eq!(texts, values.texts.each_ref().map(Vec::as_slice));
        prop_assert_eq!(read.namespaces, values.namespaces);
        prop_assert_eq!(read.streams, values.streams);
        prop_assert_eq!(read.script, values.script.as_deref());
        prop_assert_eq!(read.argument, values.argument);
        prop_assert_eq!(read.single, values.single);
        let environment = read.environment().map(|(name, value)| (name.to_vec(), value.to_vec()));
        prop_assert_eq!(environment.collect::<Vec<_>>(), values.environment);
        prop_assert_eq!(kernel_writes(&ToProcess::Start(read)), frame(START, 0, &body));
    }

    #[test]
    fn frames_are_split_where_they_end(bodies in vec((any::<u16>(), any::<u32>(), vec(any::<u8>(), 0..50)), 0..10)) {
        let mut bytes = Vec::new();
        for (kind, number, body) in &bodies {
            Frame { kind: *kind, number: *number, body }.encode(&mut bytes).unwrap();
        }
        let mut rest = &bytes[..];
        for (kind, number, body) in &bodies {
            // No part of a frame is one.
            let whole = HEADER + body.len();
            for length in 0..whole {
                prop_assert_eq!(split(&rest[..length]), Ok(None));
            }
            let (frame, after) = split(rest).unwrap().unwrap();
            prop_assert_eq!(frame, Frame { kind: *kind, number: *number, body });
            rest = after;
        }
        prop_assert_eq!(split(rest), Ok(None));
    }

    #[test]
    fn any_bytes_are_frames_or_errors(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(Some((frame, rest))) = split(&bytes) {
            prop_assert_eq!(frame.body.len() + HEADER + rest.len(), bytes.len());
            let _ = (ToKernel::decode(&frame), ToProcess::decode(&frame));
        }
    }

    #[test]
    fn any_body_is_flat_or_refused(body in vec(0u8..12, 0..40)) {
        match (Flat::check(&body), Message::check(&body)) {
            (Ok(flat), Ok(message)) => prop_assert_eq!(flat.message(), message),
            (Err(WireError::Malformed(error)), Err(reason)) => prop_assert_eq!(error, reason),
            (Err(WireError::Malformed(_)), Ok(_)) | (_, Err(_)) => prop_assert!(false, "{body:x?}"),
            (Err(_), Ok(_)) => {}
        }
    }
}
