// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The exit status of the command where there is no device, and what it says.

use std::process::Command;

#[test]
fn without_a_device_the_command_says_what_to_do() {
    if std::path::Path::new("/dev/lunatik").exists() {
        return;
    }
    for arguments in [
        &["eval", "return 1"][..],
        &["list"],
        &["stop", "x"],
        &["shutdown"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_lunatik"))
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(4), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("lunatik load"), "{text}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_missing_file_is_no_such_script() {
    let output = Command::new(env!("CARGO_BIN_EXE_lunatik"))
        .args(["run", "./no/such/script.lua"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_standard_error_that_is_full_changes_no_status() {
    let folder = std::env::temp_dir().join(format!("lunatik-full-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let wrong = folder.join("wrong.lua");
    std::fs::write(&wrong, "x = )").unwrap();
    for file in [wrong, folder.join("missing.lua")] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let status = Command::new(env!("CARGO_BIN_EXE_lunatik"))
            .arg("check")
            .arg(&file)
            .stderr(full.unwrap())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(1), "{file:?}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
