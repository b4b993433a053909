// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `check`.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{
    check::check,
    cli::CheckArgs,
    failure::{Exit, Failure},
    script::{read_file, read_standard_input, LocalScript},
};

/// Checks each file, and prints its mistakes.
pub(super) fn check_files(args: &CheckArgs) -> Result<(), Failure> {
    let mut error = io::stderr().lock();
    let mut wrong = 0;
    for path in &args.files {
        match read(path) {
            Ok((script, folder)) => {
                for found in check(&script, folder.as_deref()) {
                    wrong += 1;
                    let file = path.display();
                    let (line, message) = (found.line, found.message);
                    // As with `Failure::tell`: the status says it, too.
                    let _ = write!(error, "{file}:{line}: {message}\n{}", found.excerpt);
                }
            }
            Err(failure) => {
                wrong += 1;
                failure.tell();
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::Script, "1 mistake was found")),
        _ => {
            let message = format!("{wrong} mistakes were found");
            Err(Failure::new(Exit::Script, message))
        }
    }
}

/// The script in the file at `path`, and the folder in which it finds modules.
fn read(path: &Path) -> Result<(LocalScript, Option<PathBuf>), Failure> {
    if path.as_os_str() == "-" {
        return Ok((read_standard_input()?, std::env::current_dir().ok()));
    }
    let script = read_file(path)?;
    let file = std::fs::canonicalize(path).ok();
    let folder = file.and_then(|file| Some(file.parent()?.to_owned()));
    Ok((script, folder))
}
