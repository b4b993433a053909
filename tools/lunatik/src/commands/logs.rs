// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `logs`.

use std::{
    collections::VecDeque,
    io::{self, IsTerminal},
};

use lunatik_abi::abi::{LogLine, Reply, Request};

use crate::{
    cli::{LogsArgs, When},
    failure::{Exit, Failure},
    log::{Entry, LogPrinter},
    moment,
    script::check_name,
    session::Session,
};

pub(super) fn logs(session: &mut Session, args: &LogsArgs) -> Result<(), Failure> {
    check_name(args.name.as_bytes())?;
    let since = match &args.since {
        Some(text) => moment::parse(text, &moment::now())
            .map_err(|error| Failure::new(Exit::Usage, format!("--since {text}: {error}")))?,
        None => 0,
    };
    let shows_time = match args.time {
        When::Always => true,
        When::Never => false,
        When::Auto => io::stdout().is_terminal(),
    };
    let mut printer = LogPrinter::new(shows_time, since);
    if let Some(lines) = args.lines {
        let mut entries = read(session, &args.name)?;
        if args.follow {
            // The last line may continue. It is shown when it has ended.
            if entries.back().is_some_and(|last| !last.ends_line()) {
                entries.pop_back();
            }
        }
        let next = entries.back().map_or(0, |last| last.sequence + 1);
        for entry in last_lines(entries, lines, since) {
            printer.skip_to(entry.sequence);
            print(&mut printer, &entry.borrow())?;
        }
        if !args.follow {
            return Ok(());
        }
        printer.skip_to(next);
    } else if args.since.is_some() {
        // Older entries are not wanted, whether they are kept or not.
        printer.expect_gap();
    }
    request(session, &args.name, args.follow, &mut |entry| {
        print(&mut printer, entry)
    })
}

/// Requests a log.
fn request(
    session: &mut Session,
    name: &str,
    follow: bool,
    take: &mut dyn FnMut(&LogLine<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name = name.as_bytes();
    session
        .request(&Request::Logs { name, follow }, &mut |reply| match reply {
            Reply::Log(entry) => take(entry),
            _ => Ok(()),
        })
        .map(|_| ())
}

/// The entries that a log has now.
fn read(session: &mut Session, name: &str) -> Result<VecDeque<Entry>, Failure> {
    let mut entries = VecDeque::new();
    request(session, name, false, &mut |entry| {
        entries.push_back(Entry::from(entry));
        Ok(())
    })?;
    Ok(entries)
}

/// The entries of the last `lines` lines that were begun at `since` or later.
fn last_lines(mut entries: VecDeque<Entry>, lines: u64, since: u64) -> VecDeque<Entry> {
    entries.retain(|entry| entry.time_ns >= since);
    let mut left = lines;
    let mut first = entries.len();
    while let Some(index) = first.checked_sub(1) {
        // Walking back, the end of a line comes first.
        let next = entries.get(index + 1);
        if entries[index].ends_line()
            || next.is_none_or(|next| next.stream != entries[index].stream)
        {
            match left.checked_sub(1) {
                Some(less) => left = less,
                None => break,
            }
        }
        first = index;
    }
    entries.split_off(first)
}

/// Prints one entry to the streams of this process.
pub(super) fn print(printer: &mut LogPrinter, entry: &LogLine<'_>) -> Result<(), Failure> {
    printer
        .print(entry, &mut io::stdout().lock(), &mut io::stderr().lock())
        .map_err(|error| Failure::new(Exit::Script, format!("cannot print the log: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lunatik_abi::abi::Stream;

    fn entry(sequence: u64, stream: Stream, text: &str) -> Entry {
        Entry {
            sequence,
            time_ns: sequence * 10,
            stream,
            bytes: text.into(),
        }
    }

    fn last(lines: u64, since: u64) -> Vec<u64> {
        let (out, err) = (Stream::Output, Stream::Error);
        let entries = [
            entry(0, out, "one\n"),
            // A line that is longer than an entry.
            entry(1, out, "two"),
            entry(2, out, " goes on\n"),
            // One that another stream cuts.
            entry(3, out, "three"),
            entry(4, err, "four\n"),
            entry(5, out, "five"),
        ];
        let entries = last_lines(entries.into(), lines, since);
        entries.iter().map(|entry| entry.sequence).collect()
    }

    #[test]
    fn the_last_lines_are_whole() {
        assert!(last(0, 0).is_empty());
        assert_eq!(last(1, 0), [5]);
        assert_eq!(last(2, 0), [4, 5]);
        assert_eq!(last(3, 0), [3, 4, 5]);
        assert_eq!(last(4, 0), [1, 2, 3, 4, 5]);
        assert_eq!(last(5, 0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(last(u64::MAX, 0).len(), 6);
        assert_eq!(last(9, 35), [4, 5]);
    }
}
