// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Grants, handles and descriptors that the process does not have or may not send.

use std::{
    fs::File,
    io::IoSlice,
    os::{
        fd::{AsRawFd, RawFd},
        unix::net::UnixDatagram,
    },
};

use lunatik_abi::wire::{handle, ToKernel};
use nix::{
    errno::Errno,
    sys::socket::{sendmsg, ControlMessage, MsgFlags},
};

use crate::{
    attack::Attack,
    frames::{self, body, handle_to, message},
    link::Link,
};

/// A number that is no grant and no descriptor of the process.
fn unknown(attack: &mut Attack) -> u32 {
    match attack.random.below(4) {
        0 => u32::MAX,
        1 => 1 << 31,
        _ => attack.random.bits() as u32 | 1 << 24,
    }
}

/// Messages to grants that the process does not have, or has closed.
fn grants(attack: &mut Attack) {
    let grant = unknown(attack);
    let sent = attack.link.write(&message(grant, b"\x02"));
    attack
        .report
        .must_fail("a message to an unknown grant", sent);
    let closed = attack
        .link
        .write(&frames::bytes(&ToKernel::Close { grant }));
    attack.report.count(&closed);
    if attack.grants.len() > 1 {
        let grant = attack.grants.remove(0);
        let _ = attack.write(&frames::bytes(&ToKernel::Close { grant }));
        let sent = attack.link.write(&message(grant, b"\x02"));
        attack.report.must_fail("a message to a closed grant", sent);
        let _ = attack.write(&frames::bytes(&ToKernel::Close { grant }));
    }
}

/// Handles of actors and descriptors that the process does not have, alone and behind good ones.
fn handles(attack: &mut Attack, grant: u32) {
    let index = unknown(attack);
    for (kind, index) in [
        (handle::ACTOR, index),
        (handle::FILE, index),
        (handle::FILE, 1000),
        (handle::OWN, index),
        (3 + attack.random.below(253) as u8, index),
    ] {
        if attack.random.one_in(2) {
            let sent = attack.link.write(&handle_to(grant, kind, index));
            attack
                .report
                .must_fail(&format!("a forged handle of kind {kind}"), sent);
            continue;
        }
        let after_good = body(|writer| {
            writer.begin_table().expect("a table can begin");
            for (key, kind, index) in [
                (&b"own"[..], handle::OWN, 0),
                (b"good", handle::ACTOR, grant),
                (b"file", handle::FILE, 2),
                (b"forged", kind, index),
            ] {
                writer.string(key).expect("a key can be written");
                writer.handle(kind, index).expect("a handle can be written");
            }
            writer.end_table().expect("the table has members");
        });
        let sent = attack.link.write(&message(grant, &after_good));
        attack.report.must_fail(
            &format!("a forged handle of kind {kind} among good ones"),
            sent,
        );
    }
}

/// A descriptor that must not travel.
fn refused(attack: &mut Attack, what: &str, grant: u32, descriptor: RawFd) {
    let sent = attack
        .link
        .write(&handle_to(grant, handle::FILE, descriptor as u32));
    attack.report.must_fail(&format!("sending {what}"), sent);
}

/// A socket with the link in its queue: two files that keep each other.
fn carrier(link: &Link) -> std::io::Result<(UnixDatagram, UnixDatagram)> {
    let (one, other) = UnixDatagram::pair()?;
    let descriptors = [link.as_raw_fd(), one.as_raw_fd()];
    sendmsg::<()>(
        one.as_raw_fd(),
        &[IoSlice::new(b"link")],
        &[ControlMessage::ScmRights(&descriptors)],
        MsgFlags::empty(),
        None,
    )?;
    Ok((one, other))
}

/// Descriptors of all kinds.
fn files(attack: &mut Attack, grant: u32) {
    let link = attack.link.as_raw_fd();
    match attack.random.below(6) {
        0 => refused(attack, "the link", grant, link),
        1 => {
            if let Ok(copy) = nix::unistd::dup(&attack.link) {
                refused(attack, "a copy of the link", grant, copy.as_raw_fd());
            }
        }
        2 => {
            if let Ok(second) = Link::open() {
                refused(
                    attack,
                    "another file of the device",
                    grant,
                    second.as_raw_fd(),
                );
            }
        }
        3 => {
            if let Ok((_one, other)) = carrier(&attack.link) {
                let _ = attack.write(&handle_to(grant, handle::FILE, other.as_raw_fd() as u32));
            }
        }
        which => {
            let path = if which == 4 {
                "/proc/self"
            } else {
                "/dev/null"
            };
            if let Ok(file) = File::open(path) {
                let _ = attack.write(&handle_to(grant, handle::FILE, file.as_raw_fd() as u32));
            }
        }
    }
    // A file that only names a path, of which nothing can be read.
    let path = nix::fcntl::open(
        "/",
        nix::fcntl::OFlag::O_PATH,
        nix::sys::stat::Mode::empty(),
    );
    if let Ok(path) = path {
        let _ = attack.write(&handle_to(grant, handle::FILE, path.as_raw_fd() as u32));
    }
}

/// Forges, in random order.
pub fn forge(attack: &mut Attack) {
    let grant = attack.grant();
    match attack.random.below(3) {
        0 => grants(attack),
        1 => handles(attack, grant),
        _ => files(attack, grant),
    }
}

/// Forges until a write shows that the link is lost.
pub fn run(attack: &mut Attack) {
    while attack.goes_on() {
        // A malformed message costs the grant that it goes to.
        let grant = attack.grant();
        let own = attack.write(&handle_to(grant, handle::OWN, 0));
        if !matches!(own, Ok(_) | Err(Errno::EAGAIN)) {
            attack.grants.pop();
            let _ = attack.link.wait(10);
        }
        forge(attack);
        attack.drain();
    }
}
