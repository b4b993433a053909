// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `strftime` in the C locale.
//!
//! Pure code; the host tests compare it with a C library.

use super::calendar::CalendarTime;

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The text did not fit, or a conversion is invalid.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused;

/// Formats `time` according to `format`, and returns the length of the text.
pub fn strftime(text: &mut [u8], format: &[u8], time: &CalendarTime) -> Result<usize, Refused> {
    let mut output = Output { text, length: 0 };
    output.expand(format, time)?;
    Ok(output.length)
}

/// The character that fills a number up to its width.
#[derive(Clone, Copy)]
enum Fill {
    Zero,
    Space,
}

struct Output<'a> {
    text: &'a mut [u8],
    length: usize,
}

impl Output<'_> {
    fn expand(&mut self, format: &[u8], time: &CalendarTime) -> Result<(), Refused> {
        let mut bytes = format.iter().copied();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                self.byte(byte)?;
                continue;
            }
            let conversion = match bytes.next() {
                // In the C locale there is no other calendar and there are no
                // other digits.
                Some(b'E' | b'O') => bytes.next(),
                other => other,
            };
            self.convert(conversion.ok_or(Refused)?, time)?;
        }
        Ok(())
    }

    fn convert(&mut self, conversion: u8, time: &CalendarTime) -> Result<(), Refused> {
        let year = i64::from(time.year).saturating_add(1900);
        match conversion {
            b'a' => self.name(&WEEKDAYS, time.weekday, 3),
            b'A' => self.name(&WEEKDAYS, time.weekday, usize::MAX),
            b'b' | b'h' => self.name(&MONTHS, time.month, 3),
            b'B' => self.name(&MONTHS, time.month, usize::MAX),
            b'c' => self.expand(b"%a %b %e %H:%M:%S %Y", time),
            b'C' => self.year(year.div_euclid(100)),
            b'd' => self.plain(time.day, 2),
            b'D' | b'x' => self.expand(b"%m/%d/%y", time),
            b'e' => self.number(i64::from(time.day), 2, Fill::Space),
            b'F' => self.expand(b"%Y-%m-%d", time),
            b'g' => self.number(iso_week(time).0.rem_euclid(100), 2, Fill::Zero),
            b'G' => self.year(iso_week(time).0),
            b'H' => self.plain(time.hour, 2),
            b'I' => self.plain(hour_of_half_day(time.hour), 2),
            b'j' => self.plain(time.yearday.saturating_add(1), 3),
            b'm' => self.plain(time.month.saturating_add(1), 2),
            b'M' => self.plain(time.minute, 2),
            b'n' => self.byte(b'\n'),
            b'p' => self.bytes(if time.hour < 12 { b"AM" } else { b"PM" }),
            b'r' => self.expand(b"%I:%M:%S %p", time),
            b'R' => self.expand(b"%H:%M", time),
            b'S' => self.plain(time.second, 2),
            b't' => self.byte(b'\t'),
            b'T' | b'X' => self.expand(b"%H:%M:%S", time),
            b'u' => self.plain(if time.weekday == 0 { 7 } else { time.weekday }, 1),
            b'U' => self.plain(week(time, 0), 2),
            b'V' => self.number(iso_week(time).1, 2, Fill::Zero),
            b'w' => self.plain(time.weekday, 1),
            b'W' => self.plain(week(time, 1), 2),
            b'y' => self.number(year.rem_euclid(100), 2, Fill::Zero),
            b'Y' => self.year(year),
            b'z' => self.bytes(b"+0000"),
            b'Z' => self.bytes(if time.is_gmt != 0 { b"GMT" } else { b"UTC" }),
            b'%' => self.byte(b'%'),
            _ => Err(Refused),
        }
    }

    fn byte(&mut self, byte: u8) -> Result<(), Refused> {
        *self.text.get_mut(self.length).ok_or(Refused)? = byte;
        self.length = self.length.saturating_add(1);
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        bytes.iter().try_for_each(|byte| self.byte(*byte))
    }

    /// A name, cut to a length; a number without a name is `?`.
    fn name(&mut self, names: &[&str], number: i32, length: usize) -> Result<(), Refused> {
        let name = usize::try_from(number)
            .ok()
            .and_then(|index| names.get(index));
        let name = name.map_or("?", |name| *name);
        name.bytes()
            .take(length)
            .try_for_each(|byte| self.byte(byte))
    }

    /// A number that is not negative.
    fn plain(&mut self, value: i32, width: usize) -> Result<(), Refused> {
        self.number(i64::from(value), width, Fill::Zero)
    }

    /// A year or century; not filled up, as glibc does it.
    fn year(&mut self, value: i64) -> Result<(), Refused> {
        self.number(value, 1, Fill::Zero)
    }

    /// A number of at least `width` characters, its sign included.
    // Inlined into each conversion it would make the callers' frames large.
    #[inline(never)]
    fn number(&mut self, value: i64, width: usize, fill: Fill) -> Result<(), Refused> {
        let negative = value < 0;
        let mut rest = value.unsigned_abs();
        let mut digits = [0u8; 20];
        let mut count: usize = 0;
        for place in &mut digits {
            // CAST: A digit fits a byte.
            *place = b'0'.saturating_add((rest % 10) as u8);
            rest /= 10;
            count = count.saturating_add(1);
            if rest == 0 {
                break;
            }
        }
        let signed = count.saturating_add(usize::from(negative));
        let filling = width.saturating_sub(signed);
        if let Fill::Space = fill {
            (0..filling).try_for_each(|_| self.byte(b' '))?;
        }
        if negative {
            self.byte(b'-')?;
        }
        if let Fill::Zero = fill {
            (0..filling).try_for_each(|_| self.byte(b'0'))?;
        }
        digits
            .iter()
            .take(count)
            .rev()
            .try_for_each(|digit| self.byte(*digit))
    }
}

fn hour_of_half_day(hour: i32) -> i32 {
    match hour.rem_euclid(12) {
        0 => 12,
        hour => hour,
    }
}

/// The week of the year, where weeks start on the given day and the days
/// before the first such day are week 0.
fn week(time: &CalendarTime, first_weekday: i32) -> i32 {
    let day_of_week = time.weekday.saturating_sub(first_weekday).rem_euclid(7);
    time.yearday.saturating_add(7).saturating_sub(day_of_week) / 7
}

/// The year and week by ISO 8601: weeks start on Monday, and belong to the
/// year that their Thursday is in.
fn iso_week(time: &CalendarTime) -> (i64, i64) {
    let year = i64::from(time.year).saturating_add(1900);
    let monday_is_0 = i64::from(time.weekday.saturating_sub(1).rem_euclid(7));
    let thursday = i64::from(time.yearday)
        .saturating_add(3)
        .saturating_sub(monday_is_0);
    let (year, day) = if thursday < 0 {
        let year = year.saturating_sub(1);
        (year, thursday.saturating_add(length_of(year)))
    } else if thursday >= length_of(year) {
        (
            year.saturating_add(1),
            thursday.saturating_sub(length_of(year)),
        )
    } else {
        (year, thursday)
    };
    (year, (day / 7).saturating_add(1))
}

fn length_of(year: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if leap {
        366
    } else {
        365
    }
}
