// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Moments on the wall clock: printing and parsing.

use jiff::{civil, tz::TimeZone, SignedDuration, Timestamp, ToSpan, Zoned};

/// The forms of a moment, for messages.
const FORMS: &str =
    "write how long ago (10m, 1h30m, '5 minutes ago'), or a time (14:30, 'yesterday', \
                     '2026-01-31 14:30:00', @1700000000)";

/// The present moment, in the time zone of this machine.
pub fn now() -> Zoned {
    Zoned::now()
}

/// The text of a log's time, given in nanoseconds since 1970, in the time zone of this machine.
pub fn text(time_ns: u64) -> String {
    text_in(time_ns, TimeZone::system())
}

fn text_in(time_ns: u64, zone: TimeZone) -> String {
    match Timestamp::from_nanosecond(time_ns.into()) {
        Ok(time) => time
            .to_zoned(zone)
            .strftime("%Y-%m-%d %H:%M:%S.%3f")
            .to_string(),
        Err(_) => format!("@{time_ns}"),
    }
}

/// Reads a moment and returns nanoseconds since 1970. The text is a duration before `now`, or a time.
pub fn parse(text: &str, now: &Zoned) -> Result<u64, String> {
    let moment = at(text.trim(), now).ok_or(FORMS)?;
    // No log has entries from before 1970.
    Ok(u64::try_from(moment.as_nanosecond()).unwrap_or(0))
}

fn at(text: &str, now: &Zoned) -> Option<Timestamp> {
    let midnight = || now.start_of_day().ok();
    match text {
        "now" => return Some(now.timestamp()),
        "today" => return Some(midnight()?.timestamp()),
        "yesterday" => return Some(midnight()?.checked_sub(1.day()).ok()?.timestamp()),
        _ => {}
    }
    if let Some(seconds) = text.strip_prefix('@') {
        return Timestamp::from_second(seconds.parse().ok()?).ok();
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let local = match text.parse::<civil::DateTime>() {
        Ok(local) => local,
        // The parser would read a number alone as an hour.
        Err(_) if text.contains(':') => now.date().to_datetime(text.parse().ok()?),
        Err(_) => {
            // '10m', '-10m' and '10m ago' are the same.
            let duration: SignedDuration = text.parse().ok()?;
            return now.timestamp().checked_sub(duration.abs()).ok();
        }
    };
    Some(local.to_zoned(now.time_zone().clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-02-03 12:00:00 at two hours east of Greenwich.
    fn noon() -> Zoned {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        civil::date(2026, 2, 3)
            .at(12, 0, 0, 0)
            .to_zoned(zone)
            .unwrap()
    }

    #[test]
    fn moments_are_read() {
        for (text, expected) in [
            ("now", "2026-02-03 12:00:00"),
            ("10m", "2026-02-03 11:50:00"),
            ("-10m", "2026-02-03 11:50:00"),
            ("10m ago", "2026-02-03 11:50:00"),
            ("5 minutes ago", "2026-02-03 11:55:00"),
            ("1h30m", "2026-02-03 10:30:00"),
            ("14:30", "2026-02-03 14:30:00"),
            ("06:05:04", "2026-02-03 06:05:04"),
            ("today", "2026-02-03 00:00:00"),
            ("yesterday", "2026-02-02 00:00:00"),
            ("2026-01-31", "2026-01-31 00:00:00"),
            ("2026-01-31 14:30:00", "2026-01-31 14:30:00"),
            ("2026-01-31 14:30", "2026-01-31 14:30:00"),
            ("2026-01-31 14:30:00.250", "2026-01-31 14:30:00.25"),
            ("2026-01-31T14:30:00Z", "2026-01-31 16:30:00"),
            ("@1700000000", "2023-11-15 00:13:20"),
        ] {
            let expected: civil::DateTime = expected.parse().unwrap();
            let expected = expected.to_zoned(noon().time_zone().clone()).unwrap();
            let expected = expected.timestamp().as_nanosecond();
            assert_eq!(parse(text, &noon()).map(i128::from), Ok(expected), "{text}");
        }
        assert_eq!(parse("1950-01-01", &noon()), Ok(0));
    }

    #[test]
    fn nonsense_is_refused_with_what_to_write() {
        for text in ["", "soon", "10", "25:00", "2026-13-01", "@x", "10x"] {
            let told = parse(text, &noon()).unwrap_err();
            assert!(told.contains("10m"), "{text}: {told}");
        }
    }

    #[test]
    fn moments_are_written_with_milliseconds() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let written = text_in(1_700_000_000_123_456_789, zone.clone());
        assert_eq!(written, "2023-11-15 00:13:20.123");
        // What is printed can be read.
        let now = noon().with_time_zone(zone);
        assert_eq!(parse(&written, &now), Ok(1_700_000_000_123_000_000));
        assert_eq!(text_in(u64::MAX, TimeZone::UTC).len(), 23);
    }
}
