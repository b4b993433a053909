// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The order of the beginning, broken.

use std::time::Duration;

use lunatik_abi::wire::ToKernel;

use crate::{attack::Attack, frames};

/// Never says that the process is set up, whatever else it says.
pub fn late(attack: &mut Attack) {
    while !attack.is_over() {
        if attack.random.one_in(4) {
            let _ = attack.write_any();
        }
        attack.drain();
        std::thread::sleep(attack.random.time(Duration::from_millis(50)));
    }
}

/// Other processes of this program: those of other actors, and their children.
fn others() -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter(|entry| {
            let comm = std::fs::read_to_string(entry.path().join("comm"));
            comm.is_ok_and(|comm| comm == "hostile-host\n")
        })
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Gives the link to processes that are not the writer's child.
pub fn adopt_strangers(attack: &mut Attack) {
    let parent = std::os::unix::process::parent_id();
    let beyond = [
        0,
        1,
        2,
        parent,
        std::process::id(),
        1 << 22,
        1 << 31,
        u32::MAX,
    ];
    let others = if attack.random.one_in(10) {
        others()
    } else {
        Vec::new()
    };
    let pid = match attack.random.below(4) {
        0 => attack.random.bits() as u32 | 1 << 23,
        1 if !others.is_empty() => attack.random.one_of(&others),
        _ => attack.random.one_of(&beyond),
    };
    let adopted = attack.link.write(&frames::bytes(&ToKernel::Adopt { pid }));
    attack
        .report
        .must_fail(&format!("Adopt of process {pid}"), adopted);
}

/// Uses the link too early, then does what can be done only once.
pub fn run(attack: &mut Attack) {
    for _ in 0..attack.random.below(20) {
        let _ = attack.write_any();
        attack.drain();
        if attack.random.one_in(3) {
            adopt_strangers(attack);
        }
    }
    if attack.random.one_in(4) {
        // It fails, and goes on nevertheless.
        let errno = 1 + attack.random.below(4095) as u32;
        let _ = attack.write(&frames::bytes(&ToKernel::Failed { errno }));
    }
    let is_ready = attack.ready();
    attack.report.count(&is_ready);
    while attack.goes_on() {
        match attack.random.below(20) {
            0 => drop(attack.ready()),
            1 => {
                let _ = attack.write(&frames::bytes(&ToKernel::Failed { errno: 12 }));
            }
            2..=8 => adopt_strangers(attack),
            _ => {
                let _ = attack.write_any();
            }
        }
        attack.drain();
        std::thread::sleep(attack.random.time(Duration::from_millis(5)));
    }
}
