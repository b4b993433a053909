// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls in which frames do not fit, and calls that the file does not have.

use std::{
    io::{IoSlice, IoSliceMut},
    num::NonZeroUsize,
    os::fd::{AsFd, AsRawFd},
};

use lunatik_abi::wire::HEADER;
use nix::{
    fcntl::{fcntl, splice, FcntlArg, OFlag, SpliceFFlags},
    sys::{
        mman::{mmap, MapFlags, ProtFlags},
        uio::{readv, writev},
    },
};

use crate::attack::Attack;

/// Parts of frames, several at once, none.
fn writes(attack: &mut Attack) {
    let frame = attack.any();
    match attack.random.below(5) {
        0 => {
            let written = attack.link.write(&[]);
            attack.report.count(&written);
        }
        1 => {
            // The two parts of a frame are none.
            let at = 1 + attack.random.below(frame.len() - 1);
            for part in [&frame[..at], &frame[at..]] {
                let written = attack.link.write(part);
                if part.len() < HEADER {
                    attack
                        .report
                        .must_fail("a write of less than a header", written);
                } else {
                    attack.report.count(&written);
                }
            }
        }
        2 => {
            let several = [&frame[..], &attack.any(), &frame].concat();
            let written = attack.link.write(&several);
            attack
                .report
                .must_fail("a write of several frames", written);
        }
        3 => {
            let longer = [&frame[..], b"\0"].concat();
            let written = attack.link.write(&longer);
            attack
                .report
                .must_fail("a frame with a byte behind it", written);
        }
        _ => {
            // One frame, byte by byte, in one call.
            let parts: Vec<_> = frame
                .iter()
                .map(std::slice::from_ref)
                .map(IoSlice::new)
                .collect();
            let most = parts.len().min(1024);
            let written = writev(attack.link.as_fd(), &parts[..most]);
            attack.report.count(&written);
        }
    }
}

/// Reads into too little space.
fn reads(attack: &mut Attack) {
    let lengths = [0, 1, HEADER - 1, HEADER, HEADER + 1, 20, 300];
    let length = attack.random.one_of(&lengths);
    let mut buffer = [0; 300];
    let read = if attack.random.one_in(2) {
        attack.link.read(&mut buffer[..length])
    } else {
        let (one, other) = buffer[..length].split_at_mut(length / 2);
        readv(
            attack.link.as_fd(),
            &mut [IoSliceMut::new(one), IoSliceMut::new(other)],
        )
    };
    attack.report.count(&read);
    if let Ok(read) = read {
        attack.take(&buffer[..read]);
    }
}

/// Addresses that cannot be read or written, from some byte on.
fn addresses(attack: &mut Attack) {
    let page = 4096;
    let Some(two) = NonZeroUsize::new(2 * page) else {
        return;
    };
    // SAFETY: A new mapping replaces none.
    let map = unsafe {
        nix::sys::mman::mmap_anonymous(
            None,
            two,
            ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
            MapFlags::MAP_PRIVATE,
        )
    };
    let Ok(map) = map else {
        return;
    };
    let frame = attack.any();
    let here = attack.random.below(frame.len().min(page));
    let descriptor = attack.link.as_raw_fd();
    // SAFETY: The first page of the mapping is memory of its own; the kernel checks the second itself, which nothing
    // else refers to. `here` is at most a page.
    unsafe {
        let end = map.cast::<u8>().add(page);
        let second = end.cast();
        let _ = nix::sys::mman::mprotect(second, page, ProtFlags::PROT_NONE);
        let start = end.sub(here);
        start.copy_from_nonoverlapping(std::ptr::NonNull::from(&frame[0]), here);
        if libc::write(descriptor, start.as_ptr().cast(), frame.len()) >= 0 {
            attack.report.wrong("a write from a bad address succeeded");
        }
        // It may return frames that fit before the page, or lose one.
        let length = libc::read(descriptor, start.as_ptr().cast(), 8000);
        if length > here as isize {
            attack.report.wrong("a read to a bad address succeeded");
        } else if length > 0 {
            let bytes = std::slice::from_raw_parts(start.as_ptr(), length as usize).to_vec();
            attack.take(&bytes);
        }
        let _ = nix::sys::mman::munmap(map, 2 * page);
    }
}

/// Calls that files of other kinds have.
fn others(attack: &mut Attack) {
    let random = &mut attack.random;
    let (which, number) = (random.below(8), random.bits());
    let link = attack.link.as_fd();
    match which {
        0 => {
            // SAFETY: A new mapping replaces none, and nothing uses it.
            let mapped = unsafe {
                mmap(
                    None,
                    NonZeroUsize::MIN,
                    ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
                    MapFlags::MAP_SHARED,
                    link,
                    0,
                )
            };
            attack.report.must_fail("a mapping of the link", mapped);
        }
        1 => {
            // SAFETY: The address is 0, which no request can use.
            let called = unsafe { libc::ioctl(link.as_raw_fd(), number as libc::Ioctl, 0) };
            attack
                .report
                .count(&if called < 0 { Err(()) } else { Ok(()) });
            // The request may have been a general one, which changes flags.
            let _ = fcntl(link, FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC));
        }
        2 => {
            let whence = [nix::unistd::Whence::SeekSet, nix::unistd::Whence::SeekEnd];
            let sought = nix::unistd::lseek(link, number as i64, whence[which % 2]);
            attack.report.count(&sought);
        }
        3 => {
            let mut buffer = [0; 100];
            let read = nix::sys::uio::pread(link, &mut buffer, number as i64 & 0xffff);
            if let Ok(read) = read {
                attack.take(&buffer[..read]);
            }
            let frame = attack.any();
            let written =
                nix::sys::uio::pwrite(attack.link.as_fd(), &frame, number as i64 & 0xffff);
            attack.report.count(&written);
        }
        4 => {
            if let Ok((reader, writer)) = nix::unistd::pipe() {
                let moved = splice(
                    link,
                    None,
                    &writer,
                    None,
                    4096,
                    SpliceFFlags::SPLICE_F_NONBLOCK,
                );
                attack.report.count(&moved);
                let frame = attack.any();
                let _ = nix::unistd::write(&writer, &frame[..frame.len().min(4000)]);
                let moved = splice(
                    &reader,
                    None,
                    &attack.link,
                    None,
                    4096,
                    SpliceFFlags::SPLICE_F_NONBLOCK,
                );
                attack.report.count(&moved);
            }
        }
        5 => {
            for flags in [
                OFlag::O_APPEND | OFlag::O_NONBLOCK,
                OFlag::O_ASYNC | OFlag::O_NONBLOCK,
                OFlag::O_NONBLOCK,
            ] {
                let set = fcntl(link, FcntlArg::F_SETFL(flags));
                attack.report.count(&set);
            }
        }
        6 => {
            let synced = nix::unistd::fsync(link);
            attack.report.count(&synced);
            let cut = nix::unistd::ftruncate(link, 0);
            attack.report.must_fail("ftruncate of the link", cut);
        }
        _ => {
            let _ = attack.link.wait(1);
            if let Ok(copy) = nix::unistd::dup(attack.link.as_fd()) {
                let frame = attack.any();
                let written = nix::unistd::write(&copy, &frame);
                attack.report.count(&written);
            }
        }
    }
}

/// One of these, at random.
pub fn split(attack: &mut Attack) {
    attack.link.set_blocking(false);
    match attack.random.below(8) {
        0..=2 => writes(attack),
        3 | 4 => reads(attack),
        5 => addresses(attack),
        _ => others(attack),
    }
}

/// Splits until the time is over.
pub fn run(attack: &mut Attack) {
    while attack.goes_on() {
        split(attack);
        if attack.random.one_in(4) {
            attack.drain();
        }
    }
}
