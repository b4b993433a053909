// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Text for people, on standard error.

use std::io::{self, Write};

/// Bytes that the log of the kernel takes in one write, with some room. It refuses longer ones.
const RECORD: usize = 900;

/// Writes the text and the end of a line to standard error.
///
/// Standard error may be the log of the kernel, where each write is a record of its own, and where there may be few of
/// them in a second. So whole lines go out together, as many as a record takes. A failure to write is ignored: there is
/// no other place to report it.
pub fn report(text: &str) {
    let mut errors = io::stderr().lock();
    for record in records(text.trim_end()) {
        let mut record = record.to_vec();
        record.push(b'\n');
        if errors.write_all(&record).is_err() {
            return;
        }
    }
}

/// Splits the text where lines end, into pieces that are as long as a record may be. Longer lines are cut.
fn records(text: &str) -> Vec<&[u8]> {
    let mut rest = text.as_bytes();
    let mut records = Vec::new();
    while rest.len() > RECORD {
        let lines = rest[..=RECORD].iter().rposition(|&byte| byte == b'\n');
        records.push(&rest[..lines.unwrap_or(RECORD)]);
        rest = match lines {
            Some(end) => &rest[end + 1..],
            None => &rest[RECORD..],
        };
    }
    records.push(rest);
    records
}

#[cfg(test)]
mod tests {
    use super::{records, RECORD};

    #[test]
    fn short_text_is_one_record() {
        assert_eq!(records("one\ntwo"), [b"one\ntwo"]);
    }

    #[test]
    fn long_text_is_split_where_lines_end() {
        let line = "x".repeat(RECORD / 2);
        let text = format!("{line}\n{line}\n{line}");
        let wanted = [line.as_bytes(); 3];
        assert_eq!(records(&text), wanted);
    }

    #[test]
    fn lines_that_fit_exactly_stay_together() {
        let text = format!("a\n{}\nb", "x".repeat(RECORD - 2));
        let found = records(&text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].len(), RECORD);
        assert_eq!(found[1], b"b");
    }

    #[test]
    fn longer_lines_are_cut() {
        let text = "x".repeat(2 * RECORD + 1);
        let lengths: Vec<usize> = records(&text).iter().map(|record| record.len()).collect();
        assert_eq!(lengths, [RECORD, RECORD, 1]);
    }
}
