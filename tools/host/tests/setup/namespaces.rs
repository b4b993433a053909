// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! New namespaces.

use lunatik_abi::wire::namespace;
use nix::{
    errno::Errno,
    sys::{
        socket::Shutdown,
        wait::{waitpid, WaitStatus},
    },
};

use crate::{
    kernel::{possible, wait_for, Order},
    probe::value,
    Test, Verdict,
};

pub const TESTS: &[Test] = &[
    ("namespaces::names_are_its_own", names_are_its_own),
    ("namespaces::each_kind_can_be_made", each_kind_can_be_made),
    (
        "namespaces::without_the_link_nobody_goes_on",
        without_the_link_nobody_goes_on,
    ),
    ("namespaces::refusals_are_told", refusals_are_told),
    (
        "namespaces::refused_process_numbers_are_told",
        refused_process_numbers_are_told,
    ),
];

/// CAP_SYS_ADMIN, without which only a namespace of users can be made.
const ADMIN: i32 = 21;

/// Tells in which namespaces the process is.
const SCRIPT: &str = "for name in ('NAMES'):gmatch('%S+') do
    local pipe = assert(io.popen('readlink /proc/self/ns/' .. name))
    C.write(arg, pipe:read('l') .. ' ')
end";

fn names_are_its_own() -> Verdict {
    let mut order = Order::new("look");
    order.namespaces = match possible(namespace::UTS) {
        Ok(kinds) => kinds,
        Err(why) => return Verdict::Skipped(why),
    };
    order.script = Some("C.sethostname('inside'); C.setdomainname('domain')");
    let mut process = order.start();
    process.ready();
    let text = process.text();
    assert_eq!(value(&text, "host"), "inside");
    assert!(process.wait().success());
    assert_ne!(nix::unistd::gethostname().unwrap(), "inside");
    Verdict::Passed
}

fn each_kind_can_be_made() -> Verdict {
    let mut kinds = vec![
        (namespace::MOUNT, "mnt"),
        (namespace::UTS, "uts"),
        (namespace::IPC, "ipc"),
        (namespace::USER, "user"),
        (namespace::PID, "pid"),
        (namespace::NET, "net"),
    ];
    let link = |name: &str| std::fs::read_link(format!("/proc/self/ns/{name}"));
    kinds.retain(|(_, name)| link(name).is_ok());
    let names: Vec<&str> = kinds.iter().map(|(_, name)| *name).collect();
    let script = SCRIPT.replace("NAMES", &names.join(" "));
    let all = kinds.iter().fold(0, |all, (kind, _)| all | kind);
    if all != namespace::ALL {
        for extra in [0, namespace::PID] {
            let mut order = Order::new("look");
            order.namespaces = namespace::ALL & !all | extra;
            assert_eq!(order.start().failed(), Errno::EOPNOTSUPP);
        }
        println!(
            "this kernel has these kinds of namespaces alone: {}",
            names.join(" ")
        );
    }
    let mut tried = 0;
    for wanted in kinds.iter().map(|(kind, _)| *kind).chain([all]) {
        let (out, write) = crate::kernel::pipe();
        let mut order = Order::new("exit 0");
        let Ok(wanted) = possible(wanted) else {
            println!("this user cannot make namespaces {wanted:x}");
            continue;
        };
        tried += 1;
        order.namespaces = wanted;
        order.argument = Some(write);
        order.environment = &[("PATH", "/bin:/usr/bin")];
        order.script = Some(&script);
        let mut process = order.start();
        let adopted = process.ready_or_skipped().unwrap();
        assert_eq!(adopted.is_some(), wanted & namespace::PID != 0);
        if let Some(pid) = adopted {
            // The script has made others before.
            assert!(process.adopted() > 2);
            assert_eq!(wait_for(pid).code(), Some(0));
        }
        assert_eq!(process.wait().code(), Some(0));
        drop(process);
        let text = crate::kernel::rest(out);
        let found: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(found.len(), kinds.len(), "{text}");
        for ((kind, name), found) in kinds.iter().zip(found) {
            let is_new = link(name).unwrap().to_str() != Some(found);
            assert_eq!(is_new, wanted & kind != 0, "{name} with {wanted:x}: {text}");
        }
    }
    match tried {
        0 => Verdict::Skipped("this user cannot make any namespace".into()),
        _ => Verdict::Passed,
    }
}

fn without_the_link_nobody_goes_on() -> Verdict {
    let mut order = Order::new("look");
    order.namespaces = match possible(namespace::PID) {
        Ok(kinds) => kinds,
        Err(why) => return Verdict::Skipped(why),
    };
    let mut process = order.start_silent();
    process.send(&order);
    // The order can be read, but nothing can be written.
    process.hang_up(Shutdown::Read);
    assert_eq!(process.wait().code(), Some(1));
    // The other process is a child, too.
    let end = waitpid(None, None).unwrap();
    assert!(matches!(end, WaitStatus::Exited(_, 1)), "{end:?}");
    Verdict::Passed
}

fn refusals_are_told() -> Verdict {
    let mut order = Order::new("look");
    order.namespaces = namespace::UTS;
    order.without = &[ADMIN];
    let mut process = order.start();
    assert_eq!(process.failed(), Errno::EPERM);
    assert_eq!(process.packet(), b"");
    assert_eq!(process.wait().code(), Some(1));
    Verdict::Passed
}

fn refused_process_numbers_are_told() -> Verdict {
    let mut order = Order::new("look");
    order.namespaces = namespace::PID | namespace::NET;
    order.without = &[ADMIN];
    let mut process = order.start();
    assert_eq!(process.failed(), Errno::EPERM);
    assert_eq!(process.packet(), b"");
    assert_eq!(process.wait().code(), Some(1));
    Verdict::Passed
}
