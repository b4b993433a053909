// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `logs`.

use std::io::{self, Write};

use lunatik_abi::abi::{LogLine, Reply, Request, Stream};

use crate::{
    cli::LogsArgs,
    failure::{Exit, Failure},
    script::check_name,
    session::Session,
};

/// Prints entries of a log, and reports missing ones.
#[derive(Debug, Default)]
pub struct LogPrinter {
    next: u64,
}

impl LogPrinter {
    /// Prints one entry to the stream that the script has written it to.
    pub fn print<'s>(
        &mut self,
        entry: &LogLine<'_>,
        output: &'s mut dyn Write,
        error: &'s mut dyn Write,
    ) -> io::Result<()> {
        let missing = entry.sequence.saturating_sub(self.next);
        if missing > 0 {
            writeln!(
                error,
                "lunatik: {missing} earlier entries are no longer kept"
            )?;
        }
        self.next = entry.sequence.saturating_add(1);
        let to = match entry.stream {
            Stream::Output => output,
            Stream::Error => error,
        };
        to.write_all(entry.bytes)?;
        to.flush()
    }
}

pub(super) fn logs(session: &mut Session, args: &LogsArgs) -> Result<(), Failure> {
    check_name(args.name.as_bytes())?;
    let request = Request::Logs {
        name: args.name.as_bytes(),
        follow: args.follow,
    };
    let mut printer = LogPrinter::default();
    session.request(&request, &mut |reply| match reply {
        Reply::Log(entry) => printer
            .print(entry, &mut io::stdout().lock(), &mut io::stderr().lock())
            .map_err(|error| Failure::new(Exit::Script, format!("cannot print the log: {error}"))),
        _ => Ok(()),
    })?;
    Ok(())
}
