// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A Lua state: its stack and its values.

use core::ffi::{c_int, c_void};
use kernel::prelude::*;

use super::{
    error::Raised,
    function::{Named, NativeFunction},
    kind::Kind, //
};
use crate::{
    linux::context::Context,
    sys::{kernel_helpers, lua as sys}, //
};

/// A value that Lua keeps until it is released by [`State::release`] or the VM is closed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reference(c_int);

impl Reference {
    /// Its index in the registry.
    pub(super) fn index(self) -> c_int {
        self.0
    }
}

/// A pointer to a `lua_State`.
///
/// Indices are Lua's: 1 is the bottom of the frame, and -1 is its top.
///
/// # Invariants
///
/// The state is alive, and the calling thread executes its VM.
#[derive(Clone, Copy)]
pub(crate) struct State(*mut sys::lua_State);

/// Restores the height of the stack when dropped.
pub(crate) struct StateGuard(State, c_int);

impl Drop for StateGuard {
    fn drop(&mut self) {
        self.0.set_top(self.1);
    }
}

impl State {
    /// Wraps a pointer.
    ///
    /// # Safety
    ///
    /// For as long as the result and its copies are used, the state must be alive and the calling
    /// thread must be the one that executes its VM.
    pub(crate) unsafe fn from_raw(state: *mut sys::lua_State) -> Self {
        // INVARIANT: As the caller promises.
        Self(state)
    }

    /// The pointer.
    pub(crate) fn as_raw(self) -> *mut sys::lua_State {
        self.0
    }

    /// The context that the code of the VM runs in.
    pub(crate) fn context(self) -> Context {
        self.head().context()
    }

    /// The index of the top value, and so the number of values.
    pub(crate) fn top(self) -> c_int {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lua_gettop(self.0) }
    }

    /// Drops values from the top, or pushes nils, until there are `top` values. No dropped value
    /// may be marked as to-be-closed.
    pub(crate) fn set_top(self, top: c_int) {
        // SAFETY: By the type invariant. Raises only for to-be-closed slots, which Rust never
        // makes.
        unsafe { sys::lua_settop(self.0, top) }
    }

    /// Drops `count` values.
    pub(crate) fn pop(self, count: c_int) {
        self.set_top(-count - 1);
    }

    /// Returns a guard that, when dropped, drops all values pushed from here on.
    pub(crate) fn guard(self) -> StateGuard {
        StateGuard(self, self.top())
    }

    /// Makes room for `count` more values. Every native function starts with room for 20.
    pub(crate) fn reserve(self, count: c_int) -> Result<(), Raised> {
        // SAFETY: By the type invariant. Returns 0 instead of raising.
        if unsafe { sys::lua_checkstack(self.0, count) } != 0 {
            return Ok(());
        }
        self.push_memory_error();
        Err(Raised)
    }

    /// Pushes the error "not enough memory", which exists since the VM was made.
    pub(crate) fn push_memory_error(self) {
        // SAFETY: By the type invariant; the function needs one slot, and Lua always keeps spare
        // slots for errors.
        unsafe { sys::lunatik_push_memory_error(self.0) }
    }

    /// The type of the value at `index`.
    pub(crate) fn kind(self, index: c_int) -> Kind {
        // SAFETY: By the type invariant. Never raises, for any index.
        let kind = unsafe { sys::lua_type(self.0, index) };
        match kind as u32 {
            sys::LUA_TNIL => Kind::Nil,
            sys::LUA_TBOOLEAN => Kind::Boolean,
            // SAFETY: As above.
            sys::LUA_TNUMBER if unsafe { sys::lua_isinteger(self.0, index) } != 0 => Kind::Integer,
            sys::LUA_TNUMBER => Kind::Float,
            sys::LUA_TSTRING => Kind::String,
            sys::LUA_TTABLE => Kind::Table,
            sys::LUA_TFUNCTION => Kind::Function,
            sys::LUA_TUSERDATA => Kind::Userdata,
            sys::LUA_TTHREAD => Kind::Thread,
            sys::LUA_TLIGHTUSERDATA => Kind::Pointer,
            _ => Kind::None,
        }
    }

    /// Whether there is no value at `index`, or nil.
    pub(crate) fn is_none_or_nil(self, index: c_int) -> bool {
        matches!(self.kind(index), Kind::None | Kind::Nil)
    }

    /// Whether the value at `index` counts as true.
    pub(crate) fn to_boolean(self, index: c_int) -> bool {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lua_toboolean(self.0, index) != 0 }
    }

    /// The integer at `index`. A float with an integral value and a string with such a numeral
    /// count.
    pub(crate) fn to_integer(self, index: c_int) -> Option<i64> {
        let mut is_number = 0;
        // SAFETY: By the type invariant. Never raises, and the pointer is valid for a write.
        let value = unsafe { sys::lua_tointegerx(self.0, index, &mut is_number) };
        (is_number != 0).then_some(value)
    }

    /// The bits of the float at `index`; integers and numerals in strings are converted.
    pub(crate) fn to_float_bits(self, index: c_int) -> Option<u64> {
        let mut bits: usize = 0;
        // SAFETY: By the type invariant. Never raises, and the pointer is valid for a write.
        (unsafe { sys::lunatik_tonumberbits(self.0, index, &mut bits) } != 0).then_some(bits as u64)
    }

    /// Converts the number of seconds at `index` to milliseconds, rounded up. A negative number
    /// counts as 0, and a number that a `u32` cannot hold as the largest `u32`.
    pub(crate) fn to_milliseconds(self, index: c_int) -> Option<u32> {
        let mut ms = 0;
        // SAFETY: By the type invariant. Never raises, and the pointer is valid for a write.
        (unsafe { sys::lunatik_tomilliseconds(self.0, index, &mut ms) } != 0).then_some(ms)
    }

    /// Pushes nanoseconds as a float of seconds.
    pub(crate) fn push_seconds(self, nanoseconds: i64) {
        // SAFETY: By the type invariant; needs no memory.
        unsafe { sys::lunatik_pushseconds(self.0, nanoseconds) }
    }

    /// The bytes of the string at `index`; `None` for any other type, numbers included.
    ///
    /// They are valid while the value is on the stack; the caller must keep it there.
    pub(crate) fn to_bytes<'a>(self, index: c_int) -> Option<&'a [u8]> {
        let mut length = 0;
        // SAFETY: By the type invariant. Never raises.
        let bytes = unsafe { sys::lunatik_stringat(self.0, index, &mut length) };
        if bytes.is_null() {
            return None;
        }
        // SAFETY: Lua's strings have that length, do not move, and live while they are referred to.
        Some(unsafe { core::slice::from_raw_parts(bytes.cast(), length) })
    }

    /// The thread at `index`: the main thread or a coroutine. It is alive while the value is on the
    /// stack; the caller must keep it there.
    pub(crate) fn to_thread(self, index: c_int) -> Option<State> {
        // SAFETY: By the type invariant. Never raises.
        let thread = unsafe { sys::lua_tothread(self.0, index) };
        // INVARIANT: It belongs to the same VM.
        (!thread.is_null()).then_some(Self(thread))
    }

    /// An address that distinguishes tables, functions, userdata and coroutines from each other.
    pub(crate) fn to_pointer(self, index: c_int) -> *const c_void {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lua_topointer(self.0, index) }
    }

    /// The hashed address of the value at `index`, which scripts see, for example in the result of
    /// `tostring`.
    pub(crate) fn identity(self, index: c_int) -> usize {
        // SAFETY: The function hashes the address, and does not dereference it. Its first call
        // makes the key under a spinlock; nobody executes a VM in an NMI, where that could
        // deadlock.
        unsafe { kernel_helpers::lunatik_hidden_address(self.to_pointer(index)) }.addr()
    }

    /// Pushes nil. As for all pushes, there must be room on the stack.
    pub(crate) fn push_nil(self) {
        // SAFETY: By the type invariant; needs no memory.
        unsafe { sys::lua_pushnil(self.0) }
    }

    /// Pushes a boolean.
    pub(crate) fn push_boolean(self, value: bool) {
        // SAFETY: By the type invariant; needs no memory.
        unsafe { sys::lua_pushboolean(self.0, value.into()) }
    }

    /// Pushes an integer.
    pub(crate) fn push_integer(self, value: i64) {
        // SAFETY: By the type invariant; needs no memory.
        unsafe { sys::lua_pushinteger(self.0, value) }
    }

    /// Pushes a float, given as its bits.
    pub(crate) fn push_float_bits(self, bits: u64) {
        // SAFETY: By the type invariant; needs no memory.
        unsafe { sys::lunatik_pushnumberbits(self.0, bits as usize) }
    }

    /// Pushes a copy of the value at `index`.
    pub(crate) fn push_value(self, index: c_int) {
        // SAFETY: By the type invariant; needs no memory.
        unsafe { sys::lua_pushvalue(self.0, index) }
    }

    /// Pushes the running Lua thread.
    pub(crate) fn push_thread(self) {
        // SAFETY: By the type invariant; needs no memory.
        unsafe { sys::lua_pushthread(self.0) };
    }

    /// Pops a function or nil, and below it a Lua thread. Makes the function the handler of the
    /// thread's interrupts.
    pub(crate) fn set_interrupt_handler(self) -> Result<(), Raised> {
        self.reserve(1)?;
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_set_handler(self.0) })
    }

    /// Pushes an upvalue of the running native function, counted from 1.
    pub(crate) fn push_upvalue(self, number: c_int) {
        // The very first upvalue is the function itself.
        self.push_value(sys::LUA_REGISTRYINDEX - number - 1);
    }

    /// Whether the value at `index` is a C or Rust function.
    pub(crate) fn is_c_function(self, index: c_int) -> bool {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lua_iscfunction(self.0, index) != 0 }
    }

    /// Moves the top value to `index`, and shifts the values above it up.
    pub(crate) fn insert(self, index: c_int) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lua_rotate(self.0, index, 1) }
    }

    /// Pops the top value, and puts it in place of the value at `index`, which is below it.
    pub(crate) fn replace(self, index: c_int) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lua_copy(self.0, -1, index) };
        self.pop(1);
    }

    /// Converts an index from the top to an index from the bottom.
    pub(crate) fn absolute(self, index: c_int) -> c_int {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lua_absindex(self.0, index) }
    }

    pub(super) fn check(self, status: c_int) -> Result<(), Raised> {
        if status == 0 {
            Ok(())
        } else {
            Err(Raised)
        }
    }

    /// Pushes a string.
    pub(crate) fn push_bytes(self, bytes: &[u8]) -> Result<(), Raised> {
        // SAFETY: By the type invariant; the bytes are valid for reads.
        self.check(unsafe {
            sys::lunatik_try_pushlstring(self.0, bytes.as_ptr().cast(), bytes.len())
        })
    }

    /// Pushes a new table with room for `elements` elements and `fields` fields.
    pub(crate) fn new_table(self, elements: c_int, fields: c_int) -> Result<(), Raised> {
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_createtable(self.0, elements, fields) })
    }

    /// `t[name] = v`, where `v` is the value on top of the stack, which is popped. Without
    /// metamethods.
    pub(crate) fn set_field(self, table: c_int, name: &CStr) -> Result<(), Raised> {
        // SAFETY: By the type invariant; the name is a string.
        self.check(unsafe { sys::lunatik_try_setfield(self.0, table, name.as_char_ptr()) })
    }

    /// Pushes `t[name]`. Metamethods apply.
    pub(crate) fn get_field(self, table: c_int, name: &CStr) -> Result<Kind, Raised> {
        // SAFETY: By the type invariant; the name is a string.
        self.check(unsafe { sys::lunatik_try_getfield(self.0, table, name.as_char_ptr()) })?;
        Ok(self.kind(-1))
    }

    /// `t[k] = v`, where `v` is on top of the stack and `k` below it; both are popped. Without
    /// metamethods.
    pub(crate) fn raw_set(self, table: c_int) -> Result<(), Raised> {
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_rawset(self.0, table) })
    }

    /// Replaces the key on top of the stack by the next key of the table and its value, and returns
    /// true. At the end of the table, pops the key and returns false.
    pub(crate) fn next(self, table: c_int) -> Result<bool, Raised> {
        let mut more = 0;
        // SAFETY: By the type invariant; the pointer is valid for a write.
        self.check(unsafe { sys::lunatik_try_next(self.0, table, &mut more) })?;
        Ok(more != 0)
    }

    /// Replaces the key on top of the stack by `t[key]`. Without metamethods.
    pub(crate) fn raw_get(self, table: c_int) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lua_rawget(self.0, table) };
    }

    /// Pushes the metatable of the value at `index`, if it has one; else returns false.
    pub(crate) fn push_metatable(self, index: c_int) -> bool {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lua_getmetatable(self.0, index) != 0 }
    }

    /// Pops the value on top of the stack and keeps it.
    pub(crate) fn keep(self) -> Result<Reference, Raised> {
        let mut reference = 0;
        // SAFETY: By the type invariant; the pointer is valid for a write.
        self.check(unsafe { sys::lunatik_try_ref(self.0, &mut reference) })?;
        Ok(Reference(reference))
    }

    /// Pushes a kept value.
    pub(crate) fn push_kept(self, reference: Reference) {
        // SAFETY: By the type invariant; reads an array slot, which never raises.
        unsafe {
            sys::lua_rawgeti(self.0, sys::LUA_REGISTRYINDEX, reference.0.into());
        }
    }

    /// Releases a kept value.
    pub(crate) fn release(self, reference: Reference) {
        // SAFETY: By the type invariant; the slot exists already, so this needs no memory.
        unsafe { sys::luaL_unref(self.0, sys::LUA_REGISTRYINDEX, reference.0) }
    }

    /// Pushes a native function with the `upvalues` top values as its upvalues, which are popped.
    pub(crate) fn push_function(
        self,
        function: NativeFunction,
        upvalues: c_int,
    ) -> Result<(), Raised> {
        // SAFETY: By the type invariant.
        self.check(unsafe {
            sys::lunatik_try_pushrustfunction(self.0, Some(function.shim()), upvalues)
        })
    }

    /// `t[name] = function`.
    pub(crate) fn set_function(
        self,
        table: c_int,
        name: &CStr,
        function: NativeFunction,
    ) -> Result<(), Raised> {
        let table = self.absolute(table);
        self.push_function(function, 0)?;
        self.set_field(table, name)
    }

    /// `t[name] = function` for each of `functions`.
    pub(crate) fn set_functions(self, table: c_int, functions: &[Named]) -> Result<(), Raised> {
        // SAFETY: By the type invariant; `Named` has the layout of the C type
        // `lunatik_named_function`.
        self.check(unsafe {
            sys::lunatik_try_setrustfunctions(
                self.0,
                table,
                functions.as_ptr().cast(),
                functions.len(),
            )
        })
    }

    /// Pushes the table of globals.
    pub(crate) fn push_globals(self) {
        // SAFETY: By the type invariant; the slot exists in every VM, so this never raises.
        unsafe {
            sys::lua_rawgeti(self.0, sys::LUA_REGISTRYINDEX, sys::LUA_RIDX_GLOBALS.into());
        }
    }
}
