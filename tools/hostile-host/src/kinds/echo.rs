// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A process that behaves: it sends each message to the address in the first one.

use lunatik_abi::wire::{split, ToKernel, ToProcess, MAX_FRAME};
use nix::errno::Errno;

use crate::{attack::Attack, frames};

/// Sends a message, when there is room for it.
fn answer(attack: &mut Attack, frame: &[u8]) -> nix::Result<()> {
    loop {
        match attack.write(frame) {
            Ok(_) => return Ok(()),
            Err(Errno::EAGAIN) if !attack.is_over() => {
                // This reads nothing, so it returns early if there are more questions.
                let _ = attack.link.wait(1);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Echoes until the kernel closes the link or nobody listens.
pub fn run(attack: &mut Attack) {
    let mut home = None;
    let mut buffer = vec![0; MAX_FRAME];
    attack.link.set_blocking(true);
    while !attack.is_over() {
        if !matches!(attack.link.wait(100), Ok(true)) {
            continue;
        }
        let Ok(length @ 1..) = attack.link.read(&mut buffer) else {
            return;
        };
        let mut rest = &buffer[..length];
        while let Ok(Some((frame, after))) = split(rest) {
            attack.take(&rest[..rest.len() - after.len()]);
            rest = after;
            let Ok(ToProcess::Message(value)) = ToProcess::decode(&frame) else {
                continue;
            };
            let Some(grant) = home else {
                if attack.grants.is_empty() {
                    return attack.report.wrong("the first message has no address");
                }
                // It is not given back with those that follow.
                home = Some(attack.grants.remove(0));
                continue;
            };
            let frame = frames::bytes(&ToKernel::Message { grant, value });
            if answer(attack, &frame).is_err() {
                return;
            }
        }
    }
}
