// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Output that a script has printed and that was not sent yet.
//!
//! A message to a waiting client costs a lock and a wake-up, so output is collected. It is sent at
//! the end of a line, at 4 KiB, when the script writes to the other stream, and when its code waits
//! or returns.

use core::{
    cell::RefCell,
    ffi::c_int, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    super::{instance::Runtime, sink::Stream},
    Vm, //
};
use crate::linux::{
    account::{Account, Charge},
    context::Context, //
};

/// The most bytes that are collected.
pub(crate) const MOST_UNSENT: usize = 4096;

/// Bytes of output between two checks whether the code has to end.
const OUTPUT_PIECE: usize = 32 * 1024;

/// What was collected.
pub(super) struct Unsent(RefCell<Collected>);

struct Collected {
    /// The stream that it was written to.
    stream: Stream,
    bytes: KVec<u8>,
    /// The charge for the collected bytes, if there are any: always for the most that they may be.
    charge: Charge,
    /// Whether the script wants each write to be sent at once: for its output, and for its errors.
    immediate: [bool; 2],
    /// The number of lines for which there was no room while the code could not sleep.
    lost: usize,
    /// Whether the end of the present line is lost.
    loses_line: bool,
}

impl Unsent {
    /// Nothing yet. The collected output counts against `account`.
    pub(super) fn new(account: &Arc<Account>) -> Self {
        Self(RefCell::new(Collected {
            stream: Stream::Output,
            bytes: KVec::new(),
            charge: Charge::to(account),
            immediate: [false; 2],
            lost: 0,
            loses_line: false,
        }))
    }

    /// Calls `with` with the collected output. `None` if `with` calls this function again.
    fn with<T>(&self, with: impl FnOnce(&mut Collected) -> T) -> Option<T> {
        let mut unsent = self.0.try_borrow_mut().ok()?;
        Some(with(&mut unsent))
    }

    /// Whether output to `stream` is to be sent at once.
    fn is_immediate(&self, stream: Stream) -> bool {
        self.with(|unsent| unsent.is_immediate(stream)) == Some(true)
    }

    /// Adds `text`, if there is room. Returns whether it did.
    fn add(&self, stream: Stream, text: &[u8], context: Context) -> bool {
        self.with(|unsent| unsent.add(stream, text, context)) == Some(true)
    }

    /// Adds `text`, which cannot be sent now. If there is no room, the rest of its line is lost,
    /// and counted.
    fn add_or_lose(&self, stream: Stream, text: &[u8], context: Context) {
        self.with(|unsent| {
            if unsent.loses_line || !unsent.add(stream, text, context) {
                let lines = text.iter().filter(|&&byte| byte == b'\n').count();
                unsent.lost = unsent.lost.saturating_add(lines);
                unsent.loses_line = !text.ends_with(b"\n");
            }
        });
    }
}

impl Collected {
    /// Adds `text`, unless it is too much, there is no memory for it, or it is for the other
    /// stream. Returns whether it did.
    fn add(&mut self, stream: Stream, text: &[u8], context: Context) -> bool {
        let fits = self.bytes.len().saturating_add(text.len()) <= MOST_UNSENT;
        if !fits || (self.stream != stream && !self.bytes.is_empty()) {
            return false;
        }
        if self.charge.set(MOST_UNSENT).is_err() {
            return false;
        }
        self.stream = stream;
        self.bytes
            .extend_from_slice(text, context.allocation())
            .is_ok()
    }

    /// Whether output to `stream` is to be sent at once.
    fn is_immediate(&self, stream: Stream) -> bool {
        let [output, error] = self.immediate;
        match stream {
            Stream::Output => output,
            Stream::Error => error,
        }
    }
}

/// Output that was taken out of a VM, to be sent.
pub(in super::super) struct Taken {
    stream: Stream,
    bytes: KVec<u8>,
    lost: usize,
}

impl Taken {
    /// The number of lines for which there was no room.
    pub(in super::super) fn lost(&self) -> usize {
        self.lost
    }

    /// Sends it. May sleep, as [`Runtime::output`].
    pub(in super::super) fn send(self, runtime: &Runtime) {
        if !self.bytes.is_empty() {
            runtime.output(self.stream, &self.bytes);
        }
        if self.lost > 0 {
            tell_lost(runtime, self.stream, self.lost);
        }
    }
}

impl Vm {
    /// Whether output was collected, or lost. In any context.
    pub(in super::super) fn has_unsent(&self) -> bool {
        self.unsent
            .with(|unsent| !unsent.bytes.is_empty() || unsent.lost > 0)
            == Some(true)
    }

    /// Takes the collected output, for a caller that sends it later. In any context.
    pub(in super::super) fn take_unsent(&self) -> Option<Taken> {
        self.unsent.with(|unsent| {
            let cut = usize::from(core::mem::take(&mut unsent.loses_line));
            unsent.charge.set_anyway(0);
            Taken {
                stream: unsent.stream,
                bytes: core::mem::take(&mut unsent.bytes),
                lost: core::mem::take(&mut unsent.lost).saturating_add(cut),
            }
        })
    }

    /// Takes output of the script to `stream`. May sleep, as
    /// [`Runtime::output`](super::Runtime::output).
    fn write(&self, stream: Stream, text: &[u8]) {
        let context = self.context();
        if !context.may_sleep() {
            self.unsent.add_or_lose(stream, text, context);
            return;
        }
        let immediate = self.unsent.is_immediate(stream);
        if !self.unsent.add(stream, text, context) {
            self.send_output();
            if !self.unsent.add(stream, text, context) {
                self.runtime().output(stream, text);
            }
        }
        if immediate || text.contains(&b'\n') {
            self.send_output();
        }
    }

    /// Sends the collected output. May sleep, as [`Runtime::output`](super::Runtime::output).
    pub(in super::super) fn send_output(&self) {
        if !self.context().may_sleep() {
            return;
        }
        // The bytes are taken out, so nothing is borrowed while they are sent.
        if let Some(taken) = self.take_unsent() {
            taken.send(&self.runtime());
        }
    }
}

/// Prints, in place of the lost lines, how many they were. Output is sent from deep call chains, so this
/// uses no formatting code, which takes more of the stack.
#[cold]
fn tell_lost(runtime: &Runtime, stream: Stream, lines: usize) {
    let mut digits = [0; 20];
    let mut left = lines;
    let mut first = digits.len();
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (left % 10) as u8;
        first = index;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    runtime.output(stream, b"(");
    runtime.output(stream, digits.get(first..).unwrap_or_default());
    runtime.output(stream, b" lines lost)\n");
}

/// The stream with this number in C.
fn stream(number: c_int) -> Stream {
    if number == 2 {
        Stream::Error
    } else {
        Stream::Output
    }
}

impl Vm {
    /// Takes output of a script to stream 1 or 2.
    pub(super) fn take_output(&self, number: c_int, text: &[u8]) {
        // Megabytes of short lines take long. If the code has to end, it ends when this has
        // returned.
        for piece in text.chunks(OUTPUT_PIECE) {
            self.write(stream(number), piece);
            if self.is_ended() {
                break;
            }
        }
    }

    /// Sets whether output to stream 1 or 2 is to be sent at once.
    pub(super) fn send_immediately(&self, number: c_int, immediate: bool) {
        self.unsent.with(|unsent| {
            let [output, error] = &mut unsent.immediate;
            match stream(number) {
                Stream::Output => *output = immediate,
                Stream::Error => *error = immediate,
            }
        });
        if immediate {
            self.send_output();
        }
    }
}
