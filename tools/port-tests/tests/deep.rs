// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Deep source text, and other recursion that no single check covers, succeeds or ends in an error,
//! but never reaches the guard page of a 16 KiB stack.

use port_tests::{run, SEGMENTS};

fn ends_well(options: &[&str], script: &str, said: &str) {
    let output = run(SEGMENTS, options, script);
    assert!(
        output.status.success(),
        "{script} {options:?}: {:?}",
        output.status
    );
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        said,
        "{script} {options:?}"
    );
}

#[test]
fn every_production_in_every_other_one() {
    ends_well(&[], "deep_source.lua", "true\ttrue\ttrue\n");
}

#[test]
fn every_production_in_every_other_one_without_segments() {
    let output = run(SEGMENTS, &["--segments", "1"], "deep_source.lua");
    assert!(output.status.success(), "{:?}", output.status);
    let said = String::from_utf8_lossy(&output.stdout);
    // Fewer texts compile there.
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn coroutines_that_go_on_after_an_overflow() {
    for segments in ["1", "2", "3", "96"] {
        ends_well(&["--segments", segments], "resumes.lua", "true\n");
    }
}
