// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Process 1 of a namespace.

use std::os::unix::process::ExitStatusExt;

use lunatik_abi::wire::namespace;
use nix::{
    sys::signal::{kill, Signal},
    unistd::Pid,
};

use crate::{
    kernel::{pipe, possible, wait_for, Given, Order, Process},
    probe::value,
    Test, Verdict,
};

pub const TESTS: &[Test] = &[
    ("first::the_actor_is_process_2", the_actor_is_process_2),
    ("first::statuses_are_mirrored", statuses_are_mirrored),
    ("first::signals_are_forwarded", signals_are_forwarded),
    ("first::orphans_are_reaped", orphans_are_reaped),
    (
        "first::a_failing_script_ends_process_1",
        a_failing_script_ends_process_1,
    ),
    (
        "first::what_the_actor_closes_is_closed",
        what_the_actor_closes_is_closed,
    ),
];

/// Starts a process in a namespace of process numbers. Returns the number of its process 1.
fn start(mut order: Order<'_>) -> Result<(Process, i32), Verdict> {
    order.namespaces = possible(namespace::PID).map_err(Verdict::Skipped)?;
    let mut process = order.start();
    let first = process.ready_or_skipped().unwrap();
    // The one that was started is over when the other one is ready.
    assert_eq!(process.wait().code(), Some(0));
    Ok((process, first.expect("the link was not handed over")))
}

fn the_actor_is_process_2() -> Verdict {
    let (process, first) = match start(Order::new("look")) {
        Ok(started) => started,
        Err(verdict) => return verdict,
    };
    assert_eq!(process.adopted(), 2);
    let text = process.text();
    assert_eq!(value(&text, "pid"), "2");
    assert_eq!(value(&text, "descriptors"), "0 1 2 3x");
    assert_eq!(value(&text, "SigBlk"), "0000000000000000");
    assert_eq!(wait_for(first).code(), Some(0));
    Verdict::Passed
}

fn statuses_are_mirrored() -> Verdict {
    let real_time = format!("die {}", libc::SIGRTMIN());
    for (module, status) in [
        ("exit 7", 7),
        ("exit 255", 255),
        ("die 9", 128 + 9),
        ("die 11", 128 + 11),
        (&real_time, 128 + libc::SIGRTMIN()),
    ] {
        let (process, first) = match start(Order::new(module)) {
            Ok(started) => started,
            Err(verdict) => return verdict,
        };
        assert_eq!(process.adopted(), 2);
        let end = wait_for(first);
        assert_eq!((end.code(), end.signal()), (Some(status), None), "{module}");
        // Nobody else has the link.
        assert_eq!(process.packet(), b"");
    }
    Verdict::Passed
}

fn signals_are_forwarded() -> Verdict {
    let (process, first) = match start(Order::new("signals")) {
        Ok(started) => started,
        Err(verdict) => return verdict,
    };
    assert_eq!(process.adopted(), 2);
    assert_eq!(process.text(), "waiting");
    for signal in [
        Signal::SIGTERM,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
        Signal::SIGHUP,
        Signal::SIGINT,
    ] {
        kill(Pid::from_raw(first), signal).unwrap();
        assert_eq!(process.text(), signal.as_str());
    }
    assert_eq!(wait_for(first).code(), Some(128 + libc::SIGINT));
    Verdict::Passed
}

fn orphans_are_reaped() -> Verdict {
    let (process, first) = match start(Order::new("orphan")) {
        Ok(started) => started,
        Err(verdict) => return verdict,
    };
    assert_eq!(process.adopted(), 2);
    assert_eq!(process.text(), "it was reaped");
    assert_eq!(wait_for(first).code(), Some(0));
    Verdict::Passed
}

fn a_failing_script_ends_process_1() -> Verdict {
    let mut order = Order::new("look");
    order.script = Some("error 'no'");
    let (process, first) = match start(order) {
        Ok(started) => started,
        Err(verdict) => return verdict,
    };
    assert_eq!(wait_for(first).code(), Some(1));
    assert_eq!(process.packet(), b"");
    Verdict::Passed
}

fn what_the_actor_closes_is_closed() -> Verdict {
    let (out, write) = pipe();
    let mut order = Order::new("signals");
    order.streams[1] = Given::File(write);
    let (process, first) = match start(order) {
        Ok(started) => started,
        Err(verdict) => return verdict,
    };
    assert_eq!(process.adopted(), 2);
    assert_eq!(process.text(), "waiting");
    let held = std::fs::read_dir(format!("/proc/{first}/fd")).unwrap();
    assert_eq!(held.count(), 0);
    kill(Pid::from_raw(first), Signal::SIGINT).unwrap();
    assert_eq!(wait_for(first).code(), Some(128 + libc::SIGINT));
    assert_eq!(crate::kernel::rest(out), "");
    Verdict::Passed
}
