// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Bytes that are no frames, or nearly are.

use lunatik_abi::wire::{Frame, HEADER, MAX_FRAME};

use crate::{attack::Attack, random::Random};

/// The kinds of frames in both directions, and their neighbours.
const TYPES: [u16; 16] = [
    0, 1, 2, 3, 4, 5, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
];

/// Random bytes. Some have a header that fits, so that also their bodies are read.
pub fn random(attack: &mut Attack) {
    while attack.goes_on() {
        let random = &mut attack.random;
        let length = match random.below(40) {
            0 => random.below(MAX_FRAME + 100),
            1..=5 => 0,
            _ => random.below(200),
        };
        let mut bytes = random.bytes(length);
        if random.one_in(4) {
            // Bytes that mean something more often.
            bytes.iter_mut().for_each(|byte| *byte %= 12);
        }
        if !random.one_in(8) {
            let number = if random.one_in(2) {
                random.bits() as u32
            } else {
                random.below(4) as u32
            };
            let header = Frame::header(random.one_of(&TYPES), number, length);
            bytes.splice(0..0, header);
        }
        let _ = attack.write(&bytes);
        attack.drain();
    }
}

/// Changes bytes at random.
pub fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len().max(1));
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] = random.bits() as u8,
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => bytes.truncate(at),
            4 => bytes.extend_from_within(at..),
            _ => bytes.insert(at, random.below(12) as u8),
        }
    }
}

/// Valid frames, changed. In most, only the body is, and the length in the header is right.
pub fn mutate(attack: &mut Attack) {
    attack.wait_for_grant();
    while attack.goes_on() {
        let mut bytes = attack.any();
        if attack.random.one_in(20) {
            damage(&mut attack.random, &mut bytes);
        } else if bytes.len() > HEADER && !attack.random.one_in(4) {
            let mut body = bytes.split_off(HEADER);
            damage(&mut attack.random, &mut body);
            bytes.extend_from_slice(&body);
            let length = bytes.len() as u32;
            bytes[..4].copy_from_slice(&length.to_le_bytes());
        }
        let _ = attack.write(&bytes);
        attack.drain();
    }
}
