// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Any bytes are frames of the protocol of user-space actors, or errors; and a frame that is accepted, written again,
//! is the same bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lunatik_abi::codec::Token;
use lunatik_abi::wire::{
    handle, split, Flat, ToKernel, ToProcess, MAX_FRAME, MAX_MEMBERS, MAX_MESSAGE, MAX_STRING,
};

/// What whoever takes a flat message relies on.
fn is_flat(flat: &Flat<'_>) {
    let mut reader = flat.reader();
    let (mut tables, mut strings, mut handles, mut own) = (0, 0, 0, 0);
    while let Some(token) = reader.token().expect("it was checked") {
        match token {
            Token::TableBegin => tables += 1,
            Token::TableEnd | Token::Boolean(_) | Token::Integer(_) | Token::Float(_) => {}
            Token::String(bytes) => {
                assert!(bytes.len() <= MAX_STRING);
                strings += 1;
            }
            Token::Handle { kind, index } => {
                handles += 1;
                if kind == handle::OWN {
                    assert_eq!(index, 0);
                    own += 1;
                }
                assert!(kind <= handle::OWN);
            }
            Token::Nil | Token::Reference(_) => panic!("{token:?}"),
        }
    }
    assert!(tables <= 1 && strings <= 2 * MAX_MEMBERS && handles as usize <= MAX_MEMBERS);
    assert_eq!((flat.handles(), flat.own()), (handles, own));
}

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while let Ok(Some((frame, after))) = split(rest) {
        let used = &rest[..rest.len() - after.len()];
        assert!(used.len() <= MAX_FRAME);
        let mut again = Vec::with_capacity(used.len());
        let (kernel, process) = (ToKernel::decode(&frame), ToProcess::decode(&frame));
        assert!(kernel.is_err() || process.is_err(), "no kind is for both");
        if let Ok(read) = &kernel {
            if let ToKernel::Message { grant, value } = read {
                assert!(used.len() <= MAX_MESSAGE);
                assert_eq!(ToKernel::grant(&frame), Some(*grant));
                is_flat(value);
            }
            read.encode(&mut again).expect("memory is there");
            assert_eq!(again, used);
        }
        if let Ok(read) = &process {
            match read {
                ToProcess::Message(value) => {
                    assert_eq!(value.own(), 0);
                    is_flat(value);
                }
                // All variables of the environment were checked.
                ToProcess::Start(start) => drop(start.environment().count()),
                ToProcess::NoSenders { .. } | ToProcess::Room { .. } => {}
            }
            read.encode(&mut again).expect("memory is there");
            assert_eq!(again, used);
        }
        rest = after;
    }
});
