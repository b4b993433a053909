// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Userdata: blocks of bytes that Lua holds, and their metatables.

use core::{
    ffi::c_int,
    mem::MaybeUninit,
    ptr,
    slice, //
};
use kernel::{
    prelude::*,
    transmute::{AsBytes, FromBytes}, //
};

use super::{
    error::Raised,
    state::State, //
};
use crate::sys::lua as sys;

/// What a userdata can hold: any bytes are a value, and a value is nothing but bytes.
pub(crate) trait Plain: Copy + FromBytes + AsBytes {}

impl<T: Copy + FromBytes + AsBytes> Plain for T {}

impl State {
    /// Pushes a new userdata that holds `value` and has no metatable.
    pub(crate) fn new_userdata<T: Plain>(self, value: T) -> Result<(), Raised> {
        let mut block = ptr::null_mut();
        // SAFETY: By the type invariant; the pointer is valid for a write.
        self.check(unsafe {
            sys::lunatik_try_newuserdata(self.as_raw(), size_of::<T>(), 0, &mut block)
        })?;
        // SAFETY: The block is that big.
        unsafe { block.cast::<T>().write_unaligned(value) };
        Ok(())
    }

    /// Pushes a string of `length` bytes that `fill` writes. It returns false if it cannot, and
    /// else has written all of them. Returns whether the string was pushed.
    ///
    /// Short strings are made on the stack, and others in a userdata, which is garbage then: Lua
    /// has no way to make a string in place.
    pub(crate) fn push_filled(
        self,
        length: usize,
        fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> bool,
    ) -> Result<bool, Raised> {
        const ON_STACK: usize = 64;
        let mut short = [MaybeUninit::<u8>::uninit(); ON_STACK];
        if let Some(short) = short.get_mut(..length) {
            if !fill(short) {
                return Ok(false);
            }
            // SAFETY: All of them were written, and a `MaybeUninit` has the layout of its content.
            self.push_bytes(unsafe { &*(ptr::from_ref(short) as *const [u8]) })?;
            return Ok(true);
        }
        let mut block = ptr::null_mut();
        // SAFETY: By the type invariant; the pointer is valid for a write.
        self.check(unsafe { sys::lunatik_try_newuserdata(self.as_raw(), length, 0, &mut block) })?;
        // SAFETY: The block is that big, and nobody else knows it.
        let bytes = unsafe { slice::from_raw_parts_mut(block.cast::<MaybeUninit<u8>>(), length) };
        if !fill(bytes) {
            self.pop(1);
            return Ok(false);
        }
        // SAFETY: As above. The userdata is on the stack, so the block lives.
        self.push_bytes(unsafe { slice::from_raw_parts(block.cast::<u8>(), length) })?;
        self.replace(-2);
        Ok(true)
    }

    /// Pushes the metatable that is registered as `name`. Returns true if it was made just now, so
    /// the caller must fill it.
    pub(crate) fn metatable(self, name: &CStr) -> Result<bool, Raised> {
        let mut fresh = 0;
        // SAFETY: By the type invariant; the name is a string and the pointer valid for a write.
        self.check(unsafe {
            sys::lunatik_try_newmetatable(self.as_raw(), name.as_char_ptr(), &mut fresh)
        })?;
        Ok(fresh != 0)
    }

    /// Pops the table on top of the stack and makes it the metatable of the value at `index`.
    pub(crate) fn set_metatable(self, index: c_int) -> Result<(), Raised> {
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_setmetatable(self.as_raw(), index) })
    }

    /// The block of the full userdata at `index`, if it has the size of a `T`.
    fn userdata_block<T: Plain>(self, index: c_int) -> Option<*mut T> {
        const { assert!(size_of::<T>() > 0) };
        // SAFETY: By the type invariant. Never raises.
        let block = unsafe { sys::lunatik_blockat(self.as_raw(), index, size_of::<T>()) };
        (!block.is_null()).then_some(block.cast())
    }

    /// What the full userdata at `index` holds, if it has the size of a `T`: whoever made it, its
    /// bytes are those of one.
    pub(crate) fn userdata<T: Plain>(self, index: c_int) -> Option<T> {
        let block = self.userdata_block::<T>(index)?;
        // SAFETY: The block is that big, and any bytes are a `T`.
        Some(unsafe { block.read_unaligned() })
    }

    /// Has the full userdata at `index` hold `value`, if it has its size.
    pub(crate) fn set_userdata<T: Plain>(self, index: c_int, value: T) {
        if let Some(block) = self.userdata_block::<T>(index) {
            // SAFETY: The block is that big, and no reference leads to it.
            unsafe { block.write_unaligned(value) };
        }
    }
}
