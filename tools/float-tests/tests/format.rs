// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Doubles become text as the C library's `printf` writes them.

use std::ffi::{
    c_char, //
    c_int,
    CString,
};

use float_tests::{
    cases::SPECIAL, //
    repeatedly,
    soft,
};

unsafe extern "C" {
    fn snprintf(buffer: *mut c_char, size: usize, format: *const c_char, ...) -> c_int;
}

const ROOM: usize = 2048;

fn ours(letter: u8, flags: u32, width: i32, precision: i32, bits: u64) -> Vec<u8> {
    let mut buffer = vec![0u8; ROOM];
    // SAFETY: The buffer has that many bytes.
    let length = unsafe {
        soft::format(
            buffer.as_mut_ptr().cast(),
            ROOM,
            letter as c_char,
            flags,
            width,
            precision,
            bits,
        )
    };
    buffer.truncate(length as usize);
    buffer
}

fn theirs(letter: u8, flags: u32, width: i32, precision: i32, bits: u64) -> Vec<u8> {
    let mut format = String::from("%");
    for (bit, flag) in "-+ #0".chars().enumerate() {
        if flags >> bit & 1 == 1 {
            format.push(flag);
        }
    }
    if width > 0 {
        format += &width.to_string();
    }
    if precision >= 0 {
        format += &format!(".{precision}");
    }
    format.push(letter as char);
    let format = CString::new(format).expect("no zero byte");
    let mut buffer = vec![0u8; ROOM];
    // SAFETY: The buffer has that many bytes, and the format asks for one double.
    let length = unsafe {
        snprintf(
            buffer.as_mut_ptr().cast(),
            ROOM,
            format.as_ptr(),
            f64::from_bits(bits),
        )
    };
    buffer.truncate(length as usize);
    buffer
}

fn compare(letter: u8, flags: u32, width: i32, precision: i32, bits: u64) {
    let (ours, theirs) = (
        ours(letter, flags, width, precision, bits),
        theirs(letter, flags, width, precision, bits),
    );
    assert_eq!(
        String::from_utf8_lossy(&ours),
        String::from_utf8_lossy(&theirs),
        "{} flags {flags} width {width} precision {precision} of {bits:#x}",
        letter as char
    );
}

#[test]
fn what_lua_prints_equals_the_c_librarys() {
    repeatedly("%.14g to %.17g", |random| {
        let bits = random.double();
        for precision in [14, 15, 16, 17] {
            compare(b'g', 0, 0, precision, bits);
        }
    });
}

#[test]
fn all_conversions_equal_the_c_librarys() {
    repeatedly("conversions of printf", |random| {
        let letter = b"eEfFgGaA"[random.below(8) as usize];
        let flags = random.below(32) as u32;
        let width = [0, 5, 30, 99][random.below(4) as usize];
        let precision = match random.below(4) {
            0 => -1,
            1 => random.below(4) as i32,
            _ => random.below(100) as i32,
        };
        compare(letter, flags, width, precision, random.double());
    });
}

#[test]
fn many_digits_equal_the_c_librarys() {
    repeatedly("long precisions", |random| {
        let letter = b"efga"[random.below(4) as usize];
        compare(letter, 0, 0, random.below(1200) as i32, random.double());
    });
}

#[test]
fn halves_round_to_even() {
    for whole in -40..40 {
        for eighths in 0..8 {
            let number = f64::from(whole) + f64::from(eighths) / 8.0;
            for scale in [1e-3, 1.0, 1e3, 1e15] {
                for letter in *b"efgaEG" {
                    for precision in 0..4 {
                        compare(letter, 0, 0, precision, (number * scale).to_bits());
                    }
                }
            }
        }
    }
}

#[test]
fn edges_equal_the_c_librarys() {
    for bits in SPECIAL {
        for letter in *b"eEfFgGaA" {
            for flags in 0..32 {
                for precision in -1..30 {
                    compare(letter, flags, 25, precision, bits);
                }
            }
        }
    }
}

#[test]
fn no_more_than_the_room_is_written() {
    let mut buffer = [b'x'; 8];
    // SAFETY: The buffer has more than three bytes.
    let length = unsafe {
        let bits = 1.5f64.to_bits();
        soft::format(
            buffer.as_mut_ptr().cast(),
            3,
            b'f' as c_char,
            0,
            0,
            -1,
            bits,
        )
    };
    assert_eq!((length, &buffer), (8, b"1.5xxxxx"));
}
