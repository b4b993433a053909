// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What an RCU table can hold.

use core::ops::Deref;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::runtime::handle::Handle;

/// The longest string that a table takes.
pub(crate) const MAX_STRING: usize = 64 * 1024;

/// An immutable byte string that tables and readers share.
#[derive(Clone)]
pub(crate) struct SharedBytes(Arc<KVVec<u8>>);

impl SharedBytes {
    /// Copies `bytes`.
    pub(crate) fn new(bytes: &[u8]) -> Result<Self> {
        let mut copy = KVVec::with_capacity(bytes.len(), GFP_KERNEL_ACCOUNT)?;
        copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT)?;
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
    /// Something that runtimes share. Dropping one may sleep.
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
            Self::String(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// Whether dropping the value may sleep.
    pub(super) fn drop_may_sleep(&self) -> bool {
        matches!(self, Self::Handle(_))
    }

    /// Whether the two are the same: of the same type, integers and floats being two, and with the
    /// same bits, bytes or object.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::String(a), Self::String(b)) => **a == **b,
            (Self::Handle(a), Self::Handle(b)) => a.is_same(b),
            _ => false,
        }
    }
}
