// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The command that `scripts/bench` uses.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use lunatik_bench::{catalogue::Part, compare, document, plot, report::Report};

/// Tables, comparisons and plots of the benchmarks.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make JSON of the lines that the benchmarks print.
    Collect {
        /// What they printed.
        samples: PathBuf,
        /// The file to write.
        json: PathBuf,
    },
    /// Print the tables; the exit status is 1 when a target was missed.
    Show {
        /// The figures.
        json: PathBuf,
    },
    /// Print what has become slower or faster; the exit status is 1 when anything became slower.
    Compare {
        /// The former figures.
        before: PathBuf,
        /// The figures of now.
        after: PathBuf,
    },
    /// Draw the figures as SVG.
    Plot {
        /// The figures.
        json: PathBuf,
        /// Where the pictures go, named after kind and part.
        folder: PathBuf,
    },
    /// Put the figures into a document, between its marks.
    Document {
        /// Put in how long hostile scripts take to stop, and nothing else.
        #[arg(long)]
        stops: bool,
        /// The document.
        document: PathBuf,
        /// The figures. The plots are expected beside them.
        json: PathBuf,
    },
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text)
        .map_err(|error| format!("{} could not be written: {error}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path)
        .map_err(|error| format!("{} could not be read: {error}", path.display()))
}

/// Returns whether everything is as required.
fn execute(command: Command) -> Result<bool, String> {
    match command {
        Command::Collect { samples, json } => {
            let report = Report::of_samples(&read(&samples)?)
                .map_err(|wrong| format!("{}: {wrong}", samples.display()))?;
            write(&json, &report.to_json()?)?;
            Ok(true)
        }
        Command::Show { json } => {
            let (text, missed) = document::shown(&Report::read(&json)?);
            print!("{text}");
            Ok(missed == 0)
        }
        Command::Compare { before, after } => {
            let comparison = compare::compare(&Report::read(&before)?, &Report::read(&after)?)?;
            print!("{}", comparison.text);
            Ok(comparison.slower == 0)
        }
        Command::Plot { json, folder } => {
            let report = Report::read(&json)?;
            for part in Part::ALL {
                if plot::is_drawn(&report, part) {
                    let picture = plot::draw(&report, part)?;
                    write(&folder.join(plot::file_name(&report, part)), &picture)?;
                }
            }
            Ok(true)
        }
        Command::Document {
            stops,
            document: path,
            json,
        } => {
            let report = Report::read(&json)?;
            let folder = json.parent().and_then(Path::file_name);
            let folder = folder.and_then(|name| name.to_str()).unwrap_or(".");
            let former = read(&path)?;
            let text = match stops {
                true => document::with_stops(&former, &report),
                false => document::with_figures(&former, &report, folder),
            }
            .map_err(|wrong| format!("{}: {wrong}", path.display()))?;
            write(&path, &text)?;
            Ok(true)
        }
    }
}

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(wrong) => {
            eprintln!("lunatik-bench: {wrong}");
            ExitCode::from(2)
        }
    }
}
