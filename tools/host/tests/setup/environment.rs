// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Streams, descriptors, signals and variables.

use std::{fs::File, io::Write, os::unix::process::ExitStatusExt};

use nix::{errno::Errno, sys::socket::Shutdown};

use crate::{
    kernel::{pipe, rest, Given, Order},
    probe::value,
    Test, Verdict,
};

pub const TESTS: &[Test] = &[
    ("environment::nothing_is_inherited", nothing_is_inherited),
    ("environment::variables_are_set", variables_are_set),
    (
        "environment::wrong_variables_are_refused",
        wrong_variables_are_refused,
    ),
    ("environment::files_become_streams", files_become_streams),
    (
        "environment::closed_output_is_a_broken_pipe",
        closed_output_is_a_broken_pipe,
    ),
    (
        "environment::closed_input_is_at_its_end",
        closed_input_is_at_its_end,
    ),
    ("environment::log_is_the_kernels", log_is_the_kernels),
    (
        "environment::a_bad_descriptor_is_refused",
        a_bad_descriptor_is_refused,
    ),
    (
        "environment::a_closed_link_ends_quietly",
        a_closed_link_ends_quietly,
    ),
];

fn nothing_is_inherited() -> Verdict {
    let mut process = Order::new("look").start();
    process.ready();
    let text = process.text();
    assert!(process.wait().success());
    assert_eq!(value(&text, "environment"), "");
    assert_eq!(value(&text, "descriptors"), "0 1 2 3x");
    assert_eq!(value(&text, "SigBlk"), "0000000000000000");
    // SIGPIPE alone.
    assert_eq!(value(&text, "SigIgn"), "0000000000001000");
    assert_eq!(value(&text, "SigCgt"), "0000000000000000");
    assert_eq!(value(&text, "Threads"), "1");
    Verdict::Passed
}

fn variables_are_set() -> Verdict {
    let mut order = Order::new("look");
    order.environment = &[("LANG", "C"), ("EMPTY", "")];
    let (out, write) = pipe();
    order.streams[1] = Given::File(write);
    // The C library sees them, too.
    order.script = Some("io.write(os.getenv('LANG'), tostring(os.getenv('LEFTOVER')))");
    let mut process = order.start();
    process.ready();
    let text = process.text();
    let mut variables: Vec<&str> = value(&text, "environment").split(',').collect();
    variables.sort_unstable();
    assert_eq!(variables, ["EMPTY:", "LANG:C"]);
    assert!(process.wait().success());
    assert_eq!(rest(out), "Cnil");
    Verdict::Passed
}

fn wrong_variables_are_refused() -> Verdict {
    for variable in [("", "a"), ("A=B", "c"), ("A", "b\0c"), ("A\0", "b")] {
        let mut order = Order::new("look");
        let variables = [variable];
        order.environment = &variables;
        let mut process = order.start();
        assert_eq!(process.failed(), Errno::EINVAL, "{variable:?}");
        assert_eq!(process.wait().code(), Some(1));
    }
    Verdict::Passed
}

fn files_become_streams() -> Verdict {
    let (input, write) = pipe();
    let (out, output) = pipe();
    let (err, errors) = pipe();
    File::from(write).write_all(b"question").unwrap();
    let mut order = Order::new("exit 0");
    order.streams = [
        Given::File(input.into()),
        Given::File(output),
        Given::File(errors),
    ];
    order.script = Some("io.stdout:write(io.read('a'), '!'); io.stderr:write('trouble')");
    let mut process = order.start();
    process.ready();
    assert!(process.wait().success());
    assert_eq!(
        (rest(out), rest(err)),
        ("question!".into(), "trouble".into())
    );
    Verdict::Passed
}

fn closed_output_is_a_broken_pipe() -> Verdict {
    let mut process = Order::new("write").start();
    process.ready();
    let result = process.text();
    assert_eq!(result, "Err(EPIPE)");
    assert!(process.wait().success());
    Verdict::Passed
}

fn closed_input_is_at_its_end() -> Verdict {
    let mut order = Order::new("exit 4");
    order.script = Some("assert(io.read('a') == '' and io.read(1) == nil)");
    let mut process = order.start();
    process.ready();
    assert_eq!(process.wait().code(), Some(4));
    Verdict::Passed
}

fn log_is_the_kernels() -> Verdict {
    if let Err(error) = File::options().write(true).open("/dev/kmsg") {
        return Verdict::Skipped(format!("/dev/kmsg cannot be opened: {error}"));
    }
    let mut order = Order::new("exit 4");
    order.streams = [Given::Log, Given::Log, Given::Log];
    let (out, write) = pipe();
    order.argument = Some(write);
    order.script = Some(
        "assert(io.read('a') == '')
        for number = 1, 2 do
            local stat = assert(io.popen('readlink /proc/$PPID/fd/' .. number)):read('l')
            C.write(arg, stat .. ' ')
        end",
    );
    order.environment = &[("PATH", "/bin:/usr/bin")];
    let mut process = order.start();
    process.ready();
    assert_eq!(process.wait().code(), Some(4));
    assert_eq!(rest(out), "/dev/kmsg /dev/kmsg ");
    Verdict::Passed
}

fn a_bad_descriptor_is_refused() -> Verdict {
    let mut order = Order::new("look");
    // The process is told of a descriptor that it does not have.
    let mut process = order.start_silent();
    order.streams[2] = Given::File(File::open("/dev/null").unwrap().into());
    process.send(&order);
    assert_eq!(process.failed(), Errno::EBADF);
    let status = process.wait();
    assert_eq!((status.code(), status.signal()), (Some(1), None));
    Verdict::Passed
}

fn a_closed_link_ends_quietly() -> Verdict {
    let mut process = Order::new("look").start_silent();
    process.hang_up(Shutdown::Both);
    assert_eq!(process.wait().code(), Some(1));
    Verdict::Passed
}
