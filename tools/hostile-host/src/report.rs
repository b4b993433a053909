// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a test wants to know of an attack: lines that are added to a file.

use std::{fs::OpenOptions, io::Write, path::PathBuf};

/// The report of one process.
pub struct Report {
    file: Option<PathBuf>,
    /// The kind of the attack and its seed.
    name: String,
    /// Calls that the kernel has accepted.
    pub accepted: u64,
    /// Calls that it has refused.
    pub refused: u64,
    /// Frames that it has sent.
    pub frames: u64,
}

impl Report {
    /// Nothing has happened yet.
    pub fn new(file: Option<PathBuf>, name: String) -> Self {
        Self {
            file,
            name,
            accepted: 0,
            refused: 0,
            frames: 0,
        }
    }

    /// From now on a panic of this process is a line, too.
    pub fn take_panics(&self) {
        let reporter = Self::new(self.file.clone(), self.name.clone());
        std::panic::set_hook(Box::new(move |panic| {
            reporter.wrong(&panic.to_string().replace('\n', ": "));
        }));
    }

    /// Adds a line. One write adds it, so that those of several processes do not mix.
    fn line(&self, line: String) {
        let Some(path) = &self.file else {
            eprint!("{line}");
            return;
        };
        let added = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = added {
            eprintln!("hostile-host: {}: {error}", path.display());
        }
    }

    /// The kernel did what it must not do.
    pub fn wrong(&self, what: &str) {
        self.line(format!("wrong: {}: {what}\n", self.name));
    }

    /// A call whose result is counted.
    pub fn count<T, E>(&mut self, result: &Result<T, E>) {
        match result {
            Ok(_) => self.accepted += 1,
            Err(_) => self.refused += 1,
        }
    }

    /// A call that must fail.
    pub fn must_fail<T, E>(&mut self, what: &str, result: Result<T, E>) {
        self.count(&result);
        if result.is_ok() {
            self.wrong(&format!("{what} succeeded"));
        }
    }

    /// Something that the kernel must not do, or has not done.
    pub fn must_not(&mut self, what: &str, is_done: bool) {
        self.must_fail(what, if is_done { Ok(()) } else { Err(()) });
    }

    /// The attack is over.
    pub fn done(&self) {
        self.line(format!(
            "done: {}: accepted={} refused={} frames={}\n",
            self.name, self.accepted, self.refused, self.frames
        ));
    }
}
