// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `profile`.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf}, //
};

use lunatik_abi::abi::{Profile, Reply, Request};

use crate::{
    failure::{Exit, Failure},
    folded::Folded,
    observing::ProfileArgs,
    script::check_runtime_name,
    session::Session,
    value::{numbers, Value},
};

pub(super) fn profile(session: &mut Session, args: &ProfileArgs) -> Result<(), Failure> {
    check_runtime_name(args.name.as_bytes())?;
    let mut folded = Folded::default();
    let request = Request::Profile(Profile {
        name: args.name.as_bytes(),
        duration_ms: args.seconds.saturating_mul(1000),
        hz: args.hz,
        with_parts: args.all,
    });
    let answer = session.request(&request, &mut |reply| {
        if let Reply::Stack { stack, count } = reply {
            folded.add(stack, *count);
        }
        Ok(())
    })?;
    let figures = Figures::new(&answer.into_values());
    let summary = figures.summary(args, &folded);
    if args.running {
        folded.keep_running();
    }
    if folded.is_empty() {
        let what = if args.running && figures.ticks > 0 {
            "none of its code was seen to run"
        } else {
            "it has ended before the first one"
        };
        let mut message = format!("no sample of {}: {what}", args.name.escape_debug());
        if figures.lost > 0 {
            let lost = format!(
                "; {} are lost, because the machine was too busy",
                figures.lost
            );
            message.push_str(&lost);
        }
        return Err(Failure::new(Exit::Script, message));
    }
    match &args.output {
        None => super::print(folded.text().as_bytes())?,
        Some(file) => write_files(file, args, &folded)?,
    }
    // If standard error does not accept it, there is nobody to tell.
    let _ = std::io::stderr().write_all(summary.as_bytes());
    Ok(())
}

/// What the kernel says about the profile.
struct Figures {
    ticks: u64,
    runtimes: u64,
    lost: u64,
    cut: u64,
    left_out: u64,
}

impl Figures {
    fn new(values: &[Value]) -> Self {
        let found: HashMap<_, _> = numbers(values).into_iter().collect();
        let figure = |name: &str| found.get(name).copied().unwrap_or(0);
        Self {
            ticks: figure("ticks"),
            runtimes: figure("runtimes"),
            lost: figure("lost"),
            cut: figure("cut"),
            left_out: figure("left_out"),
        }
    }

    /// Lines for standard error.
    fn summary(&self, args: &ProfileArgs, folded: &Folded) -> String {
        let (running, waiting) = folded.samples();
        let mut text = format!(
            "{} samples in {:.1} s, {} a second, of {} {}: {running} running, {waiting} waiting\n",
            running + waiting,
            self.ticks as f64 / f64::from(args.hz),
            args.hz,
            self.runtimes,
            if self.runtimes == 1 {
                "runtime"
            } else {
                "runtimes"
            },
        );
        let mut warn = |count: u64, what: &str| {
            if count > 0 {
                text.push_str(&format!("{count} {what}\n"));
            }
        };
        warn(
            self.lost,
            "samples are lost: the machine was too busy, or there were too many stacks",
        );
        warn(
            self.cut,
            "samples have the 127 innermost calls, or 8 KiB of them, and no others",
        );
        warn(
            self.left_out,
            "parts of the script are left out: more than 256 lived, or they run in hooks",
        );
        text
    }
}

fn write_files(file: &Path, args: &ProfileArgs, folded: &Folded) -> Result<(), Failure> {
    let title = format!("lunatik profile {}", args.name.escape_debug());
    let subtitle = format!("{} samples a second, at most {} s", args.hz, args.seconds);
    let mut image = Vec::new();
    folded
        .flame_graph(title, subtitle, &mut image)
        .map_err(|error| {
            Failure::new(Exit::Script, format!("cannot draw a flame graph: {error}"))
        })?;
    for (extension, bytes) in [("folded", folded.text().as_bytes()), ("svg", &image)] {
        let path = with_extension(file, extension);
        fs::write(&path, bytes).map_err(|error| {
            let message = format!("cannot write {}: {error}", path.display());
            Failure::new(Exit::Script, message)
        })?;
    }
    Ok(())
}

/// `FILE.extension`, also where FILE ends in one of the two that are written.
fn with_extension(file: &Path, extension: &str) -> PathBuf {
    match file.extension().and_then(OsStr::to_str) {
        Some("svg" | "folded") => file.with_extension(extension),
        _ => {
            let mut name = file.as_os_str().to_owned();
            name.push(".");
            name.push(extension);
            name.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_have_the_given_name() {
        for (file, svg) in [
            ("a", "a.svg"),
            ("a.svg", "a.svg"),
            ("d/a.folded", "d/a.svg"),
            ("a.lua", "a.lua.svg"),
            (".svg", ".svg.svg"),
        ] {
            assert_eq!(with_extension(Path::new(file), "svg"), Path::new(svg));
        }
    }
}
