// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A session: requests and their replies.

use std::io;

use lunatik_abi::abi::{split_frame, AbiError, FrameError, Outcome, Reply, Request, VERSION};

use crate::{
    channel::{Channel, Event},
    failure::{Exit, Failure},
    script::too_long,
    value::{values, Value},
};

/// The versions that the kernel side reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// The protocol.
    pub protocol: i64,
    /// The module, by name and number.
    pub module: String,
    /// Lua, by name and number.
    pub lua: String,
}

/// The outcome of a request that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It has these results.
    Values(Vec<Value>),
    /// The text continues on another line.
    Incomplete,
}

impl Answer {
    /// The results; none for an incomplete text.
    pub fn into_values(self) -> Vec<Value> {
        match self {
            Self::Values(values) => values,
            Self::Incomplete => Vec::new(),
        }
    }
}

/// Takes the replies that come before the last one.
pub type OnReply<'h> = &'h mut dyn FnMut(&Reply<'_>) -> Result<(), Failure>;

/// A session with the kernel.
#[derive(Debug)]
pub struct Session {
    channel: Channel,
    last_request: u32,
    versions: Versions,
    abandoned: bool,
}

impl Session {
    /// Opens the device and sends Hello.
    pub fn open() -> Result<Self, Failure> {
        Self::new(Channel::open()?)
    }

    /// Sends Hello through `channel`.
    pub fn new(channel: Channel) -> Result<Self, Failure> {
        let mut session = Self {
            channel,
            last_request: 0,
            versions: Versions::default(),
            abandoned: false,
        };
        let client = concat!("lunatik ", env!("CARGO_PKG_VERSION")).as_bytes();
        let hello = Request::Hello {
            version: VERSION,
            client,
        };
        let results = session.request(&hello, &mut ignore)?.into_values();
        let mut results = results.into_iter();
        let mut text = |missing: &str| match results.next() {
            Some(value) => String::from_utf8_lossy(&value.text()).into_owned(),
            None => missing.to_owned(),
        };
        session.versions = Versions {
            protocol: text("0").parse().unwrap_or(0),
            module: text("lunatik"),
            lua: text("Lua"),
        };
        if session.versions.protocol != i64::from(VERSION) {
            let Versions {
                protocol, module, ..
            } = &session.versions;
            return Err(Failure::new(
                Exit::NoDevice,
                format!(
                    "the module ({module}) speaks version {protocol} of the protocol and this command \
                     version {VERSION}: install both from the same release"
                ),
            ));
        }
        Ok(session)
    }

    /// The versions that the kernel side has reported.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Whether the user did not wait for an answer. Then the session cannot be used any more.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// Sends a request, and waits for the answer. The first Ctrl-C cancels the request, the second
    /// ends the wait.
    pub fn request(
        &mut self,
        request: &Request<'_>,
        on_reply: OnReply<'_>,
    ) -> Result<Answer, Failure> {
        self.channel.forget_interrupts()?;
        let number = self.send(request)?;
        let mut cancelled = false;
        loop {
            if let Some(answer) = self.take_replies(number, on_reply)? {
                return answer;
            }
            match self.channel.wait()? {
                Event::Progress => {}
                Event::Interrupt if cancelled => {
                    self.abandoned = true;
                    return Err(Failure::new(Exit::Interrupted, "interrupted"));
                }
                Event::Interrupt => {
                    cancelled = true;
                    self.send(&Request::Cancel { request: number })?;
                }
                Event::Closed => {
                    let message = if self.channel.incoming.is_empty() {
                        "the kernel closed the session; was the module removed?"
                    } else {
                        "the kernel closed the session within a reply"
                    };
                    return Err(Failure::new(Exit::NoDevice, message));
                }
            }
        }
    }

    fn send(&mut self, request: &Request<'_>) -> Result<u32, Failure> {
        self.last_request = self.last_request.wrapping_add(1);
        let mut frame = Vec::new();
        match request.encode(self.last_request, &mut frame) {
            Ok(()) => {}
            Err(FrameError::TooLong) => return Err(too_long("the request")),
            Err(FrameError::Shape(error)) => return Err(io::Error::other(error.text()).into()),
            Err(FrameError::Sink(never)) => match never {},
        }
        self.channel.send(&frame);
        Ok(self.last_request)
    }

    /// Handles the replies that have arrived. The outer result fails if the session fails, the
    /// inner one if the request does.
    fn take_replies(
        &mut self,
        number: u32,
        on_reply: OnReply<'_>,
    ) -> Result<Option<Result<Answer, Failure>>, Failure> {
        let mut taken = 0;
        let mut answer = None;
        while answer.is_none() {
            let Some(frame) = split_frame(&self.channel.incoming[taken..]).map_err(malformed)?
            else {
                break;
            };
            taken += frame.header.frame_length();
            // A reply to an earlier request that nobody waits for any more.
            if frame.header.request != number {
                continue;
            }
            match Reply::decode(&frame).map_err(malformed)? {
                Reply::Done(outcome) => answer = Some(answer_of(outcome)),
                reply => on_reply(&reply)?,
            }
        }
        self.channel.incoming.drain(..taken);
        Ok(answer)
    }
}

/// Ignores replies.
pub fn ignore(_: &Reply<'_>) -> Result<(), Failure> {
    Ok(())
}

fn answer_of(outcome: Outcome<'_>) -> Result<Answer, Failure> {
    match outcome {
        Outcome::Success { values: message } => values(&message)
            .map(Answer::Values)
            .map_err(|error| malformed(error.into())),
        Outcome::Incomplete => Ok(Answer::Incomplete),
        Outcome::Failure(failure) => Err(failure.into()),
    }
}

fn malformed(error: AbiError) -> Failure {
    Failure::new(
        Exit::NoDevice,
        format!("the kernel's reply makes no sense ({error}); are the module and this command of the same version?"),
    )
}
