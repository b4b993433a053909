// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where `require` finds modules.

use std::path::{Path, PathBuf};

/// The folder in which the kernel looks up scripts and modules.
pub const FOLDER: &str = "/lib/modules/lua";

/// The modules that every script has without files: those of Lua, those in Rust, and those of `lua/lib`. A test
/// compares them with those of the kernel.
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

/// Why a script in `folder` cannot require the module called `name`; `None` if it can.
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
        "module '{}' not found: it is not built in, and none of these files exists: {}",
        name.escape_debug(),
        files.join(", ")
    ))
}

/// The names of modules that begin with `typed`: those without files, and those of files in `folder`. A folder in it is
/// offered with a final dot, until its name is complete.
pub fn matching(typed: &str, folder: &Path) -> Vec<String> {
    let (parent, start) = match typed.rfind('.') {
        Some(point) => typed.split_at(point + 1),
        None => ("", typed),
    };
    let built_in = BUILT_IN.iter().filter(|name| name.starts_with(typed));
    let mut found: Vec<String> = built_in.map(|name| (*name).to_owned()).collect();
    // A name with a slash or with an empty part would be a path, which may lead out of the folder.
    let leads_out = typed.contains('/') || parent.split_terminator('.').any(str::is_empty);
    let entries = match leads_out {
        true => None,
        false => folder.join(parent.replace('.', "/")).read_dir().ok(),
    };
    for entry in entries.into_iter().flatten().filter_map(Result::ok) {
        let (name, path) = (entry.file_name(), entry.path());
        let Some(name) = name.to_str().filter(|name| name.starts_with(start)) else {
            continue;
        };
        if path.is_dir() && is_part(name) {
            found.push(format!("{parent}{name}."));
            if path.join("init.lua").is_file() {
                found.push(format!("{parent}{name}"));
            }
        } else if let Some(name) = name.strip_suffix(".lua").filter(|name| is_part(name)) {
            // The folder itself is the name of its `init.lua`.
            if name != "init" || parent.is_empty() {
                found.push(format!("{parent}{name}"));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether a file of this name can be a part of a module's name: without dots, and with printable characters only.
fn is_part(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    !name.is_empty() && name.chars().all(is_plain)
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

    #[test]
    fn modules_are_offered_one_folder_at_a_time() {
        let folder = std::env::temp_dir().join(format!("lunatik-matching-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("net/deep")).unwrap();
        for file in [
            "net/init.lua",
            "net/tcp.lua",
            "nets.lua",
            "no.t.lua",
            "x y.lua",
            "n.txt",
        ] {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let found = |typed| matching(typed, &folder);
        assert_eq!(found("net"), ["net", "net.", "netfilter", "nets"]);
        assert_eq!(found("net."), ["net.deep.", "net.tcp"]);
        assert_eq!(found("linux.n"), ["linux.nf"]);
        for none in ["x", "no", "../", "net/", "..", "nosuch.x"] {
            assert!(found(none).is_empty(), "{none}: {:?}", found(none));
        }
        for name in found("") {
            let name = name.trim_end_matches('.');
            if name != "net.deep" {
                assert_eq!(missing(name, Some(&folder)), None, "{name}");
            }
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
