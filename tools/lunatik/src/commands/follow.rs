// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `run --follow` and `spawn --follow`: the command stays as long as the script does.

use std::io::{self, Write};

use lunatik_abi::abi::{LogLine, Reply, Request, Start, State, Stream};
use nix::sys::signal::{signal, SigHandler, Signal};

use super::{inspect, logs, start, Prepared};
use crate::{
    channel::Channel,
    cli::StartArgs,
    device,
    failure::{Exit, Failure},
    log::LogPrinter,
    report::Row,
    session::{ignore, Session},
    signals::Ending,
    value::Results,
};

pub(super) fn run(args: &StartArgs, prepared: &Prepared) -> Result<(), Failure> {
    let mut follower = Follower::new(args, prepared)?;
    follower.follow(Request::Run, |results| {
        super::print_results(results, args.json)
    })
}

pub(super) fn spawn(args: &StartArgs, prepared: &Prepared) -> Result<(), Failure> {
    Follower::new(args, prepared)?.follow(Request::Spawn, |_| Ok(()))
}

/// The end of a script, according to its status.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// It ended by itself, without an error.
    Finished,
    /// Somebody has stopped it.
    Stopped,
    /// Another script runs under its name, so its own outcome is unknown.
    Replaced,
    /// The outcome was deleted.
    Unknown,
    /// It has failed, with this message and traceback.
    Failed { message: String, traceback: String },
}

impl End {
    /// The end of the script with the number `id`, from the `rows` with its name.
    fn of(id: u64, rows: &[Row]) -> Self {
        match rows.iter().find(|row| row.id == id) {
            Some(row) if row.state == State::Failed => Self::Failed {
                message: row.error.clone(),
                traceback: row.traceback.clone(),
            },
            Some(row) if row.stopped => Self::Stopped,
            Some(_) => Self::Finished,
            // The other rows may be those of parts of other scripts.
            None if rows.iter().any(Row::is_script) => Self::Replaced,
            None => Self::Unknown,
        }
    }
}

/// The last bytes that the script has written to its error stream, as many as an error can have.
#[derive(Debug, Default)]
struct LastErrors(Vec<u8>);

impl LastErrors {
    const KEPT: usize = 64 << 10;

    fn add(&mut self, line: &LogLine<'_>) {
        if line.stream == Stream::Error {
            self.0.extend_from_slice(line.bytes);
            let older = self.0.len().saturating_sub(Self::KEPT);
            self.0.drain(..older);
        }
    }

    /// Whether they end with this.
    fn have(&self, text: &str) -> bool {
        let text = text.as_bytes().trim_ascii_end();
        self.0.trim_ascii_end().ends_with(text)
    }
}

struct Follower<'a> {
    prepared: &'a Prepared,
    /// The grace of a script that is stopped.
    grace: Option<u32>,
    session: Session,
    ending: Ending,
}

impl<'a> Follower<'a> {
    fn new(args: &StartArgs, prepared: &'a Prepared) -> Result<Self, Failure> {
        // SAFETY: `SigIgn` is no handler. Ignoring SIGPIPE lets this process stop the script if its output cannot be
        // printed; the signal would kill it first.
        let ignored = unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) };
        ignored.map_err(io::Error::from)?;
        let device = device::open()?;
        let (ending, signals) = Ending::watch()?;
        let mut session = Session::new(Channel::new(device.into(), Some(signals)))?;
        session.keep_interrupts();
        Ok(Self {
            prepared,
            grace: args.grace,
            session,
            ending,
        })
    }

    /// The name as text.
    fn name(&self) -> String {
        String::from_utf8_lossy(self.prepared.registered_name())
            .escape_debug()
            .to_string()
    }

    fn follow(
        &mut self,
        make: fn(Start<'a>) -> Request<'a>,
        print_results: impl FnOnce(&Results) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.ending.signal().is_some() {
            return self.ended_by_signal();
        }
        let results = match start::execute(&mut self.session, self.prepared, 0, make) {
            Ok(results) => results,
            // If its start is cancelled, the kernel stops the script and then answers.
            Err(failure) if failure.exit == Exit::Interrupted && !self.session.is_abandoned() => {
                return self.ended_by_signal();
            }
            Err(failure) if failure.stopped => {
                tell_service_manager();
                tell(&String::from_utf8_lossy(&failure.message));
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        tell_service_manager();
        let mut last_errors = LastErrors::default();
        let stays = print_results(&results).and_then(|()| self.stay(&mut last_errors));
        if stays.is_err() && !self.session.is_abandoned() {
            // Nobody would see the script's output. If the session has failed, this fails, too, for the same reason.
            let _ = self.session.request(&self.stop(), &mut ignore);
        }
        match stays? {
            None => self.ended_by_signal(),
            Some(end) => self.tell_end(end, &last_errors),
        }
    }

    /// The request that stops the script.
    fn stop(&self) -> Request<'a> {
        Request::Stop {
            name: self.prepared.registered_name(),
            grace_ms: self.grace,
        }
    }

    /// Prints the log until the script has ended. Returns how, or `None` if a signal has ended it.
    fn stay(&mut self, last_errors: &mut LastErrors) -> Result<Option<End>, Failure> {
        let name = self.prepared.registered_name();
        // A script that left nothing behind has ended already; its outcome is known. A part of another script may have
        // the same name.
        let rows = inspect::ask(&mut self.session, Some(name))?.rows;
        let id = rows.iter().find(|row| row.is_script());
        let id = id.map_or(0, |row| row.id);
        let mut printer = LogPrinter::new(false, 0);
        let log = Request::Logs { name, follow: true };
        let told = self.ending.signal().is_some();
        let stop = self.stop();
        let (log, stopped) = self
            .session
            .request_until(&log, &stop, told, &mut |reply| {
                let Reply::Log(line) = reply else {
                    return Ok(());
                };
                last_errors.add(line);
                logs::print(&mut printer, line)
            })?;
        match stopped {
            // It had ended by itself, and its outcome is no longer kept.
            Some(Err(failure)) if failure.exit == Exit::NoSuchScript => return Ok(None),
            Some(Err(failure)) => return Err(failure),
            Some(Ok(_)) => return Ok(None),
            None => {}
        }
        match log.and_then(|_| inspect::ask(&mut self.session, Some(name))) {
            Ok(report) => Ok(Some(End::of(id, &report.rows))),
            Err(failure) if failure.exit == Exit::NoSuchScript => Ok(Some(End::Unknown)),
            Err(failure) => Err(failure),
        }
    }

    /// The end of this command after a signal: with an error only for Ctrl-C.
    fn ended_by_signal(&self) -> Result<(), Failure> {
        match self.ending.signal() {
            Some(Signal::SIGINT) => Err(Failure::new(Exit::Interrupted, "interrupted")),
            _ => Ok(()),
        }
    }

    fn tell_end(&self, end: End, last_errors: &LastErrors) -> Result<(), Failure> {
        let name = self.name();
        let message = match end {
            End::Finished => return Ok(()),
            End::Stopped => {
                tell(&format!("{name} was stopped"));
                return Ok(());
            }
            End::Replaced => {
                tell(&format!("another script has taken the name {name}"));
                return Ok(());
            }
            End::Unknown => format!(
                "{name} has ended, but its outcome was deleted ('lunatik status --clear'), so it may have failed"
            ),
            End::Failed { message, traceback } => {
                let both = format!("{message}\n{traceback}");
                let mut failure = Failure::new(Exit::Script, message);
                // The errors of threads and of callbacks are in the log, too.
                if !last_errors.have(&both) {
                    failure.traceback = traceback.into_bytes();
                }
                return Err(failure);
            }
        };
        Err(Failure::new(Exit::Script, message))
    }
}

/// Tells systemd that the script has been started, if a unit runs this command: units that need it start now. A script
/// that has ended by then has been started, too.
fn tell_service_manager() {
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        tell(&format!(
            "cannot notify the service manager that the script has started: {error}"
        ));
    }
}

/// Writes a line for the user. A failure of standard error itself cannot be reported.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "lunatik: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_end_is_that_of_the_script_with_the_number() {
        let mut row = sample::row("x", 7);
        row.state = State::Finished;
        assert_eq!(End::of(7, &[row.clone()]), End::Finished);
        assert_eq!(End::of(6, &[row.clone()]), End::Replaced);
        assert_eq!(End::of(7, &[]), End::Unknown);
        let mut part = sample::row("x", 9);
        part.kind = "worker".into();
        assert_eq!(End::of(7, &[part]), End::Unknown);
        row.stopped = true;
        // A worker with the same name may come first.
        let rows = [sample::row("x", 9), row.clone()];
        assert_eq!(End::of(7, &rows), End::Stopped);
        row.state = State::Failed;
        row.error = "no".into();
        let failed = End::Failed {
            message: "no".into(),
            traceback: String::new(),
        };
        assert_eq!(End::of(7, &[row]), failed);
    }

    fn line(stream: Stream, bytes: &[u8]) -> LogLine<'_> {
        LogLine {
            sequence: 0,
            time_ns: 0,
            stream,
            bytes,
        }
    }

    #[test]
    fn an_error_at_the_end_of_the_log_is_found() {
        let mut last = LastErrors::default();
        assert!(!last.have("no"));
        last.add(&line(Stream::Error, b"before\n"));
        last.add(&line(Stream::Error, b"x.lua:1: no\n"));
        last.add(&line(Stream::Output, b"printed\n"));
        last.add(&line(Stream::Error, b"stack traceback:\n"));
        assert!(last.have("x.lua:1: no\nstack traceback:"));
        assert!(!last.have("y.lua:1: no\nstack traceback:"));
        last.add(&line(Stream::Error, &[b'x'; LastErrors::KEPT]));
        assert_eq!(last.0.len(), LastErrors::KEPT);
    }
}
