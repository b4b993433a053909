// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a process gets to know when it attaches.
//!
//! The body of the frame is a message of these values, in this order: the module (a string), the folder of the script
//! and the path of its file (strings, maybe empty), the namespaces (an integer), standard input, output and error (each
//! nil, the string `log` or a file), the script that sets the sandbox up (a string or nil), its argument (a file or nil),
//! whether the actor's context never has a second thread (a boolean), and the environment (a table of strings).

use super::{error::WireError, handle};
use crate::codec::{Message, Reader, Token};

/// The most bytes of the module and the environment together, in the form in which they travel.
pub const MAX_SETTINGS: usize = 10_400;

/// The longest script that sets a sandbox up.
pub const MAX_SCRIPT: usize = 256 << 10;

/// Bytes of the longest body: also two paths and what the values take beside their bytes.
pub(super) const MAX_BYTES: usize = MAX_SETTINGS + MAX_SCRIPT + (16 << 10);

/// The bits of namespaces, as in clone(2).
pub mod namespace {
    /// Mounts.
    pub const MOUNT: u32 = 0x0002_0000;
    /// The names of the machine.
    pub const UTS: u32 = 0x0400_0000;
    /// Objects of System V and message queues.
    pub const IPC: u32 = 0x0800_0000;
    /// Users and their capabilities.
    pub const USER: u32 = 0x1000_0000;
    /// The numbers of processes.
    pub const PID: u32 = 0x2000_0000;
    /// The network.
    pub const NET: u32 = 0x4000_0000;
    /// All of these.
    pub const ALL: u32 = MOUNT | UTS | IPC | USER | PID | NET;
}

/// A standard stream of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The end of a pipe whose other end is closed.
    Closed,
    /// The log of the kernel; for input, nothing.
    Log,
    /// The file of this descriptor.
    File(u32),
}

/// What a process gets to know when it attaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start<'a> {
    /// The module that the actor runs.
    pub module: &'a [u8],
    /// The folder of the script that has made the actor; empty, if it has none.
    pub directory: &'a [u8],
    /// The path of the file of that script; empty, if it has none.
    pub entry: &'a [u8],
    /// The [namespaces](namespace) to make.
    pub namespaces: u32,
    /// Standard input, output and error.
    pub streams: [Stream; 3],
    /// The script that sets the sandbox up.
    pub script: Option<&'a [u8]>,
    /// The descriptor that it gets.
    pub argument: Option<u32>,
    /// Whether the actor's context never has a second thread.
    pub single: bool,
    /// The table of the environment.
    environment: &'a [u8],
    /// The whole body.
    body: &'a [u8],
}

fn string<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    match reader.token()? {
        Some(Token::String(bytes)) => Ok(bytes),
        _ => Err(WireError::Start),
    }
}

fn stream(reader: &mut Reader<'_>) -> Result<Stream, WireError> {
    match reader.token()? {
        Some(Token::Nil) => Ok(Stream::Closed),
        Some(Token::String(b"log")) => Ok(Stream::Log),
        Some(Token::Handle {
            kind: handle::FILE,
            index,
        }) => Ok(Stream::File(index)),
        _ => Err(WireError::Start),
    }
}

impl<'a> Start<'a> {
    /// Reads the body of a frame.
    pub fn decode(body: &'a [u8]) -> Result<Self, WireError> {
        let message = Message::check(body)?;
        let mut reader = message.reader();
        let (module, directory) = (string(&mut reader)?, string(&mut reader)?);
        let entry = string(&mut reader)?;
        let namespaces = match reader.token()? {
            Some(Token::Integer(bits)) => u32::try_from(bits).map_err(|_| WireError::Start)?,
            _ => return Err(WireError::Start),
        };
        if namespaces & !namespace::ALL != 0 {
            return Err(WireError::Start);
        }
        let streams = [
            stream(&mut reader)?,
            stream(&mut reader)?,
            stream(&mut reader)?,
        ];
        let script = match reader.token()? {
            Some(Token::Nil) => None,
            Some(Token::String(bytes)) => Some(bytes),
            _ => return Err(WireError::Start),
        };
        let argument = match stream(&mut reader)? {
            Stream::Closed => None,
            Stream::File(descriptor) => Some(descriptor),
            Stream::Log => return Err(WireError::Start),
        };
        let single = match reader.token()? {
            Some(Token::Boolean(single)) => single,
            _ => return Err(WireError::Start),
        };
        let environment = body.get(reader.position()..).unwrap_or_default();
        let start = Self {
            module,
            directory,
            entry,
            namespaces,
            streams,
            script,
            argument,
            single,
            environment,
            body,
        };
        start.check_environment()?;
        Ok(start)
    }

    /// Fails unless the rest of the message is one table of strings.
    fn check_environment(&self) -> Result<(), WireError> {
        let mut reader = Reader::new(self.environment);
        if reader.token()? != Some(Token::TableBegin) {
            return Err(WireError::Start);
        }
        loop {
            match reader.token()? {
                Some(Token::String(_)) => {}
                Some(Token::TableEnd) if reader.token()?.is_none() => return Ok(()),
                _ => return Err(WireError::Start),
            }
        }
    }

    /// The body that was read.
    pub(super) const fn as_bytes(&self) -> &'a [u8] {
        self.body
    }

    /// The variables of the environment: names and values.
    pub fn environment(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut reader = Reader::new(self.environment);
        // It was checked: a table of strings.
        let _ = reader.token();
        core::iter::from_fn(move || match (reader.token(), reader.token()) {
            (Ok(Some(Token::String(name))), Ok(Some(Token::String(value)))) => Some((name, value)),
            _ => None,
        })
    }
}
