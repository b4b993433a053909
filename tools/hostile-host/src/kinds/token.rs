// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tokens that are wrong, used, or another's.

use std::time::Duration;

use crate::{
    attack::Attack,
    link::{attach_request, Link},
    random::Random,
};

/// A token that stands for nothing.
pub fn wrong(random: &mut Random, right: &[u8]) -> Vec<u8> {
    let mut token = right.to_vec();
    let at = random.below(token.len());
    match random.below(6) {
        0 => random
            .bytes(16)
            .iter()
            .flat_map(|byte| format!("{byte:02x}").into_bytes())
            .collect(),
        1 => token[..at].to_vec(),
        2 => [&token[..], b"0"].concat(),
        3 => token.to_ascii_uppercase().iter().rev().copied().collect(),
        4 => {
            let length = random.below(3000);
            random.bytes(length)
        }
        _ => {
            token[at] = if token[at] == b'0' { b'1' } else { b'0' };
            token
        }
    }
}

/// The tokens of other processes, as their command lines have them.
fn stolen() -> Vec<Vec<u8>> {
    let own = std::process::id().to_string();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy() != own)
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .filter_map(|line| {
            let mut words = line.split(|&byte| byte == 0);
            let token = words
                .find(|word| *word == b"host")
                .and_then(|_| words.next())?;
            Some(token.to_vec())
        })
        .collect()
}

/// Attaches other files, with the used token, with those of others and with wrong ones.
pub fn attach_again(attack: &mut Attack) {
    let Ok(second) = Link::open() else {
        return;
    };
    let is_attached = second.attaches(&attack.token);
    attack
        .report
        .must_not("a second use of the token", is_attached);
    if attack.random.one_in(10) {
        for token in stolen() {
            let is_attached = second.attaches(&token);
            attack
                .report
                .must_not("the token of another process", is_attached);
        }
    }
    for _ in 0..attack.random.below(4) {
        let token = wrong(&mut attack.random, &attack.token);
        // A token in reverse may be the same one.
        if token != attack.token {
            let is_attached = second.attaches(&token);
            attack.report.must_not("a wrong token", is_attached);
        }
    }
    // The file that was refused speaks no protocol of an actor.
    let frame = attack.any();
    let _ = second.write(&frame);
    let _ = second.read(&mut [0; 100]);
}

/// Attaches again and again; at times over the link itself.
pub fn run(attack: &mut Attack) {
    while attack.goes_on() {
        attach_again(attack);
        attack.drain();
        if attack.random.one_in(200) {
            let token = attack.token.clone();
            let _ = attack.write(&attach_request(&token));
        }
        std::thread::sleep(attack.random.time(Duration::from_millis(2)));
    }
}
