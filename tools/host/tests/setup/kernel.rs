// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The kernel's side of the link, over a socket that keeps packets apart.

use std::{
    env,
    fs::File,
    io::Read,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd, RawFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    process::{Child, Command, ExitStatus, Stdio},
};

use lunatik_abi::{
    codec::{Token, Writer},
    wire::{handle, namespace, split, Frame, ToKernel},
};
use nix::{
    errno::Errno,
    fcntl::OFlag,
    poll::{poll, PollFd, PollFlags},
    sys::{
        signal::{sigprocmask, SigSet, SigmaskHow, Signal},
        socket::{
            recv, send, setsockopt, shutdown, socketpair, sockopt::ReceiveTimeout, AddressFamily,
            MsgFlags, Shutdown, SockFlag, SockType,
        },
        time::{TimeVal, TimeValLike},
    },
    unistd::pipe2,
};

use crate::probe;

/// The number of the link in the new process, before it is set up.
pub const LINK: RawFd = 7;

/// The numbers of streams and argument; a descriptor that nobody has asked for comes next.
const FILES: RawFd = 10;
const ARGUMENT: usize = 3;
const STRAY: usize = 4;

/// The kind of the frame that starts a process.
const START: u16 = 1;

/// A stream of the process.
pub enum Given {
    Closed,
    Log,
    File(OwnedFd),
}

/// What the process is told.
pub struct Order<'a> {
    pub module: &'a str,
    pub namespaces: u32,
    pub streams: [Given; 3],
    pub script: Option<&'a str>,
    pub argument: Option<OwnedFd>,
    pub environment: &'a [(&'a str, &'a str)],
    /// Capabilities that the process must not have.
    pub without: &'a [i32],
}

impl<'a> Order<'a> {
    /// One for this module, without anything else.
    pub fn new(module: &'a str) -> Self {
        Self {
            module,
            namespaces: 0,
            streams: [Given::Closed, Given::Closed, Given::Closed],
            script: None,
            argument: None,
            environment: &[],
            without: &[],
        }
    }

    fn body(&self) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        let mut put = |token| writer.token(token).unwrap();
        for text in [self.module, "/scripts", "/scripts/main.lua"] {
            put(Token::String(text.as_bytes()));
        }
        put(Token::Integer(self.namespaces.into()));
        let file = |place: usize| Token::Handle {
            kind: handle::FILE,
            index: FILES as u32 + place as u32,
        };
        for (place, stream) in self.streams.iter().enumerate() {
            put(match stream {
                Given::Closed => Token::Nil,
                Given::Log => Token::String(b"log"),
                Given::File(_) => file(place),
            });
        }
        put(match self.script {
            None => Token::Nil,
            Some(text) => Token::String(text.as_bytes()),
        });
        put(match self.argument {
            None => Token::Nil,
            Some(_) => file(ARGUMENT),
        });
        put(Token::Boolean(true));
        put(Token::TableBegin);
        for (name, value) in self.environment {
            put(Token::String(name.as_bytes()));
            put(Token::String(value.as_bytes()));
        }
        put(Token::TableEnd);
        writer.finish().unwrap()
    }

    /// Starts the process and sends it the order.
    pub fn start(mut self) -> Process {
        let process = self.start_silent();
        process.send(&self);
        process
    }

    /// Starts the process and sends it nothing.
    pub fn start_silent(&mut self) -> Process {
        let (link, end) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .unwrap();
        // A test that waits in vain is to fail.
        setsockopt(&link, ReceiveTimeout, &TimeVal::seconds(20)).unwrap();
        let mut moves = vec![(end.as_raw_fd(), LINK)];
        for (place, stream) in self.streams.iter().enumerate() {
            if let Given::File(file) = stream {
                moves.push((file.as_raw_fd(), FILES + place as RawFd));
            }
        }
        if let Some(file) = &self.argument {
            moves.push((file.as_raw_fd(), FILES + ARGUMENT as RawFd));
        }
        let stray = File::open("/dev/null").unwrap();
        moves.push((stray.as_raw_fd(), FILES + STRAY as RawFd));
        let without = self.without.to_vec();
        let mut command = Command::new(env::current_exe().unwrap());
        command.arg(probe::ARGUMENT).env("LEFTOVER", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null());
        // SAFETY: This program has one thread, so its child may do anything before it executes.
        unsafe { command.pre_exec(move || Ok(prepare(&moves, &without)?)) };
        Process {
            child: command.spawn().unwrap(),
            link,
        }
    }
}

/// In the new process: puts the descriptors at their numbers, and leaves some things as they should not be.
fn prepare(moves: &[(RawFd, RawFd)], without: &[i32]) -> Result<(), Errno> {
    let mut aside = Vec::new();
    for (from, _) in moves {
        // SAFETY: The call takes numbers alone.
        aside.push(Errno::result(unsafe {
            libc::fcntl(*from, libc::F_DUPFD_CLOEXEC, 50)
        })?);
    }
    for (from, (_, to)) in aside.into_iter().zip(moves) {
        // SAFETY: As above. Nothing in this process owns descriptors of these low numbers.
        Errno::result(unsafe { libc::dup2(from, *to) })?;
    }
    for capability in without {
        // SAFETY: The operation takes numbers alone.
        let result = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, *capability, 0, 0, 0) };
        match Errno::result(result) {
            // A user that may not give it up does not have it.
            Ok(_) | Err(Errno::EPERM) => {}
            Err(errno) => return Err(errno),
        }
    }
    let blocked: SigSet = [Signal::SIGUSR1, Signal::SIGTERM].into_iter().collect();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&blocked), None)?;
    // SAFETY: To ignore a signal installs no handler.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    Ok(())
}

/// A process that was started, and the kernel's end of its link.
pub struct Process {
    child: Child,
    link: OwnedFd,
}

impl Process {
    /// Sends it an order.
    pub fn send(&self, order: &Order<'_>) {
        let body = order.body();
        let frame = Frame {
            kind: START,
            number: 0,
            body: &body,
        };
        let mut bytes = Vec::new();
        let _ = frame.encode(&mut bytes);
        send(self.link.as_raw_fd(), &bytes, MsgFlags::empty()).unwrap();
    }

    /// The next packet; empty when all have closed the link.
    pub fn packet(&self) -> Vec<u8> {
        let mut buffer = vec![0; 1 << 16];
        let length = recv(self.link.as_raw_fd(), &mut buffer, MsgFlags::empty())
            .expect("the process has sent nothing");
        buffer.truncate(length);
        buffer
    }

    /// The next packet, which must be text.
    pub fn text(&self) -> String {
        String::from_utf8(self.packet()).unwrap()
    }

    /// The next packet must be a frame.
    fn frame(&self, check: impl FnOnce(ToKernel<'_>) -> Option<u32>) -> u32 {
        let packet = self.packet();
        let (frame, rest) = split(&packet).unwrap().expect("the link was closed");
        assert!(rest.is_empty());
        let frame = ToKernel::decode(&frame).unwrap();
        check(frame).unwrap_or_else(|| panic!("unexpected frame {frame:?}"))
    }

    /// The next packet must say that the process is ready.
    pub fn ready(&self) {
        self.frame(|frame| matches!(frame, ToKernel::Ready).then_some(0));
    }

    /// The next packet must say that the process could not be set up. Returns why.
    pub fn failed(&self) -> Errno {
        let errno = self.frame(|frame| match frame {
            ToKernel::Failed { errno } => Some(errno),
            _ => None,
        });
        Errno::from_raw(errno as i32)
    }

    /// The next packet must hand the link over. Returns the number of the new process.
    pub fn adopted(&self) -> i32 {
        self.frame(|frame| match frame {
            ToKernel::Adopt { pid } => Some(pid),
            _ => None,
        }) as i32
    }

    /// Whether the process is ready; if it lacks rights, the reason to skip a test.
    pub fn ready_or_skipped(&self) -> Result<Option<i32>, String> {
        let mut adopted = None;
        loop {
            let packet = self.packet();
            let (frame, _) = split(&packet).unwrap().expect("the link was closed");
            match ToKernel::decode(&frame).unwrap() {
                ToKernel::Ready => return Ok(adopted),
                ToKernel::Adopt { pid } => adopted = Some(pid as i32),
                ToKernel::Failed { errno } => {
                    let errno = Errno::from_raw(errno as i32);
                    let lacks = [Errno::EPERM, Errno::ENOSPC, Errno::EOPNOTSUPP];
                    assert!(lacks.contains(&errno), "failed: {errno:?}");
                    return Err(format!("namespaces cannot be made here: {errno:?}"));
                }
                frame => panic!("unexpected frame {frame:?}"),
            }
        }
    }

    /// Closes the kernel's end for this direction, or for both.
    pub fn hang_up(&self, how: Shutdown) {
        shutdown(self.link.as_raw_fd(), how).unwrap();
    }

    /// Waits for the end of the process that was started.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After a test that has failed it may still run.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the end of a process that was made on the way: it is a child, too.
pub fn wait_for(pid: i32) -> ExitStatus {
    let mut status = 0;
    // SAFETY: The call writes `status`, and nothing else.
    let found = unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!(found, pid, "{}", Errno::last());
    ExitStatus::from_raw(status)
}

/// A pipe: the end to read, and the end to write.
pub fn pipe() -> (File, OwnedFd) {
    let (read, write) = pipe2(OFlag::O_CLOEXEC).unwrap();
    (read.into(), write)
}

/// These kinds of namespaces, and that of users if this user can make them only so. Fails with a reason to skip a test.
pub fn possible(kinds: u32) -> Result<u32, String> {
    let attempt = |kinds| {
        let mut order = Order::new("exit 0");
        order.namespaces = kinds;
        let mut process = order.start();
        let adopted = process.ready_or_skipped()?;
        process.wait();
        if let Some(pid) = adopted {
            wait_for(pid);
        }
        Ok(kinds)
    };
    attempt(kinds).or_else(|_: String| attempt(kinds | namespace::USER))
}

/// Waits until there is something to read, but not for ever.
pub fn wait_to_read(file: &File) {
    let mut waits = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
    assert_eq!(poll(&mut waits, 20_000_u16), Ok(1), "nothing was written");
}

/// All that is left to read.
pub fn rest(mut file: File) -> String {
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}
