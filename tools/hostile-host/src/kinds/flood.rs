// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages as fast as possible.

use crate::{
    attack::Attack,
    frames::{any_body, message, Names},
};

/// Threads that write.
const THREADS: usize = 3;

/// Floods one grant from several threads, which ignore all refusals, while this one reads.
pub fn run(attack: &mut Attack) {
    attack.wait_for_grant();
    let grant = attack.grant();
    // It must stay the process's.
    attack.is_tidy = false;
    let (link, until) = (&attack.link, attack.until);
    let mut random = attack.random.clone();
    let longest = message(grant, &longest_body());
    let (accepted, refused) = std::thread::scope(|threads| {
        let writers: Vec<_> = (0..THREADS)
            .map(|_| {
                let names = Names {
                    grants: &[],
                    files: &[],
                };
                let body = any_body(&mut random, &names);
                let frames = [message(grant, &body), longest.clone()];
                threads.spawn(move || {
                    let (mut accepted, mut refused) = (0, 0);
                    while std::time::Instant::now() < until {
                        for frame in &frames {
                            match link.write(frame) {
                                Ok(_) => accepted += 1,
                                Err(_) => refused += 1,
                            }
                        }
                    }
                    (accepted, refused)
                })
            })
            .collect();
        let mut sum = (0, 0);
        for writer in writers {
            let (accepted, refused) = writer.join().unwrap_or_default();
            sum = (sum.0 + accepted, sum.1 + refused);
        }
        sum
    });
    attack.report.accepted += accepted;
    attack.report.refused += refused;
    attack.drain();
}

/// The longest message that can be sent.
fn longest_body() -> Vec<u8> {
    use lunatik_abi::wire::{MAX_MEMBERS, MAX_STRING};

    crate::frames::body(|writer| {
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
