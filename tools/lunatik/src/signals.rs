// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Signals that tell a command to end.

use std::{
    io,
    os::{fd::OwnedFd, unix::net::UnixStream},
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
};

use nix::sys::signal::{signal, SigHandler, Signal};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
    low_level::pipe,
};

/// SIGTERM, SIGINT and SIGHUP, which no longer end the process.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The number of the last signal that arrived, or 0.
    received: Arc<AtomicUsize>,
}

impl Ending {
    /// Watches for them from now on. Each one also writes a byte to the pipe whose end this returns, which does not
    /// block. Fails if there is no pipe, or no memory for a handler.
    pub fn watch() -> io::Result<(Self, OwnedFd)> {
        let received = Arc::new(AtomicUsize::new(0));
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        // SAFETY: `SigIgn` is no handler.
        let of_hangup = unsafe { signal(Signal::SIGHUP, SigHandler::SigIgn)? };
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            if signal == SIGHUP && matches!(of_hangup, SigHandler::SigIgn) {
                // nohup ignores it: the command is to outlive its terminal.
                continue;
            }
            // Handlers run in this order: a reader of the byte finds the number.
            flag::register_usize(signal, received.clone(), signal.unsigned_abs() as usize)?;
            pipe::register(signal, write.try_clone()?)?;
        }
        Ok((Self { received }, read.into()))
    }

    /// The last signal that arrived.
    pub fn signal(&self) -> Option<Signal> {
        let number = self.received.load(Ordering::SeqCst);
        i32::try_from(number).ok()?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Read};

    use super::*;

    #[test]
    fn a_signal_writes_a_byte_and_is_told() {
        let (ending, pipe) = Ending::watch().unwrap();
        let mut pipe = File::from(pipe);
        let nothing = pipe.read(&mut [0]).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(ending.signal(), None);
        for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
            nix::sys::signal::raise(signal).unwrap();
            assert_eq!(pipe.read(&mut [0]).unwrap(), 1);
            assert_eq!(ending.signal(), Some(signal));
        }
    }
}
