// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Entries of a script's log, and their printer.

use std::io::{self, Write};

use lunatik_abi::abi::{LogLine, Stream};

use crate::moment;

/// An entry, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As in [`LogLine`], like the others.
    pub sequence: u64,
    /// The time at which it was begun.
    pub time_ns: u64,
    /// The stream that it was written to.
    pub stream: Stream,
    /// The text.
    pub bytes: Vec<u8>,
}

impl From<&LogLine<'_>> for Entry {
    fn from(line: &LogLine<'_>) -> Self {
        Self {
            sequence: line.sequence,
            time_ns: line.time_ns,
            stream: line.stream,
            bytes: line.bytes.to_vec(),
        }
    }
}

impl Entry {
    /// The entry as it came.
    pub fn borrow(&self) -> LogLine<'_> {
        LogLine {
            sequence: self.sequence,
            time_ns: self.time_ns,
            stream: self.stream,
            bytes: &self.bytes,
        }
    }

    /// Whether it ends a line. Otherwise the line continues in the next entry of its stream, if that follows directly.
    pub fn ends_line(&self) -> bool {
        self.bytes.ends_with(b"\n")
    }
}

/// Prints entries of a log, and reports missing ones.
#[derive(Debug, Default)]
pub struct LogPrinter {
    /// Whether each line begins with its time.
    shows_time: bool,
    /// Earlier entries are left out.
    since: u64,
    /// The number of the next entry.
    next: u64,
    /// Whether entries may be missing at the start.
    expects_gap: bool,
    /// The stream of a line that has not ended.
    open: Option<Stream>,
}

impl LogPrinter {
    /// Prints entries from the time `since` on, with or without their times.
    pub fn new(shows_time: bool, since: u64) -> Self {
        Self {
            shows_time,
            since,
            ..Self::default()
        }
    }

    /// Leaves out the entries before this one.
    pub fn skip_to(&mut self, sequence: u64) {
        self.next = self.next.max(sequence);
    }

    /// Does not report entries that are missing before the first one.
    pub fn expect_gap(&mut self) {
        self.expects_gap = true;
    }

    /// Prints one entry to the stream that the script has written it to.
    pub fn print<'s>(
        &mut self,
        entry: &LogLine<'_>,
        output: &'s mut dyn Write,
        error: &'s mut dyn Write,
    ) -> io::Result<()> {
        if entry.sequence < self.next {
            return Ok(());
        }
        let missing = entry.sequence - self.next;
        if missing > 0 && !self.expects_gap {
            writeln!(
                error,
                "lunatik: {missing} earlier entries are no longer kept"
            )?;
        }
        self.expects_gap = false;
        self.next = entry.sequence.saturating_add(1);
        if entry.time_ns < self.since {
            return Ok(());
        }
        let (to, other) = match entry.stream {
            Stream::Output => (output, error),
            Stream::Error => (error, output),
        };
        if self.shows_time && self.open != Some(entry.stream) {
            if self.open.is_some() {
                // On a terminal, the time must stand at the start of a line.
                other.write_all(b"\n")?;
                other.flush()?;
            }
            write!(to, "{} ", moment::text(entry.time_ns))?;
        }
        self.open = (!entry.bytes.ends_with(b"\n")).then_some(entry.stream);
        to.write_all(entry.bytes)?;
        to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(printer: &mut LogPrinter, entries: &[(u64, Stream, &str)]) -> (String, String) {
        let (mut output, mut error) = (Vec::new(), Vec::new());
        for (sequence, stream, text) in entries {
            let line = LogLine {
                sequence: *sequence,
                time_ns: sequence * 1_000_000_000,
                stream: *stream,
                bytes: text.as_bytes(),
            };
            printer.print(&line, &mut output, &mut error).unwrap();
        }
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output), text(error))
    }

    #[test]
    fn each_line_has_its_time() {
        let entries = [
            (0, Stream::Output, "one\n"),
            (1, Stream::Output, "long "),
            (2, Stream::Output, "line\n"),
            (3, Stream::Error, "error\n"),
        ];
        let (output, error) = printed(&mut LogPrinter::new(true, 0), &entries);
        let times: Vec<_> = [0, 1, 3]
            .map(|second| moment::text(second * 1_000_000_000))
            .into();
        assert_eq!(
            output,
            format!("{} one\n{} long line\n", times[0], times[1])
        );
        assert_eq!(error, format!("{} error\n", times[2]));
        let cut = [(0, Stream::Output, "cut"), (1, Stream::Error, "error\n")];
        let (output, error) = printed(&mut LogPrinter::new(true, 0), &cut);
        assert_eq!(output, format!("{} cut\n", times[0]));
        assert_eq!(error, format!("{} error\n", times[1]));
        let (output, error) = printed(&mut LogPrinter::new(false, 0), &entries);
        assert_eq!(
            (output.as_str(), error.as_str()),
            ("one\nlong line\n", "error\n")
        );
    }

    #[test]
    fn earlier_entries_are_left_out() {
        let entries = [(3, Stream::Output, "3\n"), (5, Stream::Output, "5\n")];
        let mut printer = LogPrinter::new(false, 4_000_000_000);
        printer.expect_gap();
        let (output, error) = printed(&mut printer, &entries);
        assert_eq!(output, "5\n");
        // Not those before the first, but the one in between.
        assert_eq!(error, "lunatik: 1 earlier entries are no longer kept\n");
        let mut printer = LogPrinter::new(false, 0);
        printer.skip_to(5);
        assert_eq!(printed(&mut printer, &entries), ("5\n".into(), "".into()));
    }
}
