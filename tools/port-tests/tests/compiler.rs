// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The compiler of `lua/lib/`: the same files give the same bytes, names come from the files'
//! places, and every error is reported with its file and line.

use port_tests::COMPILER;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output}, //
};

/// A folder of files for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("lunatik-{test}-{}", std::process::id()));
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        }
        Self(folder)
    }

    fn compile(&self, output: &str, files: &[&str]) -> Output {
        Command::new(COMPILER)
            .arg(self.0.join(output))
            .arg("-r")
            .arg(&self.0)
            .args(files.iter().map(|name| self.0.join(name)))
            .output()
            .expect("the program was built with this crate")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("it was written")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // If this fails, the rest stays in the folder of temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn fails(test: &str, files: &[(&str, &str)], file: &str, said: &str) {
    let folder = Folder::new(test, files);
    let names: Vec<_> = files.iter().map(|(name, _)| *name).collect();
    let output = folder.compile("out.c", &names);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!("{}{said}\n", folder.0.join(file).display())
    );
    assert!(!Path::new(&folder.0.join("out.c")).exists());
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let text =
        "local a <const>, t = 0.1, {}\nfunction t.f(...) return 'x', a, 7 // 2 end\nreturn t\n";
    let files = [
        ("one.lua", text),
        ("two/three.lua", text),
        ("four/init.lua", ""),
    ];
    let names = files.map(|(name, _)| name);
    let (first, second) = (Folder::new("same-1", &files), Folder::new("same-2", &files));
    assert!(first.compile("out.c", &names).status.success());
    assert!(second.compile("out.c", &names).status.success());
    assert_eq!(first.read("out.c"), second.read("out.c"));
    for name in ["\"one\"", "\"two.three\"", "\"four\""] {
        assert!(first.read("out.c").contains(name), "{name}");
    }
}

#[test]
fn a_syntax_error_has_its_file_and_line() {
    fails(
        "syntax",
        &[
            ("good.lua", "return 1"),
            ("a/bad.lua", "local x = 1\n\nif x then\n"),
        ],
        "a/bad.lua",
        ":4: error: 'end' expected (to close 'if' at line 3) near <eof>",
    );
}

#[test]
fn byte_code_is_no_text() {
    fails(
        "binary",
        &[("bad.lua", "\u{1b}Lua")],
        "bad.lua",
        ": error: attempt to load a binary chunk (mode is 't')",
    );
}

#[test]
fn names_are_short_and_no_two_are_the_same() {
    let long = format!("{}.lua", "x".repeat(33));
    fails(
        "long",
        &[(&long, "")],
        &long,
        ": error: its name has more than 32 bytes",
    );
    fails(
        "twice",
        &[("a.lua", ""), ("a/init.lua", "")],
        "a/init.lua",
        ": error: another file has the same name",
    );
}
