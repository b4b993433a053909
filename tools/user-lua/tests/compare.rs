// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The interpreter itself, and what is compared with it.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use lunatik::number::float_text;

fn lua(script: &str, arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_user-lua"))
        .arg("-")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(script.as_bytes()).unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}

#[test]
fn arguments_and_version_are_as_expected() {
    let output = lua("print(_VERSION, #arg, arg[0], ...)", &["one", "two"]);
    assert_eq!(output.stdout, b"Lua 5.5\t2\t-\tone\ttwo\n");
    assert!(output.status.success());
}

#[test]
fn an_error_gives_message_traceback_and_status_1() {
    let output = lua("local function f() error('no') end\nf()", &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.starts_with("user-lua: stdin:1: no\nstack traceback:"),
        "{text}"
    );
}

#[test]
fn the_tool_writes_floats_as_lua_does() {
    let mut seed: u64 = 0x2545_f491_4f6c_dd1d;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut floats: Vec<u64> = (0..100_000).map(|_| random()).collect();
    // Those that people write: few digits, near the changes from one form to the other.
    floats.extend((0..100_000).map(|_| {
        let digits = (random() % 100_000) as f64;
        let exponent = (random() % 40) as i32 - 20;
        (digits * 10f64.powi(exponent)).to_bits()
    }));
    let zero = 0f64.to_bits();
    floats.extend([zero, 1 << 63, 1, (1 << 52) - 1, 0x7ff0 << 48, 0xfff0 << 48]);
    let script = "\
local unpack = string.unpack
for word in io.open(arg[1]):lines() do
  print((unpack('<d', string.pack('<i8', math.tointeger(word)))))
end";
    let file = std::env::temp_dir().join(format!("user-lua-floats-{}", std::process::id()));
    let words: String = floats
        .iter()
        .map(|bits| format!("{}\n", *bits as i64))
        .collect();
    std::fs::write(&file, words).unwrap();
    let output = lua(script, &[file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let theirs = String::from_utf8(output.stdout).unwrap();
    assert_eq!(theirs.lines().count(), floats.len());
    for (bits, theirs) in floats.into_iter().zip(theirs.lines()) {
        assert_eq!(float_text(f64::from_bits(bits)), theirs, "{bits:#x}");
    }
}
