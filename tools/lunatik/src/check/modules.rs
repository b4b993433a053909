// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where `require` finds modules.

use std::path::{Path, PathBuf};

/// The folder in which the kernel looks up scripts and modules.
pub const FOLDER: &str = "/lib/modules/lua";

/// The modules that every script has without files: those of Lua, those in Rust, and those of `lua/lib`. A test compares
/// them with what the kernel has.
const BUILT_IN: &[&str] = &[
    "_G",
    "actor",
    "actor.core",
    "actor.process",
    "actor.system",
    "condition_variable",
    "coroutine",
    "debug",
    "device",
    "file_descriptor",
    "future",
    "inbox",
    "io",
    "linux",
    "linux.eth",
    "linux.nf",
    "linux.socket",
    "linux.stat",
    "llthreads2.ex",
    "ltask",
    "ltask.bootstrap",
    "ltask.core",
    "ltask.functions",
    "ltask.system",
    "lunatik",
    "lunatik.runner",
    "math",
    "mtint",
    "mtmsg",
    "mutex",
    "netfilter",
    "os",
    "package",
    "percpu",
    "rcu",
    "recursive_mutex",
    "string",
    "table",
    "thread",
    "time",
    "utf8",
    "worker",
];

/// What is wrong with the module called `name`, for a script in `folder`.
pub fn missing(name: &str, folder: Option<&Path>) -> Option<String> {
    if BUILT_IN.contains(&name) {
        return None;
    }
    let part = name.replace('.', "/");
    let folders = folder.into_iter().chain([Path::new(FOLDER)]);
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| {
            [
                folder.join(format!("{part}.lua")),
                folder.join(part.as_str()).join("init.lua"),
            ]
        })
        .collect();
    if files.iter().any(|file| file.is_file()) {
        return None;
    }
    files.dedup();
    let files: Vec<_> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    Some(format!(
        "module '{}' not found: it is not built in, and there is none of the files {}",
        name.escape_debug(),
        files.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_built_in_or_beside_the_script() {
        let folder = std::env::temp_dir().join(format!("lunatik-modules-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("sub/deep")).unwrap();
        std::fs::write(folder.join("sub/x.lua"), "").unwrap();
        std::fs::write(folder.join("sub/deep/init.lua"), "").unwrap();
        for name in ["linux", "linux.eth", "sub.x", "sub.deep"] {
            assert_eq!(missing(name, Some(&folder)), None, "{name}");
        }
        for name in ["x", "sub", "linux.nothing"] {
            let told = missing(name, Some(&folder)).unwrap();
            assert!(told.contains("/lib/modules/lua/"), "{told}");
            assert!(told.contains(folder.to_str().unwrap()), "{told}");
        }
        assert!(missing("sub.x", None).is_some());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
