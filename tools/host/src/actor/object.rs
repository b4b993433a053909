// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Objects that scripts have: userdata whose metatable Lua code has made.

use std::ffi::c_int;

use mlua::{ffi, Function, Lua};

/// `object(metatable)`: a userdata that has this metatable, and nothing else.
///
/// # Safety
///
/// To be called by Lua, with a state that has room for three values.
unsafe extern "C-unwind" fn object(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: The caller passes its own state, on whose stack a C function has room for 20 values beside its
    // arguments. The calls use the index 1, which `luaL_checktype` has checked, and -2, which is pushed here. No value
    // of Rust is alive that an error of Lua would leave behind.
    unsafe {
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        ffi::lua_newuserdatauv(state, 0, 0);
        ffi::lua_pushvalue(state, 1);
        ffi::lua_setmetatable(state, -2);
    }
    1
}

/// The function that makes objects.
pub(super) fn function(lua: &Lua) -> mlua::Result<Function> {
    // SAFETY: Only Lua calls the function, and it keeps the protocol of C functions: it returns the number of results
    // that it has pushed.
    unsafe { lua.create_c_function(object) }
}
