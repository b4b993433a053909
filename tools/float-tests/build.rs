// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Compiles `rust/float` as for a kernel, without a floating-point unit, and gives each of its
//! symbols a prefix, so that it can stand beside the host's own functions of the same names.

use std::env;
use std::fs;
use std::path::{
    Path, //
    PathBuf,
};
use std::process::Command;

/// Doubles travel in general registers for this target, as in a kernel.
const TARGET: &str = "x86_64-unknown-none";

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let library = library();
    let float = Path::new("../../rust/float");
    println!("cargo::rerun-if-changed={}", float.display());
    println!("cargo::rerun-if-changed=build.rs");

    core_library(&out, &library);

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let prepare = root.join("scripts/prepare-float");
    println!("cargo::rerun-if-changed={}", prepare.display());
    run(Command::new(prepare).arg(&out));
    let crate_flags = [
        "--edition=2024",
        "--cfg=host_test",
        "--cfg=feature=\"mangled-names\"",
        "--cfg=optimizations_enabled",
        "-Awarnings",
    ];
    run(with_flags(
        rustc(&out, "float", &float.join("float.rs")),
        &crate_flags,
    ));

    let archive = out.join("libsoft.a");
    let _ = fs::remove_file(&archive);
    let mut pack = Command::new("ar");
    pack.arg("rcs").arg(&archive);
    let object = out.join("float.o");
    let mut rename = Command::new("objcopy");
    run(rename.arg("--prefix-symbols=soft_").arg(&object));
    run(pack.arg(object).arg(out.join("core.o")));
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=soft");
}

/// Compiles the core library as the kernel does, without any formatting of doubles, and the crate
/// that rustc wants beside it, of which nothing is used. Only once for each compiler.
fn core_library(out: &Path, library: &Path) {
    let stamp = out.join("core.stamp");
    let made_of = format!("{}{}", output(compiler().arg("-vV")), library.display());
    if fs::read_to_string(&stamp).is_ok_and(|last| last == made_of) {
        return;
    }
    let core = rustc(out, "core", &library.join("core/src/lib.rs"));
    let edition = format!("--edition={}", core_edition(library));
    run(with_flags(core, &[&edition, "--cfg=no_fp_fmt_parse"]));
    let empty = out.join("compiler_builtins.rs");
    let text = "#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_std]\n";
    fs::write(&empty, text).expect("compiler_builtins.rs");
    run(with_flags(
        rustc(out, "compiler_builtins", &empty),
        &["-Awarnings"],
    ));
    let mut rename = Command::new("objcopy");
    run(rename.arg("--prefix-symbols=soft_").arg(out.join("core.o")));
    fs::write(&stamp, made_of).expect("core.stamp");
}

/// The edition of the core library, which depends on the version.
fn core_edition(library: &Path) -> String {
    let manifest = fs::read_to_string(library.join("core/Cargo.toml")).expect("core's Cargo.toml");
    manifest
        .lines()
        .find_map(|line| line.strip_prefix("edition = \"")?.strip_suffix('"'))
        .expect("an edition")
        .to_owned()
}

/// Where the source of rustc's core library lies.
fn library() -> PathBuf {
    println!("cargo::rerun-if-env-changed=RUST_LIB_SRC");
    if let Some(given) = env::var_os("RUST_LIB_SRC") {
        return given.into();
    }
    let version = output(compiler().arg("-vV"));
    let release = version
        .lines()
        .find_map(|line| line.strip_prefix("release: "))
        .expect("rustc tells its release");
    let cache = env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache"),
        PathBuf::from,
    );
    let sysroot = PathBuf::from(output(compiler().arg("--print=sysroot")).trim());
    let places = [
        cache.join(format!("lunatik/rust-src-{release}/library")),
        sysroot.join("lib/rustlib/src/rust/library"),
    ];
    places
        .into_iter()
        .find(|place| place.join("core").is_dir())
        .expect("the core library's source is missing: run scripts/setup, or set RUST_LIB_SRC")
}

fn compiler() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()))
}

/// A compilation of the crate `name` to `out`, as metadata and as one object.
fn rustc(out: &Path, name: &str, source: &Path) -> Command {
    let mut command = compiler();
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("LUNATIK_OBJ", out.join("module"))
        .args(["--crate-type=rlib", "--sysroot=/dev/null"])
        .args(["-Copt-level=2", "-Cpanic=abort", "-Ccodegen-units=1"])
        .args(["-Coverflow-checks=n", "-Ccode-model=small"])
        .args(["-Crelocation-model=pic", "-Zfunction-sections=y"])
        .args(["--target", TARGET, "--crate-name", name, "--emit"])
        .arg(format!(
            "obj={0}/{name}.o,metadata={0}/lib{name}.rmeta",
            out.display()
        ))
        .arg("-L")
        .arg(out)
        .arg(source);
    command
}

fn with_flags(mut command: Command, flags: &[&str]) -> Command {
    command.args(flags);
    command
}

fn run(mut command: impl std::borrow::BorrowMut<Command>) {
    let command = command.borrow_mut();
    let status = command.status();
    assert!(
        status.as_ref().is_ok_and(|status| status.success()),
        "{command:?}: {status:?}"
    );
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("rustc runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}
