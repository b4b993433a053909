// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the process writes.

use kernel::{fs::file::LocalFile, prelude::*, sync::Arc, uaccess::UserSliceReader};

use super::{
    super::{
        frames,
        grants::{Grants, Target},
    },
    Link, Phase,
};
use crate::{
    channel::{
        actor::letter::{Letter, Origin},
        queue::Sent,
    },
    wire::{self, ToKernel, MAX_MESSAGE},
};

/// Frames with at most so many bytes lie on the stack while they are read.
const SHORT: usize = 64;

impl Link {
    /// Takes one frame from the process. `own` is the file.
    ///
    /// Fails with `EPERM` in another process. Other errors are those of [`ToKernel`].
    pub(crate) fn write(
        self: &Arc<Self>,
        own: &LocalFile,
        reader: &mut UserSliceReader,
    ) -> Result<usize> {
        if !self.is_user() {
            return Err(EPERM);
        }
        if self.is_closed() {
            return Err(EPIPE);
        }
        let length = reader.len();
        if length > MAX_MESSAGE {
            return Err(EMSGSIZE);
        }
        // Most frames are short.
        let mut short = [0; SHORT];
        let mut long: KVec<u8>;
        let bytes = match short.get_mut(..length) {
            Some(bytes) => bytes,
            None => {
                long = KVec::from_elem(0, length, GFP_KERNEL | __GFP_NOWARN)?;
                &mut long
            }
        };
        reader.read_slice(bytes)?;
        let Ok(Some((frame, []))) = wire::split(bytes) else {
            return Err(EBADMSG);
        };
        let taken = match ToKernel::decode(&frame) {
            Ok(decoded) => self.take(own, &decoded),
            Err(_) => self.refuse(&frame),
        };
        taken.map(|()| length)
    }

    /// A frame is wrong: the grant that it names is lost.
    #[cold]
    fn refuse(&self, frame: &wire::Frame<'_>) -> Result {
        if let Some(grant) = ToKernel::grant(frame) {
            self.grants.remove(grant);
        }
        Err(EBADMSG)
    }

    fn take(self: &Arc<Self>, own: &LocalFile, frame: &ToKernel<'_>) -> Result {
        match *frame {
            ToKernel::Ready => self.set_phase(Phase::Ready),
            ToKernel::Failed { errno } => {
                let errno = i32::try_from(errno).map_err(|_| EBADMSG)?;
                self.set_phase(Phase::Failed(Error::from_errno(errno.saturating_neg())))
            }
            ToKernel::Adopt { pid } => self.adopt(pid),
            ToKernel::Message { grant, ref value } => {
                self.deliver(own, grant, value)?;
                // The process reads what has come of it after this.
                self.outbox.count_given(value.own());
                Ok(())
            }
            ToKernel::Close { grant } => match self.grants.remove(grant) {
                true => Ok(()),
                false => Err(ENOENT),
            },
            ToKernel::CloseInbox => {
                self.outbox.shut();
                Ok(())
            }
            ToKernel::Pause => {
                self.outbox.pause(true);
                Ok(())
            }
            ToKernel::Resume => {
                self.outbox.pause(false);
                Ok(())
            }
        }
    }

    /// Delivers a message of the process.
    fn deliver(self: &Arc<Self>, own: &LocalFile, grant: u32, value: &wire::Flat<'_>) -> Result {
        let bytes = value.message().as_bytes().len();
        let (target, underway) = Grants::begin(self, grant, bytes)?;
        let letter = self.memcg.charge(|| {
            let message = frames::decode(self, own, value)?;
            let room = self.family.take(Letter::size_of(&message)).ok_or(ENOBUFS)?;
            Letter::new(Origin::Process(underway), message, room)
        })?;
        match target {
            Target::Actor(channel) => match channel.send(&mut Some(letter), None)? {
                Sent::Yes => Ok(()),
                Sent::Full | Sent::Closed => Err(EPIPE),
                Sent::Refused(never) => match never {},
            },
            Target::Process(address) => match address.link().outbox.put(letter) {
                Ok(()) => Ok(()),
                Err(letter) => {
                    drop(letter);
                    Err(EPIPE)
                }
            },
        }
    }
}
