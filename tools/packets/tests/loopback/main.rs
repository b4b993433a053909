// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Runs the program against itself, and against servers of the test, over loopback.

mod datagrams;
mod program;
mod streams;

use program::run;

#[test]
fn wrong_arguments_are_told() {
    for arguments in [
        &["udp", "localhost"][..],
        &["udp", "127.0.0.1:1", "--size", "15"],
        &["tls-hello", "127.0.0.1:1", "a", "--segments", "0"],
        &["raw", "ipv4", "127.0.0.1", "4"],
        &["flood", "tcp", "127.0.0.1:1"],
        &["knock", "127.0.0.1"],
        &[],
    ] {
        let (status, output, error) = run(arguments);
        assert_eq!(status, 64, "{arguments:?}: {error}");
        assert_eq!(output, "");
        assert!(!error.is_empty());
    }
    assert_eq!(run(&["--help"]).0, 0);
}
