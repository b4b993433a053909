// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A process that behaves: it sends each message to the first address that it has got.

use lunatik_abi::wire::{split, ToKernel, ToProcess, MAX_FRAME};
use nix::errno::Errno;

use crate::{attack::Attack, frames};

/// Echoes until the kernel closes the link or nobody listens.
pub fn run(attack: &mut Attack) {
    if !attack.wait_for_grant() {
        return;
    }
    let home = attack.grants[0];
    let mut buffer = vec![0; MAX_FRAME];
    attack.link.set_blocking(true);
    while !attack.is_over() {
        if !matches!(attack.link.wait(100), Ok(true)) {
            continue;
        }
        let Ok(length @ 1..) = attack.link.read(&mut buffer) else {
            return;
        };
        attack.take(&buffer[..length]);
        let mut rest = &buffer[..length];
        while let Ok(Some((frame, after))) = split(rest) {
            rest = after;
            if let Ok(ToProcess::Message(value)) = ToProcess::decode(&frame) {
                let answer = frames::bytes(&ToKernel::Message { grant: home, value });
                match attack.write(&answer) {
                    Ok(_) => {}
                    // One question at a time is asked, so there is always room.
                    Err(Errno::EAGAIN) => attack.report.wrong("there is no room for one answer"),
                    Err(_) => return,
                }
            }
        }
    }
}
