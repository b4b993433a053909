// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Generated bindings. Only the wrappers in `linux`, `lua` and `stdio` use them directly; `constants` is plain data.

pub(crate) mod constants;

/// What `helpers/helpers.h` declares.
#[allow(
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::as_underscore
)]
pub(crate) mod kernel_helpers {
    use kernel::bindings::*;
    include!(concat!(
        env!("LUNATIK_OBJ"),
        "/rust/sys/kernel_generated.rs"
    ));
}

/// Lua's C API and the functions of `lua/port/edge.h`.
#[allow(
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::as_underscore
)]
pub(crate) mod lua {
    include!(concat!(env!("LUNATIK_OBJ"), "/rust/sys/lua_generated.rs"));

    /// An expression in C, which bindgen passes over.
    pub(crate) const LUA_REGISTRYINDEX: c_int = -(c_int::MAX / 2 + 1000);
    use ::kernel::ffi::c_int;
}
