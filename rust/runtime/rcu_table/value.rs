// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What an RCU table can hold.

use core::ops::Deref;
use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Release},
        barrier::{smp_mb, Read},
        Arc, //
    },
};

use super::Writing;
use crate::{
    linux::{
        account,
        context::Context, //
    },
    runtime::handle::Handle, //
};

/// The longest string that a table takes.
pub(crate) const MAX_STRING: usize = 64 * 1024;

/// The bytes of a string. Code that must not sleep cannot map memory, so the strings that it makes are
/// contiguous, and short ones always are.
enum Bytes {
    Contiguous(KVec<u8>),
    Any(KVVec<u8>),
}

impl Bytes {
    fn new(bytes: &[u8], context: Context) -> Result<Self> {
        let flags = context.charged_allocation();
        if bytes.len() <= PAGE_SIZE || !context.may_sleep() {
            let mut copy = KVec::with_capacity(bytes.len(), flags)?;
            copy.extend_from_slice(bytes, flags)?;
            Ok(Self::Contiguous(copy))
        } else {
            let mut copy = KVVec::with_capacity(bytes.len(), flags)?;
            copy.extend_from_slice(bytes, flags)?;
            Ok(Self::Any(copy))
        }
    }
}

/// An immutable byte string that tables and readers share.
#[derive(Clone)]
pub(crate) struct SharedBytes(Arc<Bytes>);

impl SharedBytes {
    fn new(bytes: &[u8], context: Context) -> Result<Self> {
        let copy = Bytes::new(bytes, context)?;
        Ok(Self(Arc::new(copy, context.charged_allocation())?))
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &*self.0 {
            Bytes::Contiguous(bytes) => bytes,
            Bytes::Any(bytes) => bytes,
        }
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
    /// Makes a string value; `E2BIG` if it is too long. Sleeps in process context.
    pub(super) fn string(bytes: &[u8], context: Context) -> Result<Self> {
        if bytes.len() > MAX_STRING {
            return Err(E2BIG);
        }
        Ok(Self::String(SharedBytes::new(bytes, context)?))
    }

    /// The bytes that this value takes beside its entry.
    pub(super) fn size(&self) -> usize {
        match self {
            // Two blocks: the bytes, and the reference count with the pointer to them.
            Self::String(bytes) => account::kmalloc_size(bytes.len()).saturating_add(64),
            _ => 0,
        }
    }

    /// Whether it is a boolean or a number.
    pub(super) fn is_scalar(&self) -> bool {
        self.scalar().is_some()
    }

    /// The type and the bits of a boolean or number.
    fn scalar(&self) -> Option<(Scalar, u64)> {
        match *self {
            Self::Boolean(value) => Some((Scalar::Boolean, value.into())),
            // CAST: All bits are kept.
            Self::Integer(value) => Some((Scalar::Integer, value as u64)),
            Self::Float(bits) => Some((Scalar::Float, bits)),
            _ => None,
        }
    }

    /// Whether Lua's primitive comparison finds the two equal.
    fn equals(&self, other: &Self) -> bool {
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

/// The type of a value that is nothing but 64 bits.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scalar {
    Boolean,
    Integer,
    Float,
}

impl Scalar {
    fn value(self, bits: u64) -> Value {
        match self {
            Self::Boolean => Value::Boolean(bits != 0),
            // CAST: As in `Value::scalar()`.
            Self::Integer => Value::Integer(bits as i64),
            Self::Float => Value::Float(bits),
        }
    }
}

/// What an entry holds. A boolean or number may change while readers see it, but not its type.
pub(super) enum Stored {
    Scalar(Scalar, Atomic<u64>),
    /// Strings and handles.
    Other(Value),
}

impl Stored {
    pub(super) fn new(value: Value) -> Self {
        match value.scalar() {
            Some((scalar, bits)) => Self::Scalar(scalar, Atomic::new(bits)),
            None => Self::Other(value),
        }
    }

    /// A clone of the value as it is now.
    pub(super) fn load(&self) -> Value {
        // Who finds this value also finds what its writer has written before.
        match self {
            Self::Scalar(scalar, bits) => scalar.value(bits.load(Acquire)),
            Self::Other(value) => {
                smp_mb(Read);
                value.clone()
            }
        }
    }

    /// Whether Lua's primitive comparison finds the two equal.
    pub(super) fn equals(&self, other: &Value) -> bool {
        match self {
            Self::Scalar(..) => self.load().equals(other),
            Self::Other(value) => value.equals(other),
        }
    }

    /// Puts `value` in the place of this one if both are numbers or booleans of the same type. Returns
    /// whether it has done so.
    pub(super) fn replace(&self, value: &Value, _write: &mut Writing) -> bool {
        match (self, value.scalar()) {
            (Self::Scalar(present, bits), Some((scalar, new))) if *present == scalar => {
                bits.store(new, Release);
                true
            }
            _ => false,
        }
    }

    /// Adds `n`, and returns the sum, which wraps around. `None` if this is no integer.
    pub(super) fn add(&self, n: i64, _write: &mut Writing) -> Option<i64> {
        let Self::Scalar(Scalar::Integer, bits) = self else {
            return None;
        };
        // Nobody else writes while the caller has the lock. CAST: As in `Value::scalar()`.
        let sum = (bits.load(Acquire) as i64).wrapping_add(n);
        bits.store(sum as u64, Release);
        Some(sum)
    }

    /// Whether dropping the value may sleep.
    pub(super) fn drop_may_sleep(&self) -> bool {
        matches!(self, Self::Other(Value::Handle(_)))
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
