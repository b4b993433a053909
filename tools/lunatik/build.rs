// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Writes man pages and completions to `assets/` beside the binary: `target/release/assets/man/*.8` and
//! `target/release/assets/completions/{bash,zsh,fish}`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

#[allow(dead_code, missing_docs)]
#[path = "src/cli.rs"]
mod cli;
#[allow(dead_code)]
#[path = "src/duration.rs"]
mod duration;
#[path = "build/man.rs"]
mod man;
#[path = "src/manual.rs"]
mod manual;
#[allow(missing_docs)]
#[path = "src/observing.rs"]
mod observing;
#[allow(dead_code)]
#[path = "src/shebang.rs"]
mod shebang;
#[allow(dead_code)]
#[path = "src/size.rs"]
mod size;

/// The completion file of each shell.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "lunatik.bash"),
    ("zsh", "_lunatik"),
    ("fish", "lunatik.fish"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in [
        "build",
        "build.rs",
        "completions",
        "man",
        "src/cli.rs",
        "src/duration.rs",
        "src/manual.rs",
        "src/observing.rs",
        "src/shebang.rs",
        "src/size.rs",
    ] {
        println!("cargo::rerun-if-changed={file}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    // <profile>/build/<package>/out
    let profile = out.ancestors().nth(3).ok_or("OUT_DIR is no such folder")?;
    let pages = profile.join("assets/man");
    // An earlier version may have written pages with other names.
    if pages.exists() {
        fs::remove_dir_all(&pages)?;
    }
    fs::create_dir_all(&pages)?;
    man::write(manual::command(), &pages)?;
    for (shell, name) in COMPLETIONS {
        let folder = profile.join("assets/completions").join(shell);
        fs::create_dir_all(&folder)?;
        fs::copy(Path::new("completions").join(name), folder.join(name))?;
    }
    Ok(())
}
