// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Durations as users write them.

use jiff::SignedDuration;

/// The forms of a duration, for messages.
const FORMS: &str = "write milliseconds, or a number with its unit, such as 200ms, 1s, 2m or 1m30s";

/// Reads a duration in milliseconds: `250`, `200ms`, `1s`, `2m`, `1m30s`.
pub fn parse_milliseconds(text: &str) -> Result<u64, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| too_long());
    }
    // The other forms that the parser knows: signs, 'ago', those of ISO 8601.
    if !text.starts_with(|first: char| first.is_ascii_digit()) || text.ends_with("ago") {
        return Err(FORMS.to_owned());
    }
    let duration: SignedDuration = text.parse().map_err(|_| FORMS.to_owned())?;
    if duration.subsec_nanos() % 1_000_000 != 0 {
        return Err("it must be a whole number of milliseconds".to_owned());
    }
    u64::try_from(duration.as_millis()).map_err(|_| too_long())
}

/// As [`parse_milliseconds`], for a limit, which must not be 0.
pub fn parse_limit(text: &str) -> Result<u64, String> {
    match parse_milliseconds(text)? {
        0 => Err("it must be more than 0".to_owned()),
        limit => Ok(limit),
    }
}

/// As [`parse_milliseconds`], for a grace.
pub fn parse_grace(text: &str) -> Result<u32, String> {
    let most = lunatik_abi::abi::MAX_GRACE_MS;
    match u32::try_from(parse_milliseconds(text)?) {
        Ok(grace) if grace <= most => Ok(grace),
        _ => Err(format!("it must be at most {} minutes", most / 60_000)),
    }
}

/// As [`parse_milliseconds`], for the time between two samples.
pub fn parse_interval(text: &str) -> Result<u32, String> {
    match parse_milliseconds(text)? {
        milliseconds @ 10..=3_600_000 => Ok(milliseconds as u32),
        _ => Err("it must be from 10 ms to an hour".to_owned()),
    }
}

fn too_long() -> String {
    "it is too large".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_and_without_unit() {
        for (text, milliseconds) in [
            ("0", 0),
            ("250", 250),
            ("200ms", 200),
            ("1s", 1000),
            ("1.5s", 1500),
            ("2m", 120_000),
            ("2min", 120_000),
            ("1m30s", 90_000),
            ("1m 30s", 90_000),
            ("1h", 3_600_000),
            ("1000us", 1),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse_milliseconds(text), Ok(milliseconds), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "s",
            "-1",
            "-1s",
            "+1s",
            "1x",
            "1s ago",
            "PT1S",
            "soon",
            "500us",
            "1.5",
            "1 2",
            "18446744073709551616",
            "1é",
        ] {
            assert!(parse_milliseconds(text).is_err(), "{text}");
        }
        assert!(parse_limit("0s").is_err());
        assert_eq!(parse_limit("1ms"), Ok(1));
    }

    #[test]
    fn a_grace_has_a_bound() {
        assert_eq!(parse_grace("10m"), Ok(600_000));
        assert_eq!(parse_grace("0"), Ok(0));
        for text in ["600001", "11m", "5000000000"] {
            let told = parse_grace(text).unwrap_err();
            assert!(told.contains("10 minutes"), "{told}");
        }
    }

    #[test]
    fn an_interval_has_two_bounds() {
        assert_eq!(parse_interval("10"), Ok(10));
        assert_eq!(parse_interval("1h"), Ok(3_600_000));
        for text in ["0", "9ms", "61m", "soon"] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
    }
}
