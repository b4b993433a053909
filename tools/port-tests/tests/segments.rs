// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The patched Lua behaves like upstream on stacks of 16 KiB, ends when it is told to, and survives
//! every failed allocation.

use port_tests::{run, SEGMENTS, UPSTREAM};
use std::{fs, path::Path};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_recursion_is_as_deep_as_upstream() {
    let upstream = run(UPSTREAM, &[], "depth.lua");
    let segments = run(SEGMENTS, &[], "depth.lua");
    assert!(segments.status.success(), "{:?}", segments.status);
    assert_eq!(text(&segments.stdout), text(&upstream.stdout));
}

#[test]
fn without_segments_a_low_stack_is_an_error() {
    for count in ["1", "2", "5"] {
        let output = run(SEGMENTS, &["--segments", count], "depth.lua");
        assert!(output.status.success(), "{:?}", output.status);
        assert!(text(&output.stdout).contains("C stack overflow"));
    }
}

#[test]
fn each_failing_allocation_is_not_enough_memory_and_leaks_nothing() {
    let output = run(SEGMENTS, &["--fail-each"], "memory.lua");
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(text(&output.stdout), "failures: many\n");
}

#[test]
fn no_script_survives_an_interrupt() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/stops");
    for entry in fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("it is readable").path();
        let script = path.to_str().expect("it is ASCII");
        let output = run(SEGMENTS, &["--interrupt", "50"], script);
        assert!(output.status.success(), "{script}: {:?}", output.status);
        assert_eq!(text(&output.stdout), "error: interrupted\n", "{script}");
    }
}

#[test]
fn long_calls_look_up() {
    let output = run(SEGMENTS, &[], "polls.lua");
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(
        text(&output.stdout),
        "table.unpack: looks up\ntable.pack: looks up\nstring.byte: looks up\n\
         a table that is nearly full: looks up\n"
    );
}

#[test]
fn collections_and_ends_give_way_to_other_threads() {
    let output = run(SEGMENTS, &["--look-up"], "objects.lua");
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(
        text(&output.stdout),
        "a collection: gives way\nthe end: gives way\n"
    );
}
