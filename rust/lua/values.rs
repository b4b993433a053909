// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Reads many values out of a VM, and pushes many values into one.

use core::{
    ffi::{c_int, c_uint, c_void},
    marker::PhantomData,
    mem::MaybeUninit,
    ptr::{self, NonNull}, //
};

use super::{error::Raised, State};
use crate::{
    codec::Token,
    sys::{kernel_helpers, lua as sys},
};

/// A value in a VM, read in place.
///
/// It is valid as long as the VM is only read: no garbage is collected meanwhile, and no table
/// changes. The caller must ensure that.
pub(crate) enum Value<'a> {
    /// Nil, or no value.
    Nil,
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float, as its bits.
    Float(u64),
    /// A string.
    String(&'a [u8]),
    /// A table.
    Table(Table<'a>),
    /// A full userdata.
    Userdata,
    /// A function, a coroutine, or a light userdata.
    Other,
}

/// A table, and the position that reading has reached.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    table: NonNull<c_void>,
    cursor: c_uint,
    values: PhantomData<&'a State>,
}

/// The next entry of a table.
pub(crate) enum Pair<'a> {
    /// A key and its value.
    Some(Value<'a>, Value<'a>),
    /// The end of the table.
    None,
    /// Unknown yet: many empty slots were skipped, so it is time to check for interrupts.
    Later,
}

impl Value<'_> {
    /// # Safety
    ///
    /// `value` must have been read from a VM, and the VM must only be read as long as the result is
    /// used.
    #[inline]
    unsafe fn from_raw(value: &sys::lunatik_value) -> Self {
        match value.kind {
            sys::lunatik_kind_LUNATIK_NIL => Self::Nil,
            sys::lunatik_kind_LUNATIK_BOOLEAN => Self::Boolean(value.bits != 0),
            sys::lunatik_kind_LUNATIK_INTEGER => Self::Integer(value.bits as i64),
            sys::lunatik_kind_LUNATIK_FLOAT => Self::Float(value.bits as u64),
            sys::lunatik_kind_LUNATIK_STRING => {
                // SAFETY: Lua's strings have that length and do not move; the caller promises that
                // this one stays alive.
                Self::String(unsafe {
                    core::slice::from_raw_parts(value.pointer.cast(), value.bits)
                })
            }
            sys::lunatik_kind_LUNATIK_TABLE => match NonNull::new(value.pointer.cast_mut()) {
                Some(table) => Self::Table(Table {
                    table,
                    cursor: 0,
                    values: PhantomData,
                }),
                None => Self::Nil,
            },
            sys::lunatik_kind_LUNATIK_USERDATA => Self::Userdata,
            _ => Self::Other,
        }
    }
}

impl<'a> Table<'a> {
    /// An address that distinguishes tables from each other.
    pub(crate) fn address(&self) -> *const c_void {
        self.table.as_ptr()
    }

    /// Reads the next pair.
    #[inline]
    pub(crate) fn next(&mut self, state: State) -> Pair<'a> {
        let mut key = MaybeUninit::<sys::lunatik_value>::uninit();
        let mut value = MaybeUninit::<sys::lunatik_value>::uninit();
        // SAFETY: The code that reads keeps the table alive, and the pointers are valid for writes.
        let found = unsafe {
            sys::lunatik_read_pair(
                state.as_raw(),
                self.table.as_ptr(),
                &mut self.cursor,
                key.as_mut_ptr(),
                value.as_mut_ptr(),
            )
        };
        match found as c_uint {
            // SAFETY: Both were written: each value has a kind, and the fields that this kind uses.
            sys::LUNATIK_PAIR => unsafe {
                Pair::Some(
                    Value::from_raw(&*key.as_ptr()),
                    Value::from_raw(&*value.as_ptr()),
                )
            },
            sys::LUNATIK_PAIR_LATER => Pair::Later,
            _ => Pair::None,
        }
    }

    /// Reads the last pair once more.
    pub(crate) fn again(&mut self, state: State) -> Pair<'a> {
        self.cursor = self.cursor.saturating_sub(1);
        self.next(state)
    }

    /// Whether its metatable has a field `__pairs`.
    #[inline]
    pub(crate) fn has_pairs(&self) -> bool {
        // SAFETY: The code that reads keeps the table alive. Never raises.
        unsafe { sys::lunatik_has_pairs(self.table.as_ptr()) != 0 }
    }

    /// Pushes the key and the value of the last pair. There must be room for two values.
    pub(crate) fn push_pair(&self, state: State) {
        // SAFETY: The code that reads keeps the table alive.
        unsafe { sys::lunatik_push_pair(state.as_raw(), self.table.as_ptr(), self.cursor) }
    }
}

/// A source of values to push.
pub(crate) trait Source {
    /// The next step; `None` at the end. May use the VM.
    fn next(&mut self, state: State) -> Option<Item<'_>>;
}

/// One step of pushing values.
pub(crate) struct Item<'a> {
    /// What to push. A handle stands for a value that is already on top of the stack. The begin of
    /// a table stands for the table, which stays open until its end.
    pub(crate) token: Token<'a>,
    /// How many elements and fields a table that begins will have, as far as is known.
    pub(crate) room: (u16, u16),
    /// Whether this is the end of the second value of a pair of the innermost open table.
    pub(crate) ends_pair: bool,
}

/// # Safety
///
/// `source` must be an `S` that nobody else uses, `state` a state that the calling thread executes,
/// and `value` valid for writes.
unsafe extern "C" fn next<S: Source>(
    source: *mut c_void,
    state: *mut sys::lua_State,
    value: *mut sys::lunatik_value,
) -> c_int {
    // SAFETY: As the caller promises.
    let (source, state) = unsafe { (&mut *source.cast::<S>(), State::from_raw(state)) };
    let Some(item) = source.next(state) else {
        return sys::LUNATIK_NO_VALUE as c_int;
    };
    let (kind, bits, pointer) = match item.token {
        Token::Nil => (sys::lunatik_kind_LUNATIK_NIL, 0, ptr::null()),
        Token::Boolean(value) => (sys::lunatik_kind_LUNATIK_BOOLEAN, value.into(), ptr::null()),
        Token::Integer(value) => (
            sys::lunatik_kind_LUNATIK_INTEGER,
            value as usize,
            ptr::null(),
        ),
        Token::Float(bits) => (sys::lunatik_kind_LUNATIK_FLOAT, bits as usize, ptr::null()),
        Token::String(bytes) => (
            sys::lunatik_kind_LUNATIK_STRING,
            bytes.len() as usize,
            bytes.as_ptr(),
        ),
        Token::TableBegin => (
            sys::lunatik_kind_LUNATIK_TABLE,
            item.room.0.into(),
            ptr::null(),
        ),
        Token::Reference(number) => (
            sys::lunatik_kind_LUNATIK_REFERENCE,
            number as usize,
            ptr::null(),
        ),
        Token::TableEnd | Token::Handle { .. } => {
            (sys::lunatik_kind_LUNATIK_PUSHED, 0, ptr::null())
        }
    };
    // SAFETY: As the caller promises.
    unsafe {
        value.write(sys::lunatik_value {
            kind,
            fields: item.room.1.into(),
            bits,
            pointer: pointer.cast(),
        });
    }
    if item.ends_pair {
        sys::LUNATIK_LAST_OF_PAIR as c_int
    } else {
        sys::LUNATIK_VALUE as c_int
    }
}

impl State {
    /// Reads the value at `index`, which counts from the bottom. See [`Value`].
    #[inline]
    pub(crate) fn read<'a>(self, index: c_int) -> Value<'a> {
        let mut value = MaybeUninit::<sys::lunatik_value>::uninit();
        // SAFETY: By the type invariant; the pointer is valid for a write, after which the value
        // has a kind, and the fields that this kind uses.
        unsafe {
            sys::lunatik_read_value(self.as_raw(), index, value.as_mut_ptr());
            Value::from_raw(&*value.as_ptr())
        }
    }

    /// The number of the C function on top of the stack, if Lua's libraries export it. It is the same in
    /// all VMs.
    pub(crate) fn exported_function(self) -> Option<u32> {
        // SAFETY: By the type invariant. Never raises.
        u32::try_from(unsafe { sys::lunatik_exported_function(self.as_raw()) }).ok()
    }

    /// Pushes the C function with this number, and returns whether there is one. There must be room.
    pub(crate) fn push_exported_function(self, number: u32) -> bool {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_push_exported_function(self.as_raw(), number) != 0 }
    }

    /// Gives way to other threads if that is due and the code may sleep, and returns whether the running
    /// code must end. Long work calls this repeatedly.
    pub(crate) fn look_up(self) -> bool {
        // SAFETY: By the type invariant; code that may not sleep does not give way.
        unsafe {
            // Check this first: code that must end does not wait for its turn.
            if sys::lunatik_is_ended(self.as_raw()) == 0 && self.context().may_sleep() {
                kernel_helpers::lunatik_give_way();
            }
            sys::lunatik_is_ended(self.as_raw()) != 0
        }
    }

    /// Pushes all values of `source` under one protected call. `values` is the number of values
    /// outside all tables. `tables` is the number of tables if there are references to them,
    /// otherwise 0.
    ///
    /// Only Lua's own code raises an error here, between two calls of the source, so the error
    /// crosses no frame of the source. The caller owns the source and drops it.
    pub(crate) fn push_from<S: Source>(
        self,
        source: &mut S,
        values: c_int,
        tables: c_int,
    ) -> Result<(), Raised> {
        // SAFETY: By the type invariant; `next` gets the source that it expects, which nobody
        // else uses until this returns.
        let status = unsafe {
            sys::lunatik_try_push_values(
                self.as_raw(),
                Some(next::<S>),
                ptr::from_mut(source).cast(),
                values,
                tables,
            )
        };
        if status == 0 {
            Ok(())
        } else {
            Err(Raised)
        }
    }
}
