// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the actor has: its connection, the messages that no fiber has waited for, and its timers. The desk knows
//! nothing of Lua.

use std::{collections::VecDeque, io, mem, ops::Range, thread};

use lunatik_abi::{
    codec::Token,
    wire::{handle, Flat, ToKernel, ToProcess, MESSAGE},
};
use nix::errno::Errno;

use super::{
    files::received,
    port::{wrong, Port},
    timers::Timers,
};

/// At so many messages that no fiber has waited for, the kernel is asked to send no more.
const HIGH: usize = 64;

/// At so many, it is asked to go on.
const LOW: usize = 16;

/// What has happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A message whose body is here in the buffer of the port, and was not checked. The descriptors in it belong to the
    /// caller.
    Message(Range<usize>),
    /// A message that has waited.
    Queued(Box<[u8]>),
    /// Nobody can send to the actor.
    NoSenders,
    /// The actor of this grant has room.
    Room(u32),
    /// The timer of this number is due.
    Timer(i64),
    /// The kernel has closed the connection: whoever waits for room waits for nothing.
    Ended,
}

/// What the actor has.
pub(super) struct Desk {
    /// `None` after the end of the connection.
    port: Option<Port>,
    /// The bodies of messages that no fiber has waited for.
    queue: VecDeque<Box<[u8]>>,
    /// Grants with room that nobody was told about yet.
    rooms: VecDeque<u32>,
    /// Whether the kernel was asked to send no more messages.
    is_paused: bool,
    /// How many handles of the actor itself the kernel has taken, modulo 2^32.
    sent: u32,
    has_no_senders: bool,
    is_inbox_closed: bool,
    /// Whether the last event was none of a timer. Then a timer has its turn.
    timer_is_next: bool,
    /// Whether the last event was one of a timer. Then frames have their turn, which may have to be read first.
    port_is_next: bool,
    pub(super) timers: Timers,
}

fn ended() -> io::Error {
    Errno::EPIPE.into()
}

impl Desk {
    /// The desk of a new actor.
    pub(super) fn new(port: Port) -> Self {
        Self {
            port: Some(port),
            queue: VecDeque::new(),
            rooms: VecDeque::new(),
            is_paused: false,
            sent: 0,
            has_no_senders: false,
            is_inbox_closed: false,
            timer_is_next: false,
            port_is_next: false,
            timers: Timers::default(),
        }
    }

    /// The connection.
    pub(super) fn port(&mut self) -> Option<&mut Port> {
        self.port.as_mut()
    }

    /// Waits for an event: of messages and their end only if `wants` is true. With `polls`, it does not wait, and
    /// returns `None` if there is no event. Otherwise it returns `None` if nothing can ever happen.
    pub(super) fn event(&mut self, wants: bool, polls: bool) -> io::Result<Option<Event>> {
        // Neither many messages nor many timers keep the others waiting.
        if mem::take(&mut self.timer_is_next) && self.timers.is_due() {
            return Ok(self.take_timer());
        }
        loop {
            let mut event = self.take_room();
            if event.is_none() {
                event = self.take_event(wants)?.or_else(|| self.take_room());
            }
            if event.is_some() {
                self.timer_is_next = !self.timers.is_empty();
                return Ok(event);
            }
            let is_due = self.timers.is_due();
            if is_due && !mem::take(&mut self.port_is_next) {
                return Ok(self.take_timer());
            }
            match self.read_more(polls || is_due)? {
                More::Frames => {}
                More::Nothing if polls && !is_due => return Ok(None),
                More::Nothing => {}
                More::Ended => return Ok(Some(Event::Ended)),
                More::Never => return Ok(None),
            }
        }
    }

    fn take_timer(&mut self) -> Option<Event> {
        self.port_is_next = true;
        self.timers.take().map(Event::Timer)
    }

    /// Takes a message, or the news that nobody can send one, if that was read before.
    pub(super) fn take(&mut self) -> io::Result<Option<Event>> {
        self.take_event(true)
    }

    fn take_room(&mut self) -> Option<Event> {
        self.rooms.pop_front().map(Event::Room)
    }

    fn take_event(&mut self, wants: bool) -> io::Result<Option<Event>> {
        if wants {
            if let Some(body) = self.queue.pop_front() {
                if self.is_paused && self.queue.len() <= LOW {
                    self.is_paused = false;
                    self.tell(&ToKernel::Resume);
                }
                return Ok(Some(Event::Queued(body)));
            }
        }
        self.look_through(wants)
    }

    /// Handles the frames that were read, up to a message that the caller wants.
    fn look_through(&mut self, wants: bool) -> io::Result<Option<Event>> {
        while let Some(port) = &mut self.port {
            if port.is_lent() {
                return Err(io::Error::other(
                    "a finalizer cannot receive while a message is being received",
                ));
            }
            let Some((frame, body)) = port.frame()? else {
                break;
            };
            if wants && frame.kind == MESSAGE {
                return Ok(Some(Event::Message(body)));
            }
            match ToProcess::decode(&frame).map_err(wrong)? {
                ToProcess::Message(flat) if self.is_inbox_closed => {
                    let grants = discard(&flat);
                    for grant in grants {
                        self.close(grant);
                    }
                }
                ToProcess::Message(_) => {
                    self.queue.push_back(frame.body.into());
                    if self.queue.len() >= HIGH && !self.is_paused {
                        self.is_paused = true;
                        self.tell(&ToKernel::Pause);
                    }
                }
                // Otherwise the kernel has sent it before it took the last handle of this actor.
                ToProcess::NoSenders { sent } if sent == self.sent => self.has_no_senders = true,
                ToProcess::NoSenders { .. } => {}
                ToProcess::Room { grant } => self.rooms.push_back(grant),
                ToProcess::Start(_) => {
                    return Err(io::Error::other("the kernel has sent a second start"));
                }
            }
        }
        Ok((wants && self.has_no_senders).then_some(Event::NoSenders))
    }

    /// Reads frames; waits for some, or for a timer.
    fn read_more(&mut self, polls: bool) -> io::Result<More> {
        let left = self.timers.until_first();
        let Some(port) = &mut self.port else {
            return Ok(match left {
                _ if polls => More::Nothing,
                Some(left) => {
                    thread::sleep(left);
                    More::Nothing
                }
                None => More::Never,
            });
        };
        let timeout = if polls {
            Some(Default::default())
        } else {
            left
        };
        if let Some(timeout) = timeout {
            if !port.wait(timeout)? {
                return Ok(More::Nothing);
            }
        }
        if port.fill()? {
            return Ok(More::Frames);
        }
        self.port = None;
        self.has_no_senders = true;
        Ok(More::Ended)
    }

    /// Sends a message: the bytes of its frame, in which are `owns` handles of the actor itself.
    pub(super) fn send(&mut self, frame: &[u8], owns: u32) -> io::Result<()> {
        self.port.as_mut().ok_or_else(ended)?.write_bytes(frame)?;
        if owns > 0 {
            self.sent = self.sent.wrapping_add(owns);
            self.has_no_senders = false;
        }
        Ok(())
    }

    /// Writes what has no answer. If the kernel does not take it, the next read says why.
    fn tell(&mut self, frame: &ToKernel<'_>) {
        if let Some(port) = &mut self.port {
            let _ = port.write(frame);
        }
    }

    /// Gives a grant up.
    pub(super) fn close(&mut self, grant: u32) {
        self.tell(&ToKernel::Close { grant });
    }

    /// The actor receives no more. Messages that no fiber has received are lost.
    pub(super) fn close_inbox(&mut self) {
        if mem::replace(&mut self.is_inbox_closed, true) {
            return;
        }
        self.tell(&ToKernel::CloseInbox);
        for body in mem::take(&mut self.queue) {
            if let Ok(flat) = Flat::check(&body) {
                for grant in discard(&flat) {
                    self.close(grant);
                }
            }
        }
    }
}

/// What became of an attempt to read.
enum More {
    /// There are frames.
    Frames,
    /// There are none, or a timer may be due.
    Nothing,
    /// The kernel has closed the connection.
    Ended,
    /// Nothing can ever come.
    Never,
}

/// Closes the descriptors in a message that nobody receives. Returns the grants in it.
fn discard(flat: &Flat<'_>) -> Vec<u32> {
    let mut grants = Vec::new();
    let mut reader = flat.reader();
    while let Ok(Some(token)) = reader.token() {
        match token {
            Token::Handle { kind, index } if kind == handle::ACTOR => grants.push(index),
            Token::Handle { kind, index } if kind == handle::FILE => drop(received(index)),
            _ => {}
        }
    }
    grants
}
