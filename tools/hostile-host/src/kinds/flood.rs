// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages as fast as possible.

use std::time::Instant;

use lunatik_abi::wire::{MAX_MEMBERS, MAX_STRING};

use crate::{
    attack::Attack,
    frames::{any_body, body, message, Names},
    link::Link,
};

/// Threads that write.
const THREADS: usize = 3;

/// Writes two frames in turn until then. Returns how many calls were accepted and refused.
fn write_all(link: &Link, until: Instant, frames: [Vec<u8>; 2]) -> (u64, u64) {
    let (mut accepted, mut refused) = (0, 0);
    while Instant::now() < until {
        for frame in &frames {
            match link.write(frame) {
                Ok(_) => accepted += 1,
                Err(_) => refused += 1,
            }
        }
    }
    (accepted, refused)
}

/// Floods one grant from several threads, which ignore all refusals, while this one reads.
pub fn run(attack: &mut Attack) {
    if !attack.wait_for_grant() {
        return;
    }
    // It is not given back with those that follow.
    let grant = attack.grants.remove(0);
    let longest = message(grant, &longest_body());
    let link = attack.link.clone();
    let until = attack.until;
    let (accepted, refused) = std::thread::scope(|threads| {
        let writers: Vec<_> = (0..THREADS)
            .map(|_| {
                let names = Names {
                    grants: &[],
                    files: &[],
                };
                let body = any_body(&mut attack.random, &names);
                let frames = [message(grant, &body), longest.clone()];
                let link = &link;
                threads.spawn(move || write_all(link, until, frames))
            })
            .collect();
        while !attack.is_over() && !attack.is_lost {
            let _ = attack.link.wait(20);
            attack.drain();
        }
        writers.into_iter().fold((0, 0), |sum, writer| {
            let (accepted, refused) = writer.join().unwrap_or_default();
            (sum.0 + accepted, sum.1 + refused)
        })
    });
    attack.report.accepted += accepted;
    attack.report.refused += refused;
}

/// The longest message that can be sent.
pub fn longest_body() -> Vec<u8> {
    body(|writer| {
        writer.begin_table().expect("a table can begin");
        for member in 0..MAX_MEMBERS {
            let key = [member as u8; MAX_STRING];
            writer.string(&key).expect("a key can be written");
            writer
                .string(&[0xff; MAX_STRING])
                .expect("a value can be written");
        }
        writer.end_table().expect("the table has members");
    })
}

/// Floods for a moment, from one thread.
pub fn burst(attack: &mut Attack) {
    let frame = message(attack.grant(), &longest_body());
    for _ in 0..200 {
        let _ = attack.write(&frame);
    }
}
