// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Amounts of memory in the form that people write and read.

/// Reads `64M`, `512k`, `1GiB`, `4096`: bytes, or a multiple of 1024, 1024² or 1024³.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err("write bytes, or a number with K, M or G, such as 64M".into()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "write bytes, or a number with K, M or G, such as 64M".to_owned())?;
    match number.checked_mul(1 << shift) {
        Some(0) => Err("it must be more than 0".into()),
        Some(bytes) if bytes <= i64::MAX as u64 => Ok(bytes),
        _ => Err("no machine has so much memory".into()),
    }
}

/// Writes an amount in at most 6 characters: `812B`, `1.5K`, `64M`.
pub fn format_size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "K", "M", "G", "T", "P", "E"];
    let mut unit = 0;
    let mut tenths = u128::from(bytes) * 10;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512) / 1024;
        unit += 1;
    }
    if tenths % 10 == 0 || tenths >= 1000 {
        format!("{}{}", (tenths + 5) / 10, UNITS[unit])
    } else {
        format!("{}.{}{}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_unit() {
        for (text, bytes) in [
            ("1", 1),
            ("4096", 4096),
            ("12B", 12),
            ("1k", 1 << 10),
            ("64M", 64 << 20),
            ("64MiB", 64 << 20),
            ("2g", 2 << 30),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "M",
            "-1",
            "0",
            "0M",
            "1.5M",
            "1T",
            "64 M",
            "0x10",
            "9999999999G",
            "9223372036854775808",
            "99999999999999999999",
            "1é",
        ] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_written_short() {
        for (bytes, text) in [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1K"),
            (1536, "1.5K"),
            (64 << 20, "64M"),
            (100 * 1024 + 512, "101K"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(format_size(bytes), text);
        }
    }
}
