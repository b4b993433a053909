// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Frames that are valid, made at random.

use lunatik_abi::{
    codec::Writer,
    wire::{handle, Flat, ToKernel, MAX_MEMBERS, MAX_STRING},
};

use crate::random::Random;

/// What messages may name.
pub struct Names<'a> {
    /// Grants.
    pub grants: &'a [u32],
    /// Descriptors.
    pub files: &'a [u32],
}

/// The bytes of a frame.
pub fn bytes(frame: &ToKernel<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(()) = frame.encode(&mut bytes);
    bytes
}

/// The body of a message of one value.
pub fn body(build: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    build(&mut writer);
    writer.finish().expect("the value is whole")
}

/// The bytes of a message to a grant. The body need not be valid.
pub fn message(grant: u32, body: &[u8]) -> Vec<u8> {
    match Flat::check(body) {
        Ok(value) => bytes(&ToKernel::Message { grant, value }),
        Err(_) => {
            // The header of a valid one, with another length.
            let mut frame = message(grant, b"\x02");
            frame.truncate(lunatik_abi::wire::HEADER);
            frame.extend_from_slice(body);
            let length = frame.len() as u32;
            frame[..4].copy_from_slice(&length.to_le_bytes());
            frame
        }
    }
}

/// The bytes of a message of one handle.
pub fn handle_to(grant: u32, kind: u8, index: u32) -> Vec<u8> {
    message(
        grant,
        &body(|writer| writer.handle(kind, index).expect("a handle is a value")),
    )
}

/// Writes a value that can be sent.
fn scalar(random: &mut Random, names: &Names<'_>, writer: &mut Writer<Vec<u8>>) {
    let written = match random.below(9) {
        0 => writer.boolean(random.one_in(2)),
        1 => writer.integer(random.bits() as i64),
        2 => writer.float(random.bits()),
        3 if !names.grants.is_empty() => writer.handle(handle::ACTOR, random.one_of(names.grants)),
        4 if !names.files.is_empty() => writer.handle(handle::FILE, random.one_of(names.files)),
        5 => writer.handle(handle::OWN, 0),
        6 => {
            let length = random.one_of(&[0, 1, MAX_STRING]);
            writer.string(&random.bytes(length))
        }
        _ => writer.integer(random.below(100) as i64),
    };
    written.expect("a value can be written");
}

/// The body of a message that can be sent.
pub fn any_body(random: &mut Random, names: &Names<'_>) -> Vec<u8> {
    body(|writer| {
        if random.one_in(3) {
            return scalar(random, names, writer);
        }
        writer.begin_table().expect("a table can begin");
        for _ in 0..=random.below(MAX_MEMBERS) {
            let length = random.below(12);
            let key = random.bytes(length);
            writer.string(&key).expect("a key can be written");
            scalar(random, names, writer);
        }
        writer.end_table().expect("the table has members");
    })
}

/// Any frame of a process that is set up; most are messages.
pub fn any(random: &mut Random, names: &Names<'_>) -> Vec<u8> {
    let grant = match names.grants {
        [] => random.below(4) as u32,
        grants => random.one_of(grants),
    };
    match random.below(20) {
        0 => bytes(&ToKernel::Close { grant }),
        1 | 2 => bytes(&ToKernel::Pause),
        3 | 4 => bytes(&ToKernel::Resume),
        5 if random.one_in(100) => bytes(&ToKernel::CloseInbox),
        _ => message(grant, &any_body(random, names)),
    }
}
