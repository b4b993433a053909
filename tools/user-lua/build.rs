// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Builds Lua with the compiler that builds the kernel, at the usual level of optimisation in every
//! profile: this is what benchmarks compare with.

use std::{env, process::Command};

/// What comes first is taken.
const COMPILERS: [&str; 2] = ["clang-22", "clang"];

fn main() {
    const SOURCES: [&str; 2] = ["src/interpreter.c", "src/terminal.c"];
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
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
        .define("_GNU_SOURCE", None)
        .files(SOURCES)
        .compile("interpreter");
    // After the interpreter, which needs it.
    lua.print_cargo_metadata();
    println!("cargo::rustc-link-lib=m");
}
