// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Every kind of attack against a socket: whatever the other side is, an attack goes on until its time is over.

use std::{
    os::fd::{AsRawFd, OwnedFd},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use lunatik_abi::wire::{handle, split, Flat, ToKernel, ToProcess};
use nix::{
    poll::{poll, PollFd, PollFlags, PollTimeout},
    sys::socket::{recv, send, socketpair, AddressFamily, MsgFlags, SockFlag, SockType},
};

use super::*;
use crate::{frames, link::Link, random::Random, report::Report};

/// A kernel that takes everything, and sends a grant after each few frames. Returns how many frames it took are valid,
/// and how many are not.
fn kernel(end: &OwnedFd, is_over: &AtomicBool) -> (usize, usize) {
    use std::os::fd::AsFd;

    let (mut valid, mut invalid) = (0, 0);
    let mut buffer = vec![0; 1 << 17];
    let mut grant = 0;
    while !is_over.load(Ordering::Relaxed) {
        let mut events = [PollFd::new(end.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut events, PollTimeout::from(10u8));
        while let Ok(length) = recv(end.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            match split(&buffer[..length]) {
                Ok(Some((frame, []))) if ToKernel::decode(&frame).is_ok() => valid += 1,
                _ => invalid += 1,
            }
            if is_over.load(Ordering::Relaxed) {
                break;
            }
        }
        grant += 1;
        let body = frames::body(|writer| writer.handle(handle::ACTOR, grant).unwrap());
        let mut bytes = Vec::new();
        let value = Flat::check(&body).unwrap();
        let Ok(()) = ToProcess::Message(value).encode(&mut bytes);
        let _ = send(
            end.as_raw_fd(),
            &bytes,
            MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL,
        );
    }
    (valid, invalid)
}

/// Runs an attack, and returns how many frames the kernel got, valid and invalid.
fn against_socket(seed: u64, run: fn(&mut Attack)) -> (usize, usize) {
    let (end, other) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
    .unwrap();
    let is_over = AtomicBool::new(false);
    let life = Duration::from_millis(150);
    std::thread::scope(|threads| {
        let taken = threads.spawn(|| kernel(&other, &is_over));
        // What the socket accepts and a kernel must not is of no interest here.
        let file = Some("/dev/null".into());
        let report = Report::new(file, "test".into());
        let token = b"00112233445566778899aabbccddeeff".to_vec();
        let mut attack = Attack::new(Link::over(end), token, Random::new(seed), report, life);
        let begun = Instant::now();
        run(&mut attack);
        assert!(begun.elapsed() < life + Duration::from_secs(5));
        assert!(attack.report.accepted + attack.report.refused + attack.report.frames > 0);
        is_over.store(true, Ordering::Relaxed);
        taken.join().unwrap()
    })
}

/// What ends the process is left out, and what needs a kernel that keeps its promises.
#[test]
fn attacks_end_in_time() {
    for kind in KINDS {
        if matches!(kind.name, "exit" | "fork" | "mix" | "room" | "token") {
            continue;
        }
        for seed in 0..3 {
            let (valid, invalid) = against_socket(seed, kind.run);
            match kind.name {
                "echo" | "flood" | "hold" => assert!(valid > 0 && invalid == 0, "{}", kind.name),
                "hoard" => assert_eq!(valid + invalid, 0),
                "late" => assert_eq!(invalid, 0),
                "random" | "mutate" | "split" | "forge" => {
                    assert!(valid > 0 && invalid > 0, "{}: {valid} {invalid}", kind.name);
                }
                _ => assert!(valid > 0, "{}", kind.name),
            }
        }
    }
    for seed in 0..3 {
        let (valid, invalid) = against_socket(seed, |attack| {
            while !attack.is_over() {
                mix::some(attack);
            }
        });
        assert!(valid > 0 && invalid > 0);
    }
}

#[test]
fn frames_are_valid_until_they_are_damaged() {
    let mut random = Random::new(1);
    let names = frames::Names {
        grants: &[1, 5],
        files: &[0],
    };
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut bytes = frames::any(&mut random, &names);
        let decodes = |bytes: &[u8]| match split(bytes) {
            Ok(Some((frame, []))) => ToKernel::decode(&frame).is_ok(),
            _ => false,
        };
        assert!(decodes(&bytes));
        bytes::damage(&mut random, &mut bytes);
        refused += usize::from(!decodes(&bytes));
    }
    assert!((5_000..20_000).contains(&refused), "{refused}");
}

#[test]
fn a_body_that_is_not_flat_is_framed_as_it_is() {
    let bytes = frames::message(7, b"\x00\xff");
    let (frame, rest) = split(&bytes).unwrap().unwrap();
    assert_eq!(
        (frame.number, frame.body, rest),
        (7, &b"\x00\xff"[..], &b""[..])
    );
    assert_eq!(ToKernel::grant(&frame), Some(7));
}

#[test]
fn any_token_can_be_asked_with() {
    let mut random = Random::new(3);
    for _ in 0..1000 {
        let right = b"00112233445566778899aabbccddeeff";
        let request = crate::link::attach_request(&token::wrong(&mut random, right));
        assert!(request.len() > 12);
    }
}

#[test]
fn names_are_unique() {
    for (at, kind) in KINDS.iter().enumerate() {
        assert!(KINDS[..at].iter().all(|other| other.name != kind.name));
        assert!(find(kind.name).is_some());
    }
    assert!(find("").is_none());
}
