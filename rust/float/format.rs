// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! From a double to text: the floating-point conversions of `printf`.

mod decimal;
mod hexadecimal;

use core::{
    ffi::{c_int, c_uint}, //
    mem::MaybeUninit,
};

use crate::digits::{
    Number, //
    Room,
    MOST,
};

use decimal::Decimal;
use hexadecimal::Hexadecimal;

/// The flags of a conversion.
#[derive(Clone, Copy)]
struct Flags(c_uint);

impl Flags {
    const LEFT: c_uint = 1;
    const PLUS: c_uint = 2;
    const SPACE: c_uint = 4;
    const ALTERNATE: c_uint = 8;
    const ZERO: c_uint = 16;

    fn has(self, flag: c_uint) -> bool {
        self.0 & flag != 0
    }
}

/// The destination of the text, and its length so far, which may exceed the room.
struct Output<'a> {
    room: &'a mut [MaybeUninit<u8>],
    length: usize,
}

impl Output<'_> {
    /// Appends a byte.
    fn byte(&mut self, byte: u8) {
        if let Some(place) = self.room.get_mut(self.length) {
            place.write(byte);
        }
        self.length = self.length.saturating_add(1);
    }

    /// Appends bytes.
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// Appends `byte`, `count` times.
    fn repeat(&mut self, byte: u8, count: usize) {
        for _ in 0..count {
            self.byte(byte);
        }
    }
}

/// How a double was asked for.
struct Conversion {
    /// `e`, `f`, `g` or `a`.
    letter: u8,
    upper: bool,
    flags: Flags,
    width: usize,
    precision: Option<usize>,
    negative: bool,
}

/// What stands between sign and padding.
trait Body {
    /// How many bytes it has, without the prefix.
    fn length(&self) -> usize;

    /// What stands before zeros that pad it.
    fn prefix(&self, _upper: bool) -> &'static [u8] {
        b""
    }

    /// Whether zeros may pad it.
    fn padded_by_zeros(&self) -> bool {
        true
    }

    /// Appends it.
    fn write(&self, out: &mut Output<'_>, upper: bool);
}

/// `inf` or `nan`.
struct Word(&'static [u8; 3]);

impl Body for Word {
    fn length(&self) -> usize {
        self.0.len()
    }

    fn padded_by_zeros(&self) -> bool {
        false
    }

    fn write(&self, out: &mut Output<'_>, upper: bool) {
        for letter in self.0 {
            out.byte(if upper {
                letter.to_ascii_uppercase()
            } else {
                *letter
            });
        }
    }
}

impl Conversion {
    /// Appends `body`, with its sign and padding.
    fn lay_out(&self, out: &mut Output<'_>, body: &impl Body) {
        let sign: &[u8] = if self.negative {
            b"-"
        } else if self.flags.has(Flags::PLUS) {
            b"+"
        } else if self.flags.has(Flags::SPACE) {
            b" "
        } else {
            b""
        };
        let prefix = body.prefix(self.upper);
        let length = sign.len() + prefix.len() + body.length();
        let padding = self.width.saturating_sub(length);
        let left = self.flags.has(Flags::LEFT);
        let zeros = !left && self.flags.has(Flags::ZERO) && body.padded_by_zeros();
        out.repeat(b' ', if left || zeros { 0 } else { padding });
        out.bytes(sign);
        out.bytes(prefix);
        out.repeat(b'0', if zeros { padding } else { 0 });
        body.write(out, self.upper);
        out.repeat(b' ', if left { padding } else { 0 });
    }

    /// Appends a decimal number with the digits of `number`. Uses a small buffer if that is enough.
    fn decimal(&self, out: &mut Output<'_>, number: &Number) {
        const LITTLE: usize = 40;
        if self.most_digits(number) <= LITTLE {
            self.decimal_within::<LITTLE>(out, number);
        } else {
            self.decimal_within::<MOST>(out, number);
        }
    }

    /// [`decimal`](Self::decimal), with room for `SIZE` digits. It is a function of its own because
    /// the room is in its frame.
    #[inline(never)]
    fn decimal_within<const SIZE: usize>(&self, out: &mut Output<'_>, number: &Number) {
        let mut room: Room<SIZE> = [const { MaybeUninit::uninit() }; SIZE];
        self.lay_out(out, &Decimal::new(self, number, &mut room));
    }
}

/// Formats the double with these `bits` as `printf` does: `conversion` is one of `e E f F g G a A`;
/// `flags` are 1 `-`, 2 `+`, 4 blank, 8 `#`, 16 `0`; `precision` is -1 if none was given. Writes at
/// most `size` bytes, no terminator, and returns how many the whole text has.
///
/// # Safety
///
/// `buffer` must not be null, must be valid for writes of `size` bytes, and must not be used by
/// anybody else during the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_format_double(
    buffer: *mut MaybeUninit<u8>,
    size: usize,
    conversion: u8,
    flags: c_uint,
    width: c_int,
    precision: c_int,
    bits: u64,
) -> c_int {
    let conversion = Conversion {
        letter: conversion.to_ascii_lowercase(),
        upper: conversion.is_ascii_uppercase(),
        flags: Flags(flags),
        width: usize::try_from(width).unwrap_or(0),
        precision: usize::try_from(precision).ok(),
        negative: bits >> 63 == 1,
    };
    // SAFETY: `lua/port` formats into a buffer of its own, whose size it gives.
    let room = unsafe { core::slice::from_raw_parts_mut(buffer, size) };
    let mut out = Output { room, length: 0 };
    match Number::from_bits(bits) {
        Number::Nan => conversion.lay_out(&mut out, &Word(b"nan")),
        Number::Infinity => conversion.lay_out(&mut out, &Word(b"inf")),
        _ if conversion.letter == b'a' => {
            conversion.lay_out(&mut out, &Hexadecimal::new(&conversion, bits));
        }
        number => conversion.decimal(&mut out, &number),
    }
    c_int::try_from(out.length).unwrap_or(c_int::MAX)
}
