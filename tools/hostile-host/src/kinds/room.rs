// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Fills everything to the brim, and then insists on what the kernel promises: after each refusal for want of room, it
//! tells when there is room.

use std::time::{Duration, Instant};

use lunatik_abi::wire::{split, ToProcess, HEADER, MAX_FRAME};
use nix::errno::Errno;

use crate::{
    attack::Attack,
    frames::{body, message},
    kinds::flood::longest_body,
};

/// Bytes of a process's messages that may be underway: from then on all are refused.
const MAX_BYTES: usize = 1 << 20;

/// How many grants that takes.
const GRANTS: usize = 6;

/// How long the receiver may take until it receives again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads until there is room for one grant, or for too long. Returns whether there is.
fn wait_for_room(attack: &mut Attack, grant: u32, buffer: &mut [u8]) -> bool {
    let until = Instant::now() + PATIENCE;
    let mut has_room = false;
    while !has_room && Instant::now() < until && !attack.is_lost {
        let _ = attack.link.wait(50);
        let length = match attack.link.read(buffer) {
            Ok(0) => {
                attack.is_lost = true;
                break;
            }
            Ok(length) => length,
            Err(_) => continue,
        };
        attack.take(&buffer[..length]);
        let mut rest = &buffer[..length];
        while let Ok(Some((frame, after))) = split(rest) {
            rest = after;
            has_room |= ToProcess::decode(&frame) == Ok(ToProcess::Room { grant });
        }
    }
    has_room
}

/// Fills one grant by the number of messages, then others by their bytes, as much as is admitted and not a message more.
/// So only the first one is refused.
fn fill(attack: &mut Attack, grants: &[u32]) -> Option<u32> {
    // Whoever receives this sleeps for a moment.
    let pause = body(|writer| {
        writer.begin_table().expect("a table can begin");
        writer.string(b"pause").expect("a key can be written");
        writer.boolean(true).expect("a value can be written");
        writer.end_table().expect("the table has members");
    });
    let (&first, others) = grants.split_first()?;
    attack.write(&message(others[0], &pause)).ok()?;
    let mut bytes = pause.len();
    let mut small = 0;
    let refused = loop {
        match attack.write(&message(first, b"\x02")) {
            Ok(_) => small += 1,
            Err(error) => break error,
        }
        if small > 10_000 {
            attack.report.wrong("a grant has room for 10000 messages");
            return None;
        }
    };
    bytes += small;
    let long = longest_body();
    for &grant in others {
        for _ in 0..small.saturating_sub(1) {
            if bytes >= MAX_BYTES || attack.write(&message(grant, &long)).is_err() {
                break;
            }
            bytes += long.len();
        }
    }
    (refused == Errno::EAGAIN).then_some(first)
}

/// Fills and waits until the time is over.
pub fn run(attack: &mut Attack) {
    attack.is_tidy = false;
    let mut buffer = vec![0; MAX_FRAME + HEADER];
    while attack.targets.len() < GRANTS && !attack.is_over() && !attack.is_lost {
        let _ = attack.link.wait(50);
        attack.drain();
    }
    if attack.targets.len() < GRANTS {
        return;
    }
    let grants = attack.targets[..GRANTS].to_vec();
    // The others are not needed, and the kernel admits only so many.
    attack.grants.retain(|grant| !grants.contains(grant));
    attack.is_tidy = true;
    while !attack.is_over() && !attack.is_lost {
        let Some(blocked) = fill(attack, &grants) else {
            attack.drain();
            continue;
        };
        attack.link.set_blocking(false);
        if !wait_for_room(attack, blocked, &mut buffer) && !attack.is_lost {
            attack
                .report
                .wrong("a grant was refused for want of room, and never has room again");
            return;
        }
    }
}
