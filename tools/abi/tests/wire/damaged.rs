// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Frames that were whole once.

use crate::support::*;
use lunatik_abi::codec::Token;
use lunatik_abi::wire::{handle, split, ToKernel, ToProcess};

/// No frame is one of both directions, and one that is accepted is written again as the same bytes.
#[test]
fn a_million_damaged_frames_do_no_harm() {
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let body = encoded(&[
        (
            b"reply".to_vec(),
            Value::Scalar(Token::Handle {
                kind: handle::OWN,
                index: 0,
            }),
        ),
        (
            b"file".to_vec(),
            Value::Scalar(Token::Handle {
                kind: handle::FILE,
                index: 7,
            }),
        ),
        (b"text".to_vec(), Value::String(vec![b'x'; 3])),
        (b"number".to_vec(), Value::Scalar(Token::Float(0))),
    ]);
    let whole = [
        frame(SEND, 3, &body),
        frame(FAILED, 5, b""),
        frame(RESUME, 0, b""),
        frame(ROOM, 1, b""),
    ];
    let (mut good, mut bad) = (0, 0);
    for round in 0..1_000_000 {
        let mut bytes = whole[round % whole.len()].clone();
        for _ in 0..=random() % 3 {
            let at = (random() % bytes.len() as u64) as usize;
            match random() % 4 {
                0 => bytes[at] = random() as u8,
                1 => bytes[at] = (random() % 12) as u8,
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, (random() % 12) as u8),
            }
        }
        let Ok(Some((frame, rest))) = split(&bytes) else {
            bad += 1;
            continue;
        };
        let used = &bytes[..bytes.len() - rest.len()];
        let kernel = ToKernel::decode(&frame);
        let process = ToProcess::decode(&frame);
        assert!(kernel.is_err() || process.is_err(), "no kind is for both");
        if let Ok(frame) = kernel {
            assert_eq!(process_writes(&frame), used);
        }
        if let Ok(frame) = process {
            assert_eq!(kernel_writes(&frame), used);
        }
        if kernel.is_ok() || process.is_ok() {
            good += 1;
        } else {
            bad += 1;
        }
    }
    assert!(good > 1000 && bad > 1000, "{good} good, {bad} bad");
}
