// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Builds Lua with the compiler that builds the kernel, at the usual level of optimisation in every
//! profile: this is what benchmarks compare with.

use std::{env, process::Command};

/// What comes first is taken.
const COMPILERS: [&str; 2] = ["clang-22", "clang"];

fn main() {
    const INTERPRETER: &str = "src/interpreter.c";
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={INTERPRETER}");
    println!("cargo::rerun-if-env-changed=CC");
    let found = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
    if let (None, Some(compiler)) = (env::var_os("CC"), COMPILERS.iter().find(found)) {
        env::set_var("CC", compiler);
    }
    let lua = lua_src::Build::new()
        .opt_level("2")
        .debug(false)
        .build(lua_src::Lua55);
    cc::Build::new()
        .cargo_metadata(true)
        .opt_level(2)
        .include(lua.include_dir())
        .file(INTERPRETER)
        .compile("interpreter");
    // After the interpreter, which needs it.
    lua.print_cargo_metadata();
    println!("cargo::rustc-link-lib=m");
}
