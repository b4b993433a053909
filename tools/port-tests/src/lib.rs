// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Lua as the kernel module has it, patches, edge and all, in two programs for the host: one on
//! chains of 16 KiB stacks, as kernel stacks are, and upstream Lua on an ordinary stack to compare
//! with. A third one is the compiler of the modules that are written in Lua.

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

/// Runs `program` with options and the script of that name in `tests/scripts`.
///
/// # Panics
///
/// When the program cannot be started.
pub fn run(program: &str, options: &[&str], script: &str) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    Command::new(program)
        .args(options)
        .arg(script)
        .current_dir(folder)
        .output()
        .expect("the program was built with this crate")
}
