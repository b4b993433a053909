// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Text becomes doubles as the C library's `strtod` reads it.

use std::ffi::{
    c_char, //
    CString,
};
use std::ptr;

use float_tests::{
    cases::Random, //
    repeatedly,
    soft,
};

unsafe extern "C" {
    fn strtod(text: *const c_char, end: *mut *const c_char) -> f64;
}

fn compare(text: &str) {
    let text = CString::new(text).expect("no zero byte");
    let (mut our_end, mut their_end) = (ptr::null(), ptr::null());
    // SAFETY: The text ends with a zero byte, and the ends are valid for a write.
    let (ours, theirs) = unsafe {
        (
            soft::strtod(text.as_ptr(), &mut our_end),
            strtod(text.as_ptr(), &mut their_end),
        )
    };
    let start = text.as_ptr() as usize;
    assert_eq!(
        (ours, our_end as usize - start),
        (theirs.to_bits(), their_end as usize - start),
        "{text:?}: {} and {theirs}",
        f64::from_bits(ours)
    );
}

fn digits(random: &mut Random, most: u64, letters: &str) -> String {
    let letters = letters.as_bytes();
    (0..random.below(most + 1))
        .map(|_| char::from(letters[random.below(letters.len() as u64) as usize]))
        .collect()
}

#[test]
fn edges_are_read_as_the_c_library_reads_them() {
    let texts = "|0|-0|+0|.|-|+|.5|5.|-.5e1|1e|1e+|1e-|1e5|1E5x|  7|\t\n\x0b\x0c\r8|0x|0x.|0xg|0x1|0X1P4|\
        0x1p|0x1p+|0x.8|0x8.|0x1.8p3|0x1p-1074|0x1p-1075|0x1.8p-1075|0x1.00000001p-1075|0x1p1023|\
        0x1p1024|0x1.fffffffffffff7p1023|0x1.fffffffffffff8p1023|0x1.fffffffffffff80001p1023|\
        0x1.00000000000008p0|0x1.000000000000080p0|0x1.00000000000008000000001p0|0x1.00000000000018p0|\
        0x.00000000000000000000000000000000001p200|0x1p99999999999999999999|0x1p-99999999999999999999|\
        0x0p99999999999999999999|inf|INF|infinity|Infinit|-inf|nan|-nan|NaN|in|na|1e308|1.8e308|\
        1.7976931348623157e308|1.7976931348623158e308|1.7976931348623159e308|4.9e-324|2.5e-324|\
        2.4e-324|2.4703282292062327e-324|2.4703282292062328e-324|2.2250738585072011e-308|\
        2.2250738585072014e-308|9007199254740993|9007199254740992.9999|1e23|8.5e22|1e99999999999|\
        1e-99999999999|0e99999999999|123456789012345678901234567890|1..2|1.2.3|1e5.5|0x1.8.2|1 2|--1|\
        +-1|0b1|1_0|18446744073709551616|1e22|1e-22|3.0000000000000000000000000000001|0x1e5|1e0x5";
    for text in texts.split('|') {
        compare(text);
    }
    compare(&format!("0.{}1", "0".repeat(400)));
    compare(&format!("1{}", "0".repeat(308)));
    compare(&format!("1{}e-400", "0".repeat(400)));
    compare(&format!("9007199254740993{}1", "0".repeat(900)));
    compare(&format!("9007199254740993.{}1", "0".repeat(900)));
    compare(&format!("0x1{}p-4000", "0".repeat(1000)));
}

#[test]
fn a_null_end_is_allowed() {
    // SAFETY: The text ends with a zero byte.
    let bits = unsafe { soft::strtod(c"2.5".as_ptr(), ptr::null_mut()) };
    assert_eq!(bits, 2.5f64.to_bits());
}

#[test]
fn decimal_numbers_are_read_as_the_c_library_reads_them() {
    repeatedly("decimal numbers", |random| {
        let most = [3, 20, 60][random.below(3) as usize];
        let whole = digits(random, most, "0123456789");
        let part = digits(random, most, "0123456789");
        let exponent = random.below(700) as i64 - 350;
        compare(&match random.below(4) {
            0 => format!("{whole}.{part}"),
            1 => format!("-{whole}e{exponent}"),
            _ => format!("{whole}.{part}e{exponent}"),
        });
    });
}

#[test]
fn printed_numbers_and_their_halves_are_read_back() {
    repeatedly("printed numbers", |random| {
        let bits = random.finite().to_bits() & (u64::MAX >> 1);
        let number = f64::from_bits(bits);
        compare(&format!("{number:e}"));
        compare(&format!("{number:.16e}"));
        // Exactly half way to the next one, and next to that.
        let next = f64::from_bits(bits + 1);
        if next.is_finite() && (1.0..1e300).contains(&number) {
            let half = format!("{:.1}", number / 2.0 + next / 2.0);
            compare(&half);
            compare(&format!("{half}0000000000000000000000000000001"));
        }
        let fraction = format!("{number:.1080}");
        compare(&fraction);
        compare(&format!("{fraction}5"));
    });
}

#[test]
fn hexadecimal_numbers_are_read_as_the_c_library_reads_them() {
    repeatedly("hexadecimal numbers", |random| {
        let most = [3, 18, 40][random.below(3) as usize];
        let letters = ["0123456789abcdefABCDEF", "0008f"][random.below(2) as usize];
        let whole = digits(random, most, letters);
        let part = digits(random, most, letters);
        let exponent = random.below(2400) as i64 - 1200;
        compare(&match random.below(3) {
            0 => format!("0x{whole}.{part}"),
            _ => format!("-0X{whole}.{part}p{exponent}"),
        });
    });
}

#[test]
fn text_by_chance_is_read_as_the_c_library_reads_it() {
    repeatedly("text by chance", |random| {
        let text = digits(random, 12, "0123456789..eE+-xXpPaf");
        compare(&text);
    });
}
