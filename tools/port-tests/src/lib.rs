// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Programs for the host: the kernel module's Lua, with its patches and its edge, on chains of 16
//! KiB stacks like kernel stacks; upstream Lua on an ordinary stack, for comparison; and the
//! compiler of the modules that are written in Lua.

use std::{
    path::Path,
    process::{Command, Output}, //
};

/// The program with the patched Lua on small stacks.
pub const SEGMENTS: &str = env!("PORT_SEGMENTS");
/// The program with upstream Lua.
pub const UPSTREAM: &str = env!("PORT_UPSTREAM");

/// The compiler of `lua/lib/`.
pub const COMPILER: &str = env!("PORT_COMPILER");

/// Runs `program` with `options` and the file `script` in `tests/scripts`.
///
/// # Panics
///
/// If the program cannot be started.
pub fn run(program: &str, options: &[&str], script: &str) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    Command::new(program)
        .args(options)
        .arg(script)
        .current_dir(folder)
        .output()
        .expect("the program was built with this crate")
}
