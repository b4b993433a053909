// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A session: requests and their replies.

use std::io;

use lunatik_abi::abi::{split_frame, AbiError, FrameError, Outcome, Reply, Request, VERSION};

use crate::{
    channel::{Channel, Event},
    failure::{Exit, Failure},
    script::too_long,
    value::{Results, Value},
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
    Values(Results),
    /// The text continues on another line.
    Incomplete,
}

impl Answer {
    /// The results; none for an incomplete text.
    pub fn into_results(self) -> Results {
        match self {
            Self::Values(results) => results,
            Self::Incomplete => Results::default(),
        }
    }

    /// As [`Answer::into_results`], for requests whose results are not tables.
    pub fn into_values(self) -> Vec<Value> {
        self.into_results().values
    }
}

/// How a request has ended.
pub type Ended = Result<Answer, Failure>;

/// Takes the replies that come before the last one.
pub type OnReply<'h> = &'h mut dyn FnMut(&Reply<'_>) -> Result<(), Failure>;

/// Takes the answer to the request with this index.
type OnAnswer<'h> = &'h mut dyn FnMut(usize, Ended);

/// The number of requests that are sent at once. The kernel accepts twice as many.
const AT_ONCE: usize = 32;

/// A session with the kernel.
#[derive(Debug)]
pub struct Session {
    channel: Channel,
    last_request: u32,
    versions: Versions,
    abandoned: bool,
    keeps_interrupts: bool,
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
            keeps_interrupts: false,
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

    /// From now on, a Ctrl-C that was pressed while there was no request applies to the next one.
    pub fn keep_interrupts(&mut self) {
        self.keeps_interrupts = true;
    }

    /// Sends a request, and waits for the answer. The first Ctrl-C cancels the request, the second
    /// ends the wait.
    pub fn request(
        &mut self,
        request: &Request<'_>,
        on_reply: OnReply<'_>,
    ) -> Result<Answer, Failure> {
        let mut answer = None;
        let requests = core::slice::from_ref(request);
        self.exchange(requests, None, on_reply, &mut |_, its| answer = Some(its))?;
        answer.unwrap_or_else(|| Err(Failure::new(Exit::NoDevice, "the kernel sent no answer")))
    }

    /// As [`Session::request`], but the first Ctrl-C cancels nothing: it sends the request `last`. This then returns
    /// when both have their answers. With `at_once`, there was a Ctrl-C already. Returns the answer to `last`, if it
    /// was sent.
    pub fn request_until(
        &mut self,
        request: &Request<'_>,
        last: &Request<'_>,
        at_once: bool,
        on_reply: OnReply<'_>,
    ) -> Result<(Ended, Option<Ended>), Failure> {
        if at_once {
            // That one has its effect here.
            self.channel.forget_interrupts()?;
        }
        let both = [*request, *last];
        let count = if at_once { 2 } else { 1 };
        let mut answers = [None, None];
        self.exchange(&both[..count], Some(last), on_reply, &mut |index, its| {
            if let Some(answer) = answers.get_mut(index) {
                *answer = Some(its);
            }
        })?;
        let [answer, of_last] = answers;
        let answer = answer
            .unwrap_or_else(|| Err(Failure::new(Exit::NoDevice, "the kernel sent no answer")));
        Ok((answer, of_last))
    }

    /// As [`Session::request`] for several requests, which the kernel works on at the same time. The answers are in
    /// the order of the requests.
    pub fn requests(
        &mut self,
        requests: &[Request<'_>],
    ) -> Result<Vec<Result<Answer, Failure>>, Failure> {
        let mut answers = Vec::new();
        for some in requests.chunks(AT_ONCE) {
            let mut theirs = vec![None; some.len()];
            self.exchange(some, None, &mut ignore, &mut |index, its| {
                theirs[index] = Some(its);
            })?;
            answers.extend(theirs.into_iter().flatten());
        }
        Ok(answers)
    }

    /// Sends requests, and waits until each has its answer, which `on_answer` gets with the request's index. The first
    /// Ctrl-C cancels them, or sends `last` instead, as one more request, unless that is among them.
    fn exchange(
        &mut self,
        requests: &[Request<'_>],
        last: Option<&Request<'_>>,
        on_reply: OnReply<'_>,
        on_answer: OnAnswer<'_>,
    ) -> Result<(), Failure> {
        if !self.keeps_interrupts {
            self.channel.forget_interrupts()?;
        }
        let mut waiting = Vec::new();
        for request in requests {
            waiting.push(Some(self.send(request)?));
        }
        let mut interrupted = last.is_some() && requests.len() > 1;
        loop {
            self.take_replies(&mut waiting, on_reply, on_answer)?;
            if waiting.iter().all(Option::is_none) {
                return Ok(());
            }
            match self.channel.wait()? {
                Event::Progress => {}
                Event::Interrupt if interrupted => {
                    self.abandoned = true;
                    return Err(Failure::new(Exit::Interrupted, "interrupted"));
                }
                Event::Interrupt => {
                    interrupted = true;
                    if let Some(last) = last {
                        waiting.push(Some(self.send(last)?));
                        // The next Ctrl-C may have come already.
                        self.channel.write()?;
                        continue;
                    }
                    for &request in waiting.iter().flatten() {
                        self.send(&Request::Cancel { request })?;
                    }
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

    /// Handles the replies that have arrived to requests with the numbers `waiting`. A request that has its answer
    /// waits no longer. Fails if the session fails.
    fn take_replies(
        &mut self,
        waiting: &mut [Option<u32>],
        on_reply: OnReply<'_>,
        on_answer: OnAnswer<'_>,
    ) -> Result<(), Failure> {
        let mut taken = 0;
        while let Some(frame) = split_frame(&self.channel.incoming[taken..]).map_err(malformed)? {
            taken += frame.header.frame_length();
            let number = Some(frame.header.request);
            let Some(index) = waiting.iter().position(|waits| *waits == number) else {
                // A reply to an earlier request that nobody waits for any more.
                continue;
            };
            match Reply::decode(&frame).map_err(malformed)? {
                Reply::Done(outcome) => {
                    waiting[index] = None;
                    on_answer(index, answer_of(outcome)?);
                }
                reply => on_reply(&reply)?,
            }
        }
        self.channel.incoming.drain(..taken);
        Ok(())
    }
}

/// Ignores replies.
pub fn ignore(_: &Reply<'_>) -> Result<(), Failure> {
    Ok(())
}

/// The outer result fails if the reply makes no sense, the inner one if the request has failed.
fn answer_of(outcome: Outcome<'_>) -> Result<Result<Answer, Failure>, Failure> {
    Ok(match outcome {
        Outcome::Success { values, texts } => Ok(Answer::Values(
            Results::new(&values, &texts).map_err(|error| malformed(error.into()))?,
        )),
        Outcome::Incomplete => Ok(Answer::Incomplete),
        Outcome::Failure(failure) => Err(failure.into()),
    })
}

fn malformed(error: AbiError) -> Failure {
    Failure::new(
        Exit::NoDevice,
        format!("the kernel's reply makes no sense ({error}); are the module and this command of the same version?"),
    )
}
