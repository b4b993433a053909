// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A process that hosts a user-space actor and misbehaves, to prove that it harms nothing but itself. The kernel module
//! starts it instead of the tool if its parameter `host` says so.
//!
//! The name of the actor's module says how it misbehaves: see [`kinds`]. Variables of the environment that the actor
//! is spawned with: `SEED` (a number) repeats the same random choices; `LIFE` is the time of the attack in milliseconds;
//! `REPORT` is a file to which lines are added: "wrong: …" for what the kernel must not do, and "done: …" at the end.

mod attack;
mod frames;
mod kinds;
mod link;
mod random;
mod report;

use std::{
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    process::ExitCode,
    time::Duration, //
};

use lunatik_abi::wire::{split, Start, ToProcess, MAX_FRAME};

use crate::{attack::Attack, link::Link, random::Random, report::Report};

/// A variable of the environment as a number.
fn number(start: &Start<'_>, wanted: &str, default: u64) -> u64 {
    variable(start, wanted)
        .and_then(|value| std::str::from_utf8(value).ok()?.parse().ok())
        .unwrap_or(default)
}

fn variable<'a>(start: &Start<'a>, wanted: &str) -> Option<&'a [u8]> {
    start
        .environment()
        .find(|(name, _)| *name == wanted.as_bytes())
        .map(|(_, value)| value)
}

fn run(token: &str) -> Result<(), String> {
    let link = Link::open().map_err(|error| format!("the device cannot be opened: {error}"))?;
    link.attach(token.as_bytes())
        .map_err(|error| format!("the kernel refuses the token: {error}"))?;
    // The start stays there if it does not fit.
    let too_short = link.read(&mut [0; 64]);
    let mut buffer = vec![0; MAX_FRAME];
    let length = link
        .read(&mut buffer)
        .map_err(|error| format!("there is no first frame: {error}"))?;
    let Ok(Some((frame, rest))) = split(&buffer[..length]) else {
        return Err("the first read returns no frame".into());
    };
    let Ok(ToProcess::Start(start)) = ToProcess::decode(&frame) else {
        return Err("the first frame is no start".into());
    };
    let name = String::from_utf8_lossy(start.module).into_owned();
    // A module that is a path stands for the last part of it.
    let kind = name.rsplit('/').next().unwrap_or_default();
    let kind = kinds::find(kind).ok_or_else(|| format!("there is no attack '{name}'"))?;
    let seed = number(&start, "SEED", 1);
    let file =
        variable(&start, "REPORT").map(|path| PathBuf::from(std::ffi::OsStr::from_bytes(path)));
    let life = Duration::from_millis(number(&start, "LIFE", 1000));
    let report = Report::new(file, format!("{} {seed}", kind.name));
    report.take_panics();
    let mut attack = Attack::new(link, token.into(), Random::new(seed), report, life);
    attack.take(rest);
    attack
        .report
        .must_fail("a read into too little space", too_short);
    if kind.is_ready {
        attack.ready().map_err(|error| {
            format!("the kernel does not take that the actor is ready: {error}")
        })?;
    }
    (kind.run)(&mut attack);
    attack.report.done();
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, mode, token] = &arguments[..] else {
        eprintln!("usage: hostile-host host TOKEN");
        return ExitCode::from(2);
    };
    if mode == kinds::AGAIN {
        // An attack has executed the program a second time.
        return kinds::again(token);
    }
    match run(token) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hostile-host: {error}");
            ExitCode::FAILURE
        }
    }
}
