// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a SCRIPT on the command line means.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
};

use lunatik_abi::abi::{
    runtime_name, script_name, NameError, MAX_CHUNK_NAME, MAX_DIRECTORY, MAX_FRAME,
};

use crate::failure::{Exit, Failure};

/// What a SCRIPT on the command line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptArgument {
    /// A name under `/lib/modules/lua`, which the kernel looks up.
    Name(Vec<u8>),
    /// A local file, whose text is sent.
    File(PathBuf),
    /// Standard input, whose text is sent.
    StandardInput,
}

impl ScriptArgument {
    /// Distinguishes names, paths and `-`.
    pub fn new(argument: &OsStr) -> Self {
        let bytes = argument.as_bytes();
        if bytes == b"-" {
            return Self::StandardInput;
        }
        let starts = [b"/".as_slice(), b"./", b"../"];
        if bytes.ends_with(b".lua") || starts.iter().any(|start| bytes.starts_with(start)) {
            return Self::File(argument.into());
        }
        Self::Name(bytes.to_vec())
    }
}

/// A text to send, and its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalScript {
    /// The name to register it under.
    pub name: Vec<u8>,
    /// Its name in tracebacks.
    pub chunk: Vec<u8>,
    /// The first line if it starts with `#`, such as one for the shell. It is not sent.
    pub first_line: Vec<u8>,
    /// The text, with an empty line in place of that one.
    pub text: Vec<u8>,
    /// The folder of the file as the kernel sees it. Empty if there is none, or if the kernel sees
    /// another one.
    pub directory: Vec<u8>,
}

/// Reads a local file.
pub fn read_file(path: &Path) -> Result<LocalScript, Failure> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::new(
            Exit::NoSuchScript,
            format!("no such script: {shown} (a name without '.lua' is looked up under /lib/modules/lua)"),
        ),
        io::ErrorKind::PermissionDenied => {
            Failure::new(Exit::NoDevice, format!("cannot read {shown}: permission denied"))
        }
        _ => Failure::new(Exit::Script, format!("cannot read {shown}: {error}")),
    })?;
    let (first_line, text) = read_text(file, &shown.to_string())?;
    let mut chunk = b"@".to_vec();
    chunk.extend_from_slice(path.as_os_str().as_bytes());
    if chunk.len() > MAX_CHUNK_NAME {
        return Err(Failure::new(Exit::Usage, "the script's path is too long"));
    }
    let name = path.file_name().unwrap_or_default().as_bytes();
    Ok(LocalScript {
        name: name.to_vec(),
        chunk,
        first_line,
        text,
        directory: folder_of(path),
    })
}

/// The folder of the file at `path`, as the kernel sees it.
fn folder_of(path: &Path) -> Vec<u8> {
    // Follow the path if it is a link: the modules beside the script are beside the file that it
    // leads to.
    let file = fs::canonicalize(path).unwrap_or_default();
    folder_in_kernel(file.parent().unwrap_or(Path::new("")))
}

/// The path of `folder`, which is canonical, if the kernel finds the same folder by it. Empty otherwise. The kernel's
/// paths start at the root of the first process.
fn folder_in_kernel(folder: &Path) -> Vec<u8> {
    let same_view = || -> io::Result<bool> {
        let ours = fs::metadata("/")?;
        let first = fs::metadata("/proc/1/root/")?;
        let mounts = fs::read_link("/proc/self/ns/mnt")? == fs::read_link("/proc/1/ns/mnt")?;
        Ok(mounts && (ours.dev(), ours.ino()) == (first.dev(), first.ino()))
    };
    if !same_view().unwrap_or(false) {
        return Vec::new();
    }
    let folder = folder.as_os_str().as_bytes();
    if !folder.starts_with(b"/") || folder.len() > MAX_DIRECTORY {
        return Vec::new();
    }
    folder.to_vec()
}

/// Reads standard input, as if it were a file in the current folder.
pub fn read_standard_input() -> Result<LocalScript, Failure> {
    let (first_line, text) = read_text(io::stdin().lock(), "standard input")?;
    Ok(LocalScript {
        name: b"stdin".to_vec(),
        chunk: b"=stdin".to_vec(),
        first_line,
        text,
        directory: folder_in_kernel(&std::env::current_dir().unwrap_or_default()),
    })
}

/// Reads a script, called `shown` in errors: its first line if that is a comment for the shell, and the text to compile.
pub fn read_text(source: impl Read, shown: &str) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let mut text = Vec::new();
    source
        .take(MAX_FRAME as u64 + 1)
        .read_to_end(&mut text)
        .map_err(|error| Failure::new(Exit::Script, format!("cannot read {shown}: {error}")))?;
    if text.len() > MAX_FRAME {
        return Err(too_long(shown));
    }
    Ok(split_first_comment(text))
}

/// The failure for a text that is too long for a request.
pub fn too_long(shown: &str) -> Failure {
    Failure::new(
        Exit::Script,
        format!("{shown} is too long: a script and its arguments have at most 4 MiB"),
    )
}

/// Drops the same start of a file as Lua: a byte order mark, and a first line with `#`, which it returns before the rest.
/// The end of that line stays, so that line numbers are right.
fn split_first_comment(mut text: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    if text.starts_with(b"\xef\xbb\xbf") {
        text.drain(..3);
    }
    if text.first() != Some(&b'#') {
        return (Vec::new(), text);
    }
    let line = text.iter().position(|&byte| byte == b'\n');
    let rest = text.split_off(line.unwrap_or(text.len()));
    (text, rest)
}

/// Checks the name of a script from the user before anything is sent.
pub fn check_name(name: &[u8]) -> Result<(), Failure> {
    check(name, script_name(name))
}

/// As [`check_name`], for the name of any runtime, or its number.
pub fn check_runtime_name(name: &[u8]) -> Result<(), Failure> {
    check(name, runtime_name(name))
}

fn check(name: &[u8], checked: Result<&[u8], NameError>) -> Result<(), Failure> {
    checked.map(|_| ()).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!(
                "'{}': {error}",
                String::from_utf8_lossy(name).escape_debug()
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_paths_and_standard_input_are_told_apart() {
        let name = |text: &str| ScriptArgument::Name(text.into());
        let file = |text: &str| ScriptArgument::File(text.into());
        for (argument, meaning) in [
            ("hello", name("hello")),
            ("net/filter", name("net/filter")),
            ("mylua", name("mylua")),
            ("hello.lua", file("hello.lua")),
            ("net/filter.lua", file("net/filter.lua")),
            ("./hello", file("./hello")),
            ("../hello", file("../hello")),
            ("/tmp/hello", file("/tmp/hello")),
            ("-", ScriptArgument::StandardInput),
            ("--", name("--")),
        ] {
            assert_eq!(ScriptArgument::new(OsStr::new(argument)), meaning);
        }
    }

    #[test]
    fn a_first_line_for_the_shell_is_dropped_and_lines_stay_counted() {
        for (text, first, rest) in [
            (
                &b"#!/bin/lunatik\nreturn 1"[..],
                &b"#!/bin/lunatik"[..],
                &b"\nreturn 1"[..],
            ),
            (b"\xef\xbb\xbf# x\n", b"# x", b"\n"),
            (b"\xef\xbb\xbfreturn", b"", b"return"),
            (b"# only", b"# only", b""),
            (b"return #t", b"", b"return #t"),
            (b"", b"", b""),
        ] {
            let split = (first.to_vec(), rest.to_vec());
            assert_eq!(split_first_comment(text.to_vec()), split);
        }
    }

    #[test]
    fn a_file_is_named_after_its_last_part() {
        let folder = std::env::temp_dir().join(format!("lunatik-script-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("x.lua");
        std::fs::write(&path, "return 1").unwrap();
        let script = read_file(&path).unwrap();
        assert_eq!(script.name, b"x.lua");
        assert_eq!(script.chunk, format!("@{}", path.display()).into_bytes());
        assert_eq!(script.text, b"return 1");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(read_file(&path).unwrap_err().exit, Exit::NoSuchScript);
    }
}
