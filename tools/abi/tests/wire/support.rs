// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Frames and messages for all tests.

use lunatik_abi::codec::{Token, Writer};
use lunatik_abi::wire::{handle, split, Frame, Stream, ToKernel, ToProcess, WireError};

/// Kinds of frames, as documents and captured bytes have them; the protocol does not publish its own.
pub const START: u16 = 1;
pub const MESSAGE: u16 = 2;
pub const NO_SENDERS: u16 = 3;
pub const ROOM: u16 = 4;
pub const READY: u16 = 0x81;
pub const FAILED: u16 = 0x82;
pub const ADOPT: u16 = 0x83;
pub const SEND: u16 = 0x84;
pub const CLOSE: u16 = 0x85;
pub const CLOSE_INBOX: u16 = 0x86;
pub const PAUSE: u16 = 0x87;
pub const RESUME: u16 = 0x88;

/// The message that `build` writes.
pub fn message(build: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    build(&mut writer);
    writer.finish().unwrap()
}

/// The bytes of a frame.
pub fn frame(kind: u16, number: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Frame { kind, number, body }.encode(&mut bytes).unwrap();
    bytes
}

/// What a frame of a process means.
pub fn to_kernel(kind: u16, number: u32, body: &[u8]) -> Result<ToKernel<'_>, WireError> {
    ToKernel::decode(&Frame { kind, number, body })
}

/// What a frame of the kernel means.
pub fn to_process(kind: u16, number: u32, body: &[u8]) -> Result<ToProcess<'_>, WireError> {
    ToProcess::decode(&Frame { kind, number, body })
}

/// The bytes of a frame of a process.
pub fn process_writes(frame: &ToKernel<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes).unwrap();
    bytes
}

/// The bytes of a frame of the kernel.
pub fn kernel_writes(frame: &ToProcess<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes).unwrap();
    bytes
}

/// The only frame in `bytes`.
pub fn only(bytes: &[u8]) -> Frame<'_> {
    let (frame, rest) = split(bytes).unwrap().unwrap();
    assert!(rest.is_empty());
    frame
}

/// A value of a message.
#[derive(Clone, Debug)]
pub enum Value {
    Scalar(Token<'static>),
    String(Vec<u8>),
}

impl Value {
    /// The value as a token of the codec.
    pub fn token(&self) -> Token<'_> {
        match self {
            Self::Scalar(token) => *token,
            Self::String(bytes) => Token::String(bytes),
        }
    }
}

/// The message of one table with these members.
pub fn encoded(members: &[(Vec<u8>, Value)]) -> Vec<u8> {
    message(|writer| {
        writer.begin_table().unwrap();
        for (key, value) in members {
            writer.string(key).unwrap();
            writer.token(value.token()).unwrap();
        }
        writer.end_table().unwrap();
    })
}

/// A message that may be sent, whose values are made by a strategy.
/// The values of a start.
#[derive(Clone, Debug)]
pub struct Values {
    pub texts: [Vec<u8>; 3],
    pub namespaces: u32,
    pub streams: [Stream; 3],
    pub script: Option<Vec<u8>>,
    pub argument: Option<u32>,
    pub single: bool,
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Values {
    /// The body of a frame with these values.
    pub fn encode(&self) -> Vec<u8> {
        message(|writer| {
            for text in &self.texts {
                writer.string(text).unwrap();
            }
            writer.integer(self.namespaces.into()).unwrap();
            for stream in self.streams {
                match stream {
                    Stream::Closed => writer.nil().unwrap(),
                    Stream::Log => writer.string(b"log").unwrap(),
                    Stream::File(descriptor) => writer.handle(handle::FILE, descriptor).unwrap(),
                }
            }
            match &self.script {
                None => writer.nil().unwrap(),
                Some(text) => writer.string(text).unwrap(),
            }
            match self.argument {
                None => writer.nil().unwrap(),
                Some(descriptor) => writer.handle(handle::FILE, descriptor).unwrap(),
            }
            writer.boolean(self.single).unwrap();
            writer.begin_table().unwrap();
            for (name, value) in &self.environment {
                writer.string(name).unwrap();
                writer.string(value).unwrap();
            }
            writer.end_table().unwrap();
        })
    }
}

/// Writes a table without members.
pub fn empty_table(writer: &mut Writer<Vec<u8>>) {
    writer.begin_table().unwrap();
    writer.end_table().unwrap();
}
