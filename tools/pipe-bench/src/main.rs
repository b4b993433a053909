// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `pipe-bench SIZE MESSAGES`: what a message of SIZE bytes between two processes over a pipe costs. Prints two numbers:
//! the microseconds of a message and its answer, and those of a message one way.
//!
//! The process starts itself once more as its peer, which does the same reads and writes as a program that does nothing
//! else would.

use std::{
    env,
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, OwnedFd},
    process::{Child, Command, ExitCode, Stdio},
    time::Instant,
};

/// Bytes that the receiver of many messages reads at a time.
const BUFFER: usize = 64 << 10;

/// The longest message. The kernel writes up to so many bytes to a pipe at once.
const MAX_SIZE: usize = 4096;

/// What the second process is for.
#[derive(Clone, Copy)]
enum Role {
    /// It sends each message back.
    Echo,
    /// It answers the last message with one byte.
    Sink,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Sink => "sink",
        }
    }
}

/// The work of one measurement.
#[derive(Clone, Copy)]
struct Work {
    size: usize,
    messages: usize,
}

/// The second process, and the pipes to and from it.
struct Peer {
    child: Child,
    to: File,
    from: File,
}

impl Peer {
    fn start(role: Role, work: Work) -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args([
                role.name(),
                &work.size.to_string(),
                &work.messages.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let no_pipe = || io::Error::other("the second process has no pipes");
        let to: OwnedFd = child.stdin.take().ok_or_else(no_pipe)?.into();
        let from: OwnedFd = child.stdout.take().ok_or_else(no_pipe)?.into();
        Ok(Self {
            child,
            to: to.into(),
            from: from.into(),
        })
    }

    /// Waits until it has ended.
    fn end(mut self) -> io::Result<()> {
        drop((self.to, self.from));
        match self.child.wait()?.success() {
            true => Ok(()),
            false => Err(io::Error::other("the second process has failed")),
        }
    }
}

/// Microseconds for each message.
fn per_message(begun: Instant, work: Work) -> f64 {
    begun.elapsed().as_secs_f64() * 1e6 / work.messages as f64
}

/// The microseconds of a message and its answer.
fn round_trip(work: Work) -> io::Result<f64> {
    let mut peer = Peer::start(Role::Echo, work)?;
    let mut message = vec![0; work.size];
    let mut exchange = |byte| {
        message.fill(byte);
        peer.to.write_all(&message)?;
        peer.from.read_exact(&mut message)?;
        match message.iter().all(|&answered| answered == byte) {
            true => Ok(()),
            false => Err(io::Error::other("an answer is wrong")),
        }
    };
    // The other process has begun when it has answered.
    exchange(0)?;
    let begun = Instant::now();
    for number in 0..work.messages {
        // CAST: any byte will do.
        exchange(number as u8)?;
    }
    let time = per_message(begun, work);
    peer.end()?;
    Ok(time)
}

/// The microseconds of a message one way, until the last one was received.
fn one_way(work: Work) -> io::Result<f64> {
    let mut peer = Peer::start(Role::Sink, work)?;
    let mut answer = [0];
    peer.from.read_exact(&mut answer)?;
    let message = vec![0; work.size];
    let begun = Instant::now();
    for _ in 0..work.messages {
        peer.to.write_all(&message)?;
    }
    peer.from.read_exact(&mut answer)?;
    let time = per_message(begun, work);
    peer.end()?;
    Ok(time)
}

/// The second process, which sends each message back until there are no more.
fn echo(mut input: File, mut output: File, work: Work) -> io::Result<()> {
    let mut message = vec![0; work.size];
    loop {
        match input.read_exact(&mut message) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        output.write_all(&message)?;
    }
}

/// The second process, which says that it has begun, and that it has received all messages.
fn sink(mut input: File, mut output: File, work: Work) -> io::Result<()> {
    output.write_all(&[0])?;
    let mut buffer = vec![0; BUFFER];
    let mut left = work.size.saturating_mul(work.messages);
    while left > 0 {
        match input.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => left = left.saturating_sub(length),
        }
    }
    output.write_all(&[0])
}

/// The standard streams without the buffers of the library.
fn streams() -> io::Result<(File, File)> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    Ok((input.into(), output.into()))
}

fn parse(size: &str, messages: &str) -> Option<Work> {
    let work = Work {
        size: size.parse().ok()?,
        messages: messages.parse().ok()?,
    };
    (work.messages > 0 && (1..=MAX_SIZE).contains(&work.size)).then_some(work)
}

/// Does what the command line says; `None` if it says nothing of use.
fn run(words: &[String]) -> Option<io::Result<()>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Some(match words[..] {
        ["echo", size, messages] => {
            let work = parse(size, messages)?;
            streams().and_then(|(input, output)| echo(input, output, work))
        }
        ["sink", size, messages] => {
            let work = parse(size, messages)?;
            streams().and_then(|(input, output)| sink(input, output, work))
        }
        [size, messages] => {
            let work = parse(size, messages)?;
            round_trip(work).and_then(|both| {
                let one = one_way(work)?;
                writeln!(io::stdout(), "{both:.3} {one:.3}")
            })
        }
        _ => return None,
    })
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match run(&words) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("pipe-bench: {error}");
            ExitCode::FAILURE
        }
        None => {
            eprintln!("usage: pipe-bench SIZE MESSAGES (SIZE from 1 to {MAX_SIZE} bytes)");
            ExitCode::from(2)
        }
    }
}
