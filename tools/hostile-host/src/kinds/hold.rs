// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What is sent to the process stays where it is.

use std::time::Duration;

use lunatik_abi::wire::ToKernel;
use nix::sys::resource::{setrlimit, Resource};

use crate::{attack::Attack, frames};

/// Never reads. Now and then it says that it will.
pub fn hold(attack: &mut Attack) {
    while !attack.is_over() {
        let frame = if attack.random.one_in(2) {
            ToKernel::Resume
        } else {
            ToKernel::Pause
        };
        let _ = attack.write(&frames::bytes(&frame));
        std::thread::sleep(attack.random.time(Duration::from_millis(20)));
    }
}

/// Reads everything, and closes no grant and no descriptor. At times it may have no more descriptors.
pub fn hoard(attack: &mut Attack) {
    attack.is_tidy = false;
    while attack.goes_on() {
        let most = attack.random.one_of(&[0, 6, 64, 1024]);
        let limited = setrlimit(Resource::RLIMIT_NOFILE, most, 1024);
        attack.report.count(&limited);
        let _ = attack.link.wait(20);
        attack.drain();
    }
    // The report is a file.
    let _ = setrlimit(Resource::RLIMIT_NOFILE, 1024, 1024);
}
