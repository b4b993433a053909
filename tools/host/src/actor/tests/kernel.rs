// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The kernel of a test: the other end of the actor's connection.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    ops::Deref,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU32, Ordering},
        Arc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use lunatik_abi::{
    codec::{Token, Writer},
    wire::{handle, split, Flat, ToKernel, ToProcess},
};
use nix::{
    errno::Errno,
    sys::{
        socket::{setsockopt, socketpair, sockopt, AddressFamily, SockFlag, SockType},
        time::TimeVal,
    },
};

use super::super::{
    machine::{self, Outcome},
    port::{Port, Transport},
};
use crate::setup::Settings;

/// The grant that most tests give to their actor.
pub(super) const GRANT: u32 = 7;

/// What the actor does to its connection.
#[derive(Default)]
pub(super) struct Counters {
    /// So many messages are refused with `refusal`.
    pub(super) refuse: AtomicU32,
    /// The error number with which they are refused.
    pub(super) refusal: AtomicU32,
    pub(super) reads: AtomicU32,
    pub(super) writes: AtomicU32,
    pub(super) waits: AtomicU32,
}

struct Socket {
    file: File,
    counters: Arc<Counters>,
}

impl Transport for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.counters.reads.fetch_add(1, Ordering::SeqCst);
        Transport::read(&mut self.file, buffer)
    }

    fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        self.counters.writes.fetch_add(1, Ordering::SeqCst);
        let (parsed, _) = split(frame).unwrap().unwrap();
        let decoded = ToKernel::decode(&parsed).expect("the frame is wrong");
        if matches!(decoded, ToKernel::Message { .. }) {
            let left = self.counters.refuse.load(Ordering::SeqCst);
            if left > 0 {
                self.counters.refuse.store(left - 1, Ordering::SeqCst);
                let errno = self.counters.refusal.load(Ordering::SeqCst);
                return Err(io::Error::from_raw_os_error(errno as i32));
            }
        }
        Transport::write(&mut self.file, frame)
    }

    fn wait(&self, timeout: Duration) -> io::Result<bool> {
        self.counters.waits.fetch_add(1, Ordering::SeqCst);
        Transport::wait(&self.file, timeout)
    }
}

/// A frame of the actor.
#[derive(Debug, PartialEq)]
pub(super) enum Got {
    /// A message to this grant, and its tokens.
    Message(u32, Vec<String>),
    Close(u32),
    CloseInbox,
    Pause,
    Resume,
    /// The actor has ended.
    End,
}

/// A token for a comparison that shows bytes as text.
pub(super) fn show(token: Token<'_>) -> String {
    match token {
        Token::String(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Token::Float(bits) => format!("{:?}", f64::from_bits(bits)),
        Token::Integer(number) => format!("{number}"),
        Token::Boolean(value) => format!("{value}"),
        Token::Handle { kind, index } => match kind {
            handle::ACTOR => format!("actor {index}"),
            handle::FILE => String::from("file"),
            _ => String::from("own"),
        },
        Token::TableBegin => String::from("{"),
        Token::TableEnd => String::from("}"),
        other => format!("{other:?}"),
    }
}

/// The body of a message.
pub(super) fn body(tokens: &[Token<'_>]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    for &token in tokens {
        writer.token(token).unwrap();
    }
    writer.finish().unwrap()
}

/// A channel over a grant.
pub(super) const fn actor(grant: u32) -> Token<'static> {
    Token::Handle {
        kind: handle::ACTOR,
        index: grant,
    }
}

/// An actor that runs, and the connection to it.
pub(super) struct Kernel {
    socket: Option<File>,
    thread: JoinHandle<Outcome>,
    pub(super) counters: Arc<Counters>,
    /// That of its module.
    folder: Option<Folder>,
}

/// A folder of a test, which is removed with this.
pub(super) struct Folder(PathBuf);

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A folder with these files.
pub(super) fn folder(files: &[(&str, &str)]) -> Folder {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let number = LAST.fetch_add(1, Ordering::SeqCst);
    let name = format!("lunatik-host-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Folder(folder)
}

/// The settings of an actor.
pub(super) fn settings(module: &str, directory: &Path, entry: &str) -> Settings {
    Settings {
        module: module.into(),
        directory: directory.as_os_str().as_bytes().to_vec(),
        entry: entry.into(),
        single: false,
    }
}

impl Kernel {
    /// Starts an actor with these settings.
    pub(super) fn with_settings(settings: Settings) -> Self {
        let (ours, theirs): (OwnedFd, OwnedFd) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .unwrap();
        // A test that waits for what never comes fails.
        setsockopt(&ours, sockopt::ReceiveTimeout, &TimeVal::new(20, 0)).unwrap();
        let counters = Arc::new(Counters::default());
        let refusal = Errno::EAGAIN as u32;
        counters.refusal.store(refusal, Ordering::SeqCst);
        let shared = counters.clone();
        let thread = thread::spawn(move || {
            let socket = Socket {
                file: File::from(theirs),
                counters: shared,
            };
            let outcome = machine::run(Port::new(Box::new(socket), Vec::new()), &settings);
            // Tests that fail show it.
            let text = outcome.error.as_deref().unwrap_or_default();
            print!("{}", String::from_utf8_lossy(text));
            outcome
        });
        Self {
            socket: Some(File::from(ours)),
            thread,
            counters,
            folder: None,
        }
    }

    /// Starts an actor whose module is this text.
    pub(super) fn start(text: &str) -> Self {
        let folder = folder(&[("main.lua", text)]);
        let mut kernel = Self::with_settings(settings("./main", &folder, ""));
        kernel.folder = Some(folder);
        kernel
    }

    fn write(&self, bytes: &[u8]) {
        let mut socket = self.socket.as_ref().unwrap();
        socket.write_all(bytes).unwrap();
    }

    /// The bytes of a message.
    pub(super) fn message(tokens: &[Token<'_>]) -> Vec<u8> {
        let body = body(tokens);
        let mut bytes = Vec::new();
        let message = ToProcess::Message(Flat::check(&body).unwrap());
        let Ok(()) = message.encode(&mut bytes);
        bytes
    }

    /// Sends a message.
    pub(super) fn send(&self, tokens: &[Token<'_>]) {
        self.write(&Self::message(tokens));
    }

    /// Sends any frames with one write.
    pub(super) fn send_frames(&self, frames: &[Vec<u8>]) {
        self.write(&frames.concat());
    }

    /// Sends a channel over [`GRANT`].
    pub(super) fn grant(&self) {
        self.send(&[actor(GRANT)]);
    }

    /// Sends a frame.
    pub(super) fn tell(&self, frame: &ToProcess<'_>) {
        let mut bytes = Vec::new();
        let Ok(()) = frame.encode(&mut bytes);
        self.write(&bytes);
    }

    /// The next frame of the actor.
    pub(super) fn next(&self) -> Got {
        let mut buffer = vec![0; 1 << 16];
        let mut socket = self.socket.as_ref().unwrap();
        let length = match socket.read(&mut buffer) {
            // The actor has ended without reading all.
            Err(error) if error.raw_os_error() == Some(Errno::ECONNRESET as i32) => 0,
            read => read.expect("the actor has sent nothing"),
        };
        if length == 0 {
            return Got::End;
        }
        let (frame, rest) = split(&buffer[..length]).unwrap().unwrap();
        assert!(rest.is_empty(), "one write is one frame");
        match ToKernel::decode(&frame).unwrap() {
            ToKernel::Message { grant, value } => {
                let (mut reader, mut tokens) = (value.reader(), Vec::new());
                while let Some(token) = reader.token().unwrap() {
                    tokens.push(show(token));
                }
                Got::Message(grant, tokens)
            }
            ToKernel::Close { grant } => Got::Close(grant),
            ToKernel::CloseInbox => Got::CloseInbox,
            ToKernel::Pause => Got::Pause,
            ToKernel::Resume => Got::Resume,
            other => panic!("the actor has sent {other:?}"),
        }
    }

    /// The next frame must be a message to [`GRANT`] of this one value.
    #[track_caller]
    pub(super) fn expect(&self, value: &str) {
        assert_eq!(self.next(), Got::Message(GRANT, vec![value.into()]));
    }

    /// Waits until this is so.
    pub(super) fn wait_for(&self, is_so: impl Fn(&Counters) -> bool) {
        while !is_so(&self.counters) {
            thread::yield_now();
        }
    }

    /// Closes the connection.
    pub(super) fn hang_up(&mut self) {
        self.socket = None;
    }

    /// Waits for the end of the actor, and returns how it has ended.
    pub(super) fn outcome(self) -> (u8, String) {
        let outcome = self.thread.join().unwrap();
        let text = outcome.error.unwrap_or_default();
        (outcome.status, String::from_utf8(text).unwrap())
    }

    /// The actor must end without an error.
    #[track_caller]
    pub(super) fn ends_well(self) {
        assert_eq!(self.outcome(), (0, String::new()));
    }
}
