// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the process reads.

use kernel::{bindings, ffi::c_uint, prelude::*, uaccess::UserSliceWriter};

use super::{
    super::{frames, outbox::Next},
    Link,
};
use crate::{
    channel::actor::letter::Delivery,
    runtime::message::Message,
    wire::{self, ToProcess, HEADER},
};

impl Link {
    /// Copies frames to the process, as many as fit. Waits for one if there is none, unless `nonblocking`. Returns 0
    /// when the link is closed.
    ///
    /// Fails with `EPERM` in another process, and with `EMSGSIZE` if the first frame does not fit.
    pub(crate) fn read(&self, writer: &mut UserSliceWriter, nonblocking: bool) -> Result<usize> {
        if !self.is_user() {
            return Err(EPERM);
        }
        let mut copied: usize = 0;
        loop {
            let mut next = self.outbox.next(true)?;
            if matches!(next, Next::Nothing) && !nonblocking && copied == 0 {
                next = self.outbox.next(false)?;
                // Meanwhile another process may have become the user.
                if !self.is_user() {
                    self.outbox.put_back(next);
                    return Err(EPERM);
                }
            }
            let length = match self.copy(writer, next) {
                Ok(Some(length)) => length,
                Ok(None) if copied > 0 => return Ok(copied),
                Ok(None) if self.is_closed() => return Ok(0),
                Ok(None) => return Err(EAGAIN),
                Err(_) if copied > 0 => return Ok(copied),
                Err(error) => return Err(error),
            };
            copied = copied.saturating_add(length);
            if writer.len() < HEADER {
                return Ok(copied);
            }
        }
    }

    /// Copies one frame. What does not fit is put back.
    fn copy(&self, writer: &mut UserSliceWriter, next: Next) -> Result<Option<usize>> {
        match next {
            Next::Nothing | Next::Closed => Ok(None),
            Next::NoSenders(sent) => self.copy_short(writer, next, ToProcess::NoSenders { sent }),
            Next::Room => self.copy_room(writer),
            Next::Start(start) => {
                let copied = self.copy_message(writer, wire::START, &start);
                if copied.is_err() {
                    self.outbox.put_back(Next::Start(start));
                }
                copied.map(Some)
            }
            Next::Letter(letter) => {
                let delivery = Delivery::new(letter);
                let copied = delivery
                    .with_message(|message| self.copy_message(writer, wire::MESSAGE, message));
                match copied {
                    Some(Ok(length)) => {
                        delivery.received();
                        Ok(Some(length))
                    }
                    Some(Err(error)) => {
                        self.outbox.put_back(Next::Letter(delivery.into_letter()));
                        Err(error)
                    }
                    None => Ok(Some(0)),
                }
            }
        }
    }

    fn copy_short(
        &self,
        writer: &mut UserSliceWriter,
        next: Next,
        frame: ToProcess<'_>,
    ) -> Result<Option<usize>> {
        let copied = match writer.len() {
            HEADER.. => writer.write_slice(&frame.header()).map(|()| HEADER),
            _ => Err(EMSGSIZE),
        };
        if copied.is_err() {
            self.outbox.put_back(next);
        }
        copied.map(Some)
    }

    fn copy_room(&self, writer: &mut UserSliceWriter) -> Result<Option<usize>> {
        let mut copied: usize = 0;
        loop {
            if writer.len() < HEADER {
                // There may be more.
                self.outbox.put_back(Next::Room);
                return match copied {
                    0 => Err(EMSGSIZE),
                    copied => Ok(Some(copied)),
                };
            }
            let Some(grant) = self.grants.take_room() else {
                return Ok(Some(copied));
            };
            let written = writer.write_slice(&ToProcess::Room { grant }.header());
            if let Err(error) = written {
                self.grants.put_room_back(grant);
                self.outbox.put_back(Next::Room);
                return Err(error);
            }
            copied = copied.saturating_add(HEADER);
        }
    }

    fn copy_message(
        &self,
        writer: &mut UserSliceWriter,
        kind: u16,
        message: &Message,
    ) -> Result<usize> {
        if !frames::fits(message, writer.len()) {
            return Err(EMSGSIZE);
        }
        frames::write(&self.grants, kind, message, writer)
    }

    /// The poll mask. Writing never waits.
    pub(crate) fn poll_mask(&self) -> c_uint {
        let mut events = bindings::POLLOUT | bindings::POLLWRNORM;
        if self.outbox.is_readable() {
            events |= bindings::POLLIN | bindings::POLLRDNORM;
        }
        events
    }
}
