// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The arguments of `profile` and `metrics`. The build script compiles this file, too.

use std::path::PathBuf;

use clap::Args;
use lunatik_abi::abi::{MAX_PROFILE_HZ, MAX_PROFILE_MS};

/// What to profile.
#[derive(Args, Debug)]
pub struct ProfileArgs {
    /// How long, in seconds
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_PROFILE_MS / 1000)))]
    pub seconds: u32,
    /// The samples of a second
    #[arg(long, value_name = "H", default_value_t = 99, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_PROFILE_HZ)))]
    pub hz: u32,
    /// Sample the workers, services and actors of the script, too
    #[arg(long)]
    pub all: bool,
    /// Leave out the samples in which nothing runs
    #[arg(long)]
    pub running: bool,
    /// Write FILE.folded and a flame graph, FILE.svg, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The name of the script; or of workers, services or actors, or the number of one
    pub name: String,
}

/// Where to write metrics.
#[derive(Args, Debug)]
pub struct MetricsArgs {
    /// Add series for each worker, service and actor
    #[arg(long)]
    pub parts: bool,
    /// Replace this file at once, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
