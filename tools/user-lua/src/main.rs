// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `user-lua SCRIPT [ARGS…]`: the Lua that the kernel module has, in user space.

use std::{
    ffi::{c_char, c_int, CString},
    os::unix::ffi::OsStringExt,
    process::ExitCode,
};

extern "C" {
    fn user_lua_run(count: c_int, words: *mut *mut c_char) -> c_int;
}

fn main() -> ExitCode {
    let words: Result<Vec<CString>, _> = std::env::args_os()
        .map(|word| CString::new(word.into_vec()))
        .collect();
    let Ok(words) = words else {
        unreachable!("the kernel ends each argument at its first zero byte");
    };
    if words.len() < 2 {
        eprintln!("usage: user-lua SCRIPT [ARGS...]");
        return ExitCode::from(2);
    }
    let mut pointers: Vec<*mut c_char> =
        words.iter().map(|word| word.as_ptr().cast_mut()).collect();
    let count = c_int::try_from(words.len()).unwrap_or(c_int::MAX);
    // SAFETY: `pointers` has at least `count` pointers to strings that `words` keeps alive until after the
    // call, and the function only reads them. There are at least two.
    let status = unsafe { user_lua_run(count, pointers.as_mut_ptr()) };
    if status == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
