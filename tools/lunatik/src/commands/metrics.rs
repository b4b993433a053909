// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `metrics`.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    time::SystemTime, //
};

use lunatik_abi::abi::Request;

use crate::{
    failure::{Exit, Failure},
    metrics::Observed,
    observing::MetricsArgs,
    session::{ignore, Session},
    value::numbers,
};

pub(super) fn metrics(session: &mut Session, args: &MetricsArgs) -> Result<(), Failure> {
    let totals = session.request(&Request::Totals, &mut ignore)?;
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let observed = Observed {
        versions: session.versions().clone(),
        totals: numbers(&totals.into_values()),
        report: super::inspect::ask(session, None)?,
        now_ns: since_1970.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
    };
    let text = observed.text(args.parts);
    match &args.output {
        None => super::print(text.as_bytes()),
        Some(file) => replace(file, text.as_bytes()).map_err(|error| {
            let message = format!("cannot write {}: {error}", file.display());
            Failure::new(Exit::Script, message)
        }),
    }
}

/// Replaces a file at once: whoever reads it finds the former text or this one, whole.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let temporary = beside(file)?;
    let written = write_new(&temporary, text).and_then(|()| fs::rename(&temporary, file));
    if written.is_err() {
        // There may be no such file.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// The path of a file in the same folder, whose name begins with a dot and does not end in `.prom`: the node exporter
/// reads no such file.
fn beside(file: &Path) -> io::Result<PathBuf> {
    let name = file.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}", process::id()));
    Ok(file.with_file_name(temporary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = std::env::temp_dir().join(format!("lunatik-metrics-{}", process::id()));
        fs::create_dir(&folder).unwrap();
        let file = folder.join("lunatik.prom");
        fs::write(&file, "a longer text than the new one").unwrap();
        replace(&file, b"new\n").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new\n");
        fs::create_dir(folder.join("folder")).unwrap();
        replace(&folder.join("folder"), b"x").unwrap_err();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::remove_dir_all(&folder).unwrap();
        replace(&file, b"x").unwrap_err();
        replace(Path::new("/"), b"x").unwrap_err();
    }

    #[test]
    fn the_temporary_file_is_no_file_of_metrics() {
        let path = beside(Path::new("/d/a.prom")).unwrap();
        assert_eq!(path.parent(), Some(Path::new("/d")));
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(".a.prom.") && !name.ends_with(".prom"));
    }
}
