// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Scripts and other files.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use clap_complete::engine::{PathCompleter, ValueCompleter};

use crate::{check::modules::FOLDER, script::ScriptArgument};

use super::{printable, Candidate};

/// All files and folders.
pub fn any(typed: &OsStr) -> Vec<Candidate> {
    complete(PathCompleter::any(), typed)
}

/// Files whose names end in `.extension`, and the folders in which others may be.
pub fn with_extension(typed: &OsStr, extension: &'static str) -> Vec<Candidate> {
    let fits = move |path: &Path| path.extension() == Some(OsStr::new(extension)) && !path.is_dir();
    complete(PathCompleter::any().filter(fits), typed)
}

/// Files for a word that begins with `typed`.
fn complete(completer: PathCompleter, typed: &OsStr) -> Vec<Candidate> {
    let found = completer.complete(typed);
    // Names that begin with a dot are offered only after a dot.
    let hidden = typed
        .to_str()
        .is_some_and(|typed| last_part(typed).starts_with('.'));
    let found = found
        .iter()
        .filter(|candidate| hidden || !candidate.is_hide_set());
    // The folder itself is useless.
    let found = found.filter(|candidate| candidate.get_value() != ".");
    found.filter_map(printable).collect()
}

/// Candidates for SCRIPT: names under `/lib/modules/lua`, and local files.
pub fn scripts(typed: &OsStr) -> Vec<Candidate> {
    scripts_in(Path::new(FOLDER), typed)
}

/// As [`scripts`], for the names in `folder`.
pub(super) fn scripts_in(folder: &Path, typed: &OsStr) -> Vec<Candidate> {
    let mut found = match (ScriptArgument::new(typed), typed.to_str()) {
        (ScriptArgument::Name(_), Some(typed)) => names(folder, typed),
        _ => Vec::new(),
    };
    for file in with_extension(typed, "lua") {
        // A folder may be in both places.
        if found.iter().all(|name| name.value != file.value) {
            found.push(file);
        }
    }
    found
}

/// The names of scripts in `folder`, and its folders. One level of it at a time: the folder may be large.
fn names(folder: &Path, typed: &str) -> Vec<Candidate> {
    let start = last_part(typed);
    let parent = typed.strip_suffix(start).unwrap_or_default();
    // A name cannot leave the folder.
    if parent.split('/').any(|part| part == "..") {
        return Vec::new();
    }
    let Ok(entries) = folder.join(parent).read_dir() else {
        return Vec::new();
    };
    let files = entries.filter_map(Result::ok).filter_map(|entry| {
        let name = entry.file_name();
        let name = name.to_str().filter(|name| name.starts_with(start))?;
        (!name.starts_with('.')).then(|| (name.to_owned(), entry.path()))
    });
    let mut found: Vec<_> = files
        .filter_map(|(name, path)| named(parent, &name, path))
        .collect();
    found.sort_by(|a, b| a.value.cmp(&b.value));
    found
}

fn named(parent: &str, name: &str, path: PathBuf) -> Option<Candidate> {
    if path.is_dir() {
        return Some(Candidate::new(format!("{parent}{name}/"), ""));
    }
    let name = name.strip_suffix(".lua").filter(|name| !name.is_empty())?;
    Some(Candidate::new(
        format!("{parent}{name}"),
        path.display().to_string(),
    ))
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
