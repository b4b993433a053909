// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Builds the three programs. The patched Lua comes from `scripts/prepare-lua`, as for the kernel.

use std::{
    env,
    fs,
    path::{Path, PathBuf},
    process::Command, //
};

fn run(command: &mut Command) {
    let status = command.status().expect("the command exists");
    assert!(status.success(), "{command:?} failed");
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    for path in [
        "lua/compiler",
        "lua/port",
        "lua/patches",
        "scripts/prepare-lua",
        "tools/port-tests/src",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    let compiler = || {
        let mut command = Command::new(env::var_os("CC").unwrap_or_else(|| "clang-22".into()));
        command.args(["-O2", "-g", "-std=gnu11", "-w"]);
        command
    };
    let harness = root.join("tools/port-tests/src/harness.c");

    run(Command::new(root.join("scripts/prepare-lua")).arg(&out));
    let patched = out.join("module/lua/upstream");
    let port = root.join("lua/port");
    let sources = fs::read_dir(&patched)
        .expect("prepare-lua made it")
        .map(|entry| entry.expect("it is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .filter(|path| {
            !matches!(
                path.file_stem().and_then(|s| s.to_str()),
                Some("lua" | "luac" | "onelua" | "ltests")
            )
        });
    let segments = out.join("segments");
    run(compiler()
        .args([
            "-DLUA_USE_POSIX",
            // Lua's own assertions.
            "-DLUAI_ASSERT",
            "-DLUNATIK_THREAD_SIZE=16384UL",
            "-mno-red-zone",
        ])
        // Upstream's value, for comparison.
        .arg("-DLUAI_MAXCCALLS=200")
        .args([
            "-Dlunatik_setjmp=_setjmp",
            "-Dlunatik_longjmp=_longjmp",
            "-fno-stack-protector",
        ])
        .arg("-include")
        .arg(port.join("lunatik_lua.h"))
        .args(["-include", "setjmp.h"])
        .arg(format!("-I{}", port.display()))
        .arg(format!("-I{}", patched.display()))
        .args(sources)
        .arg(port.join("attention.c"))
        .arg(port.join("call.c"))
        .arg(port.join("collect.c"))
        .arg(port.join("edge.c"))
        .arg(port.join("exported_functions.c"))
        .arg(port.join("growth.c"))
        .arg(port.join("hook.c"))
        .arg(port.join("interrupt.c"))
        .arg(port.join("leave.c"))
        .arg(port.join("pieces.c"))
        .arg(port.join("sample.c"))
        .arg(port.join("search.c"))
        .arg(port.join("segments.c"))
        .arg(port.join("pointer_hash.c"))
        .arg(port.join("shared_functions.c"))
        .arg(port.join("shared_strings.c"))
        .arg(port.join("traceback.c"))
        .arg(port.join("trampoline.c"))
        .arg(&harness)
        .args(["-lm", "-lpthread", "-o"])
        .arg(&segments));

    // Built as in lua/Kbuild.
    let compiler_of_libraries = out.join("compiler");
    let folder = root.join("lua/compiler");
    let list = fs::read_to_string(folder.join("sources")).expect("it is part of the compiler");
    let sources = list
        .lines()
        .filter(|line| line.ends_with(".c"))
        .map(|line| match line.strip_prefix("upstream/") {
            Some(name) => patched.join(name),
            None => root.join("lua").join(line),
        });
    run(compiler()
        .args(["-DLUNATIK_THREAD_SIZE=16384UL", "-include"])
        .arg(port.join("lunatik_lua.h"))
        .arg("-include")
        .arg(folder.join("host.h"))
        .arg(format!("-I{}", port.display()))
        .arg(format!("-I{}", patched.display()))
        .args(sources)
        .args(["-lm", "-o"])
        .arg(&compiler_of_libraries));
    println!(
        "cargo::rustc-env=PORT_COMPILER={}",
        compiler_of_libraries.display()
    );

    let lua = lua_src::Build::new()
        .opt_level("2")
        .debug(false)
        .build(lua_src::Lua55);
    let upstream = out.join("upstream");
    run(compiler()
        .arg("-DUPSTREAM")
        .arg(format!("-I{}", lua.include_dir().display()))
        .arg(&harness)
        .arg(format!("-L{}", lua.lib_dir().display()))
        .args(lua.libs().iter().map(|library| format!("-l{library}")))
        .args(["-lm", "-o"])
        .arg(&upstream));
    println!("cargo::rustc-env=PORT_SEGMENTS={}", segments.display());
    println!("cargo::rustc-env=PORT_UPSTREAM={}", upstream.display());
}
