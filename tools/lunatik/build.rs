// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Writes man pages and completions to `assets/` beside the binary: `target/release/assets/man/*.1` and
//! `target/release/assets/completions/{bash,zsh,fish}`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use clap::CommandFactory;

#[allow(dead_code, missing_docs)]
#[path = "src/cli.rs"]
mod cli;
#[allow(dead_code)]
#[path = "src/duration.rs"]
mod duration;
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
        "build.rs",
        "completions",
        "src/cli.rs",
        "src/duration.rs",
        "src/observing.rs",
        "src/shebang.rs",
        "src/size.rs",
    ] {
        println!("cargo::rerun-if-changed={file}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    // <profile>/build/<package>/out
    let profile = out.ancestors().nth(3).ok_or("OUT_DIR is no such folder")?;
    let man = profile.join("assets/man");
    fs::create_dir_all(&man)?;
    clap_mangen::generate_to(cli::Cli::command(), &man)?;
    for (shell, name) in COMPLETIONS {
        let folder = profile.join("assets/completions").join(shell);
        fs::create_dir_all(&folder)?;
        fs::copy(Path::new("completions").join(name), folder.join(name))?;
    }
    Ok(())
}
