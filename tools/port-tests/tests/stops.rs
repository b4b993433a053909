// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The hostile scripts of the suite `stop`, in user space: the CPU time that they use from the
//! request to stop until their end. Other programs do not disturb this measurement.

use port_tests::{run, SEGMENTS};
use std::{fs, path::Path};

/// Scripts that need the kernel module, or end by themselves.
const NOT_HERE: &[&str] = &[
    "child",
    "messages",
    "messages_long",
    "messages_tables",
    "print",
    "read",
    "sleep",
    "stops_itself",
    "tostring",
];

/// The bound of the median, and of all stops, in nanoseconds. The times include the host's work on
/// pages that are touched for the first time or given back.
const MEDIAN: u64 = 5_000_000;
const MOST: u64 = 50_000_000;

/// The bound of the median of how often a stop takes another stack: the code may do so once or
/// twice until it polls. A closing method takes another stack if little is left, and each of a
/// hundred calls must not do so.
const MEDIAN_TAKEN: u64 = 5;

/// Parses a line: the nanoseconds, and the number of stacks that were taken.
fn stop(line: &str) -> Option<[u64; 2]> {
    let numbers: Option<Vec<u64>> = line.split(' ').map(|word| word.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// The number of stops of each script.
const STOPS: usize = 5;

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

#[test]
fn hostile_scripts_end_promptly() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testing/lua/hostile");
    for entry in fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("it is readable").path();
        let name = path.file_stem().and_then(|name| name.to_str());
        if name.is_none_or(|name| NOT_HERE.contains(&name)) {
            continue;
        }
        let script = path.to_str().expect("it is ASCII");
        let output = run(SEGMENTS, &["--stops", &STOPS.to_string()], script);
        assert!(output.status.success(), "{script}: {:?}", output.status);
        let text = String::from_utf8_lossy(&output.stdout);
        let stops: Vec<[u64; 2]> = text
            .lines()
            .map(|line| stop(line).unwrap_or_else(|| panic!("{script}: {text}")))
            .collect();
        assert_eq!(stops.len(), STOPS, "{script}");
        let [times, taken] = [0, 1].map(|i| stops.iter().map(|stop| stop[i]).collect());
        let most = stops.iter().map(|stop| stop[0]).max();
        assert!(median(times) <= MEDIAN, "{script}: {stops:?}");
        assert!(most <= Some(MOST), "{script}: {stops:?}");
        assert!(median(taken) <= MEDIAN_TAKEN, "{script}: {stops:?}");
    }
}

#[test]
fn results_are_whole_or_there_are_none() {
    let wanted = 100;
    let output = run(SEGMENTS, &["--stops", &wanted.to_string()], "results.lua");
    assert!(output.status.success(), "{:?}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    let stops = text.lines().filter(|line| stop(line).is_some()).count();
    assert_eq!(stops, wanted, "{text}");
    assert_eq!(text.lines().count(), wanted, "{text}");
}
