// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What an RCU table can hold.

use core::ops::Deref;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    linux::account,
    runtime::handle::Handle, //
};

/// The longest string that a table takes.
pub(crate) const MAX_STRING: usize = 64 * 1024;

/// An immutable byte string that tables and readers share.
#[derive(Clone)]
pub(crate) struct SharedBytes(Arc<KVVec<u8>>);

impl SharedBytes {
    /// Copies `bytes`.
    pub(crate) fn new(bytes: &[u8]) -> Result<Self> {
        let mut copy = KVVec::with_capacity(bytes.len(), GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        Ok(Self(Arc::new(copy, GFP_KERNEL_ACCOUNT)?))
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// A value in an RCU table. Cloning takes references and never allocates or sleeps.
#[derive(Clone)]
pub(crate) enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A Lua integer.
    Integer(i64),
    /// The bits of a Lua float.
    Float(u64),
    /// A string of up to [`MAX_STRING`] bytes.
    String(SharedBytes),
    /// An object that runtimes share. Dropping it may sleep.
    Handle(Handle),
}

impl Value {
    /// Makes a string value; `E2BIG` if it is too long.
    pub(crate) fn string(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_STRING {
            return Err(E2BIG);
        }
        Ok(Self::String(SharedBytes::new(bytes)?))
    }

    /// The bytes that this value takes beside its entry.
    pub(super) fn size(&self) -> usize {
        match self {
            // Two blocks: the bytes, and the reference count with the pointer to them.
            Self::String(bytes) => account::kmalloc_size(bytes.len()).saturating_add(64),
            _ => 0,
        }
    }

    /// Whether dropping the value may sleep.
    pub(super) fn drop_may_sleep(&self) -> bool {
        matches!(self, Self::Handle(_))
    }

    /// Whether Lua's primitive comparison finds the two equal.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => floats_equal(*a, *b),
            (Self::Integer(i), Self::Float(f)) | (Self::Float(f), Self::Integer(i)) => {
                integer_of(*f) == Some(*i)
            }
            (Self::String(a), Self::String(b)) => **a == **b,
            (Self::Handle(a), Self::Handle(b)) => a.is_same(b),
            _ => false,
        }
    }
}

const SIGN: u64 = 1 << 63;
const INFINITY: u64 = 0x7ff0_0000_0000_0000;
const FRACTION_BITS: u32 = 52;
const EXPONENT_BIAS: u32 = 1023;

/// Whether two floats, given by their bits, are equal.
fn floats_equal(a: u64, b: u64) -> bool {
    let is_nan = |bits: u64| bits & !SIGN > INFINITY;
    let both_zero = (a | b) & !SIGN == 0;
    !is_nan(a) && !is_nan(b) && (a == b || both_zero)
}

/// The integer that equals the float with these bits, if there is one.
fn integer_of(bits: u64) -> Option<i64> {
    if bits & !SIGN == 0 {
        return Some(0);
    }
    let biased = ((bits & !SIGN) >> FRACTION_BITS) as u32;
    // A number below 1 is no integer here, and 2^64 is too big.
    let exponent = biased.checked_sub(EXPONENT_BIAS)?;
    if exponent > 63 {
        return None;
    }
    let mantissa = (bits & ((1 << FRACTION_BITS) - 1)) | (1 << FRACTION_BITS);
    let magnitude = if exponent >= FRACTION_BITS {
        // OVERFLOW: 53 bits are shifted by 11 at most.
        mantissa << (exponent - FRACTION_BITS)
    } else {
        let below_one = FRACTION_BITS - exponent;
        if mantissa.trailing_zeros() < below_one {
            return None;
        }
        mantissa >> below_one
    };
    if bits & SIGN == 0 {
        i64::try_from(magnitude).ok()
    } else {
        0i64.checked_sub_unsigned(magnitude)
    }
}
