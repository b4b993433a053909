// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages between their form in the kernel, where handles lead to objects, and that of frames, where handles are
//! numbers of the process.

use kernel::{fs::file::LocalFile, prelude::*, sync::Arc, uaccess::UserSliceWriter};

use super::{
    address::ProcessAddress,
    file::Descriptor,
    grants::{Grants, Target},
    link::Link,
};
use crate::{
    codec::{self, EncodeError, Reader, Sink, Token, Writer},
    linux::shared_file::SharedFile,
    runtime::{handle::Handle, message::Message},
    wire::{handle, Flat, Frame, HEADER},
};

/// The most bytes that a handle takes: two and a number.
const HANDLE: usize = 7;

/// Bytes in memory of the kernel.
struct Bytes(KVVec<u8>);

impl Sink for Bytes {
    type Error = Error;

    fn put(&mut self, bytes: &[u8]) -> Result {
        self.0
            .extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        Ok(())
    }
}

fn to_error(error: EncodeError<Error>) -> Error {
    match error {
        EncodeError::Sink(error) => error,
        // What is written was read from a message.
        EncodeError::Shape(_) => EIO,
    }
}

/// What the process has got, to be taken back if it does not learn of it.
enum Given {
    Grant(u32),
    File(u32),
}

/// What the process gets with one frame. It is taken back unless it is [kept](Self::keep).
struct Gifts<'a> {
    grants: &'a Grants,
    given: KVec<Given>,
}

impl Gifts<'_> {
    /// Gives the calling process what a handle refers to. Returns the kind and the number.
    fn give(&mut self, object: &Handle) -> Result<(u8, u32)> {
        // First, so that nothing is given that cannot be taken back.
        self.given.reserve(1, GFP_KERNEL | __GFP_NOWARN)?;
        let (kind, number, given) = if let Some(target) = Target::of(object) {
            let number = self.grants.add(target)?;
            (handle::ACTOR, number, Given::Grant(number))
        } else if let Some(descriptor) = object.get::<Descriptor>() {
            let number = descriptor.0.install()?;
            (handle::FILE, number, Given::File(number))
        } else {
            return Err(EIO);
        };
        let _ = self.given.push_within_capacity(given);
        Ok((kind, number))
    }

    /// The process has learned of all.
    fn keep(mut self) {
        self.given.clear();
    }
}

impl Drop for Gifts<'_> {
    fn drop(&mut self) {
        for given in &self.given {
            match *given {
                Given::Grant(number) => {
                    self.grants.remove(number);
                }
                Given::File(number) => SharedFile::uninstall(number),
            }
        }
    }
}

/// Whether a frame of `message` has at most `room` bytes.
pub(super) fn fits(message: &Message, room: usize) -> bool {
    let handles = message.handles().len().saturating_mul(HANDLE);
    let length = message.len().saturating_add(handles).saturating_add(HEADER);
    length <= room
}

/// Writes the frame of this kind that carries `message` to the calling process, which gets what the message refers to.
/// Returns the length of the frame. If this fails, the process gets nothing.
pub(super) fn write(
    grants: &Grants,
    kind: u16,
    message: &Message,
    writer: &mut UserSliceWriter,
) -> Result<usize> {
    if message.handles().is_empty() {
        let body = message.as_bytes();
        writer.write_slice(&Frame::header(kind, 0, body.len()))?;
        writer.write_slice(body)?;
        return Ok(body.len().saturating_add(HEADER));
    }
    let mut gifts = Gifts {
        grants,
        given: KVec::new(),
    };
    let frame = encode(&mut gifts, kind, message)?;
    writer.write_slice(&frame)?;
    gifts.keep();
    Ok(frame.len())
}

/// The frame of this kind that carries `message`.
fn encode(gifts: &mut Gifts<'_>, kind: u16, message: &Message) -> Result<KVVec<u8>> {
    let room = message.len().saturating_add(HEADER);
    let mut bytes = Bytes(KVVec::with_capacity(room, GFP_KERNEL | __GFP_NOWARN)?);
    bytes.put(&[0; HEADER])?;
    let mut writer = Writer::new(&mut bytes);
    let mut reader = Reader::new(message.as_bytes());
    while let Some(token) = reader.token().map_err(|_| EIO)? {
        let token = match token {
            Token::Handle { index, .. } => {
                let object = message.handles().get(index as usize).ok_or(EIO)?;
                let (kind, index) = gifts.give(object)?;
                Token::Handle { kind, index }
            }
            token => token,
        };
        writer.token(token).map_err(to_error)?;
    }
    let body = bytes.0.len().saturating_sub(HEADER);
    if let Some(header) = bytes.0.first_chunk_mut() {
        *header = Frame::header(kind, 0, body);
    }
    Ok(bytes.0)
}

/// The object that a handle of the process refers to. Fails with `ENOENT` for a grant that it has not, and with `EBADF`
/// for a descriptor that it has not, or whose file may not travel: `own` is the file of the link.
fn object(link: &Arc<Link>, own: &LocalFile, kind: u8, index: u32) -> Result<Handle> {
    match kind {
        handle::ACTOR => Ok(link.grants().target(index).ok_or(ENOENT)?.handle()),
        handle::OWN => Ok(Handle::new(ProcessAddress::new(link)?)),
        _ => {
            let file = SharedFile::of_descriptor(index)?;
            if file.is_like(own) {
                return Err(EBADF);
            }
            Ok(Handle::new(Arc::new(Descriptor(file), GFP_KERNEL_ACCOUNT)?))
        }
    }
}

/// The message that a process has written. It gets nothing of the process if this fails.
pub(super) fn decode(link: &Arc<Link>, own: &LocalFile, flat: &Flat<'_>) -> Result<Message> {
    if flat.handles() == 0 {
        return Ok(Message::from_codec(flat.message())?);
    }
    let mut handles = KVec::new();
    let mut bytes = Bytes(KVVec::new());
    let mut writer = Writer::new(&mut bytes);
    let mut reader = flat.reader();
    while let Some(token) = reader.token().map_err(|_| EIO)? {
        let token = match token {
            Token::Handle { kind, index } => {
                let number = u32::try_from(handles.len()).map_err(|_| EIO)?;
                let object = object(link, own, kind, index)?;
                handles.push(object, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
                Token::Handle {
                    kind: handle::ACTOR,
                    index: number,
                }
            }
            token => token,
        };
        writer.token(token).map_err(to_error)?;
    }
    let message = codec::Message::check(&bytes.0).map_err(|_| EIO)?;
    Ok(Message::with_handles(message, handles)?)
}
