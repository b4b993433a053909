// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The arguments of `profile`, `metrics` and `top`. The build script compiles this file, too.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lunatik_abi::abi::{MAX_PROFILE_HZ, MAX_PROFILE_MS};

use crate::duration::parse_interval;

/// What to profile.
#[derive(Args, Debug)]
pub struct ProfileArgs {
    /// The duration in seconds
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_PROFILE_MS / 1000)))]
    pub seconds: u32,
    /// The number of samples per second
    #[arg(long, value_name = "H", default_value_t = 99, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_PROFILE_HZ)))]
    pub hz: u32,
    /// Sample the workers, services and actors of the script, too
    #[arg(long)]
    pub all: bool,
    /// Leave out the samples in which nothing runs
    #[arg(long)]
    pub running: bool,
    /// Write FILE.folded and a flame graph, FILE.svg, instead of writing to standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The name of the script, or the name or number of workers, services or actors
    pub name: String,
}

/// Where to write metrics.
#[derive(Args, Debug)]
pub struct MetricsArgs {
    /// Add series for each worker, service and actor
    #[arg(long)]
    pub parts: bool,
    /// Replace FILE atomically, instead of writing to standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The key by which a live table is sorted. All but names: the greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// The share of a CPU
    Cpu,
    /// The CPU time
    Time,
    /// The memory in use
    Memory,
    /// The messages that wait for the runtime
    Messages,
    /// Calls of hooks
    Hooks,
    /// Failed calls of hooks
    Failures,
    /// The time since the start
    Age,
    /// The name
    Name,
}

/// A live table.
#[derive(Args, Debug)]
pub struct TopArgs {
    /// The time between two tables: milliseconds, or 200ms, 1s, 2m
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = parse_interval)]
    pub interval: u32,
    /// The key by which the lines are sorted
    #[arg(short, long, value_name = "KEY", value_enum, default_value_t = Order::Cpu)]
    pub sort: Order,
    /// Reverse the order
    #[arg(short, long)]
    pub reverse: bool,
    /// Print the tables as text, one after the other
    #[arg(short, long)]
    pub batch: bool,
    /// End after COUNT tables
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Print one table as text; the default without a terminal
    #[arg(long, conflicts_with = "count")]
    pub once: bool,
}
