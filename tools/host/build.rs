// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Collects the Lua library of actors: the kernel module's, and the parts that only a process has.

use std::{env, error::Error, fmt::Write, fs, path::Path};

/// The folders, below the root of the project, and what the names of their modules begin with.
const FOLDERS: [(&str, &str); 3] = [
    ("lua/lib", ""),
    ("lua/lib/internal/actor", "internal.actor."),
    ("tools/host/lua", "internal.host."),
];

/// The modules of `lua/lib` that actors in processes have.
const MODULES: [&str; 6] = [
    "condition_variable",
    "future",
    "inbox",
    "mutex",
    "recursive_mutex",
    "time",
];

fn main() -> Result<(), Box<dyn Error>> {
    let own = env::var("CARGO_MANIFEST_DIR")?;
    let root = Path::new(&own)
        .ancestors()
        .nth(2)
        .ok_or("there is no project around this crate")?;
    let mut entries = Vec::new();
    for (folder, prefix) in FOLDERS {
        let folder = root.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
                continue;
            };
            let is_lua = path.extension().is_some_and(|extension| extension == "lua");
            if is_lua && (!prefix.is_empty() || MODULES.contains(&stem)) {
                entries.push((format!("{prefix}{stem}"), path));
            }
        }
    }
    // In the order of names, so that the same sources give the same program.
    entries.sort();
    let mut text = String::from("&[\n");
    for (name, path) in entries {
        writeln!(text, "    ({name:?}, include_str!({path:?})),")?;
    }
    text.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("library.rs"), text)?;
    Ok(())
}
