// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Requests of clients.

use super::{
    budget::Budget,
    context::Context,
    error::AbiError,
    fields::{require, write_frame, Body, FieldWriter, FrameError},
    found::Found,
    header::Frame,
    permissions::Permissions,
    profile::Profile,
};
use crate::codec::{EncodeError, Message, Sink};

/// The kinds of requests, as the header carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum RequestKind {
    /// [`Request::Hello`].
    Hello = 0x01,
    /// [`Request::Run`].
    Run = 0x02,
    /// [`Request::Spawn`].
    Spawn = 0x03,
    /// [`Request::Eval`].
    Eval = 0x04,
    /// [`Request::Repl`].
    Repl = 0x05,
    /// [`Request::Complete`].
    Complete = 0x06,
    /// [`Request::Stop`].
    Stop = 0x07,
    /// [`Request::List`].
    List = 0x08,
    /// [`Request::Status`].
    Status = 0x09,
    /// [`Request::Shutdown`].
    Shutdown = 0x0a,
    /// [`Request::Logs`].
    Logs = 0x0b,
    /// [`Request::Cancel`].
    Cancel = 0x0c,
    /// [`Request::Attach`].
    Attach = 0x0d,
    /// [`Request::Release`].
    Release = 0x0e,
    /// [`Request::Profile`].
    Profile = 0x0f,
    /// [`Request::Totals`].
    Totals = 0x10,
}

impl RequestKind {
    /// The kind with this number.
    pub const fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0x01 => Self::Hello,
            0x02 => Self::Run,
            0x03 => Self::Spawn,
            0x04 => Self::Eval,
            0x05 => Self::Repl,
            0x06 => Self::Complete,
            0x07 => Self::Stop,
            0x08 => Self::List,
            0x09 => Self::Status,
            0x0a => Self::Shutdown,
            0x0b => Self::Logs,
            0x0c => Self::Cancel,
            0x0d => Self::Attach,
            0x0e => Self::Release,
            0x0f => Self::Profile,
            0x10 => Self::Totals,
            _ => return None,
        })
    }

    /// The number in the header.
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// The fields of a client's streams.
const STREAMS: [&str; 3] = ["stdin", "stdout", "stderr"];

/// The source of a script's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// The kernel looks up the name under `/lib/modules/lua`.
    Registered {
        /// The name as given; [`script_name`](super::script_name) accepts it.
        script: &'a [u8],
    },
    /// The client sends the text.
    Text {
        /// The text.
        text: &'a [u8],
        /// The chunk name, which messages and tracebacks show, in Lua's form: `@./x.lua` or
        /// `=stdin`.
        chunk: &'a [u8],
        /// The absolute path of the folder in which `require` looks first; empty if there is none.
        directory: &'a [u8],
    },
}

/// A script to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start<'a> {
    /// The name to register the script under, as given; [`script_name`](super::script_name) accepts
    /// it. Without it, a registered source gives its own name.
    pub name: Option<&'a [u8]>,
    /// The source of its text.
    pub source: Source<'a>,
    /// The context in which its code runs once it is loaded; for [`Request::Eval`] always
    /// [`Context::Process`].
    pub context: Context,
    /// Whether there is to be a runtime for each CPU; not for [`Request::Eval`].
    pub percpu: bool,
    /// The grace in milliseconds of a running script with the same name, which is stopped first;
    /// not for [`Request::Eval`]. With `None`, the request fails if such a script runs.
    pub replace: Option<u32>,
    /// The most memory it may use, in bytes; 0 is the default.
    pub memory_limit: u64,
    /// The permissions of the script, which may do nothing else; `None` permits everything.
    pub permissions: Option<Permissions<'a>>,
    /// The CPU time it may use.
    pub budget: Budget,
    /// The arguments of the chunk, its `...`.
    pub arguments: Message<'a>,
    /// The descriptors of the client's standard input, output and error, which user-space actors can share while
    /// the request is unanswered. They are those of the process that writes the frame.
    pub streams: [Option<u32>; 3],
}

/// Requests of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// Opens the session. The results are the kernel's version of the protocol (an integer), the
    /// name and version of the module, and the name and version of Lua (strings).
    Hello {
        /// The client's version of the protocol.
        version: u32,
        /// The client's name and version, for people.
        client: &'a [u8],
    },
    /// Runs a script, which then stays while something can call it. Its output is relayed until its
    /// chunk has returned. The results are those of the chunk.
    Run(Start<'a>),
    /// Runs a script whose chunk returns a function, and runs the function in a thread of its own.
    /// The request is done when the thread has started.
    Spawn(Start<'a>),
    /// Runs a chunk in a runtime that is made for it and ends after it. The results are those of
    /// the chunk.
    Eval(Start<'a>),
    /// Runs a chunk in the session's own runtime, which the first such request makes. The answer is
    /// [`Outcome::Incomplete`](super::Outcome::Incomplete) if the text ends too soon. A single
    /// expression gives its values, as in the `lua` command.
    Repl {
        /// The text.
        text: &'a [u8],
        /// As in [`Start`]. They apply only if this request makes the runtime.
        permissions: Option<Permissions<'a>>,
        /// The CPU time that the runtime may use, if this request makes it.
        budget: Budget,
    },
    /// Asks for the names that could complete an expression, in the session's own runtime. The
    /// results are sorted strings that could replace `prefix`, at most
    /// [`MAX_COMPLETIONS`](super::MAX_COMPLETIONS).
    Complete {
        /// The incomplete expression: `str`, `string.fo`, `a.b:c`.
        prefix: &'a [u8],
        /// As in [`Start`]. They apply only if this request makes the runtime.
        permissions: Option<Permissions<'a>>,
        /// As in [`Request::Repl`].
        budget: Budget,
    },
    /// Stops a script, or one worker, service or actor.
    Stop {
        /// The name of the script, as given; [`runtime_name`](super::runtime_name) accepts it. If
        /// there is no such script, the name or number of a worker, service or actor.
        name: &'a [u8],
        /// How long the script may take to end by itself. Without it, the kernel's default applies.
        grace_ms: Option<u32>,
    },
    /// Asks for the names of the running scripts: [`Reply::Names`](super::Reply::Names).
    List,
    /// Asks about one runtime or all: [`Reply::Status`](super::Reply::Status).
    Status {
        /// The name of the script; without it, all scripts.
        name: Option<&'a [u8]>,
        /// Whether to forget the scripts that have ended, instead of reporting them.
        clear: bool,
    },
    /// Stops all scripts. The request is done when they are gone.
    Shutdown,
    /// Asks for the log of a script: [`Reply::Log`](super::Reply::Log).
    Logs {
        /// The name of the script, as given; [`script_name`](super::script_name) accepts it.
        name: &'a [u8],
        /// Whether to follow the log until the request is cancelled or the script has ended.
        follow: bool,
    },
    /// Interrupts an unanswered request of this session, which is then answered with an error of
    /// [`Origin::Cancelled`](super::Origin::Cancelled). If no unanswered request has that number,
    /// this does nothing. Only this request has no answer of its own, so that a client can send it
    /// even if unread replies pile up.
    Cancel {
        /// The number of that request.
        request: u32,
    },
    /// Makes the calling process that of a user-space actor, if the kernel has started it for that. The file speaks
    /// the [other protocol](crate::wire) from then on, and this has no answer. Fails with `EPERM` otherwise.
    Attach {
        /// The token that the process was started with.
        token: &'a [u8],
    },
    /// Has the user-space actors that their scripts have detached give the device up. The request is done when they
    /// have. The result is how many others have it open (an integer).
    Release,
    /// Samples a script: [`Reply::Stack`](super::Reply::Stack). The results are numbers about the profile, each after
    /// its name. Cancelling it ends it early: it is then answered as if its time were over.
    Profile(Profile<'a>),
    /// Asks for counters of the module. The results are numbers, each after its name.
    Totals,
}

impl<'a> Request<'a> {
    /// The kind of this request, for the header.
    pub const fn kind(&self) -> RequestKind {
        match self {
            Self::Hello { .. } => RequestKind::Hello,
            Self::Run(_) => RequestKind::Run,
            Self::Spawn(_) => RequestKind::Spawn,
            Self::Eval(_) => RequestKind::Eval,
            Self::Repl { .. } => RequestKind::Repl,
            Self::Complete { .. } => RequestKind::Complete,
            Self::Stop { .. } => RequestKind::Stop,
            Self::List => RequestKind::List,
            Self::Status { .. } => RequestKind::Status,
            Self::Shutdown => RequestKind::Shutdown,
            Self::Logs { .. } => RequestKind::Logs,
            Self::Cancel { .. } => RequestKind::Cancel,
            Self::Attach { .. } => RequestKind::Attach,
            Self::Release => RequestKind::Release,
            Self::Profile(_) => RequestKind::Profile,
            Self::Totals => RequestKind::Totals,
        }
    }

    /// Writes the frame of this request, with number `request`.
    pub fn encode<S: Sink>(&self, request: u32, sink: S) -> Result<(), FrameError<S::Error>> {
        write_frame(self.kind().number(), request, self, sink)
    }

    /// Reads a request, which borrows all its bytes from the frame.
    pub fn decode(frame: &Frame<'a>) -> Result<Self, AbiError> {
        frame.header.check_flags()?;
        let kind = RequestKind::from_number(frame.header.kind)
            .ok_or(AbiError::UnknownKind(frame.header.kind))?;
        let found = Found::read(frame.body)?;
        found.check(kind)?;
        Ok(match kind {
            RequestKind::Hello => Self::Hello {
                version: require(found.version, "version")?,
                client: found.client.unwrap_or_default(),
            },
            RequestKind::Run => Self::Run(found.start()?),
            RequestKind::Spawn => Self::Spawn(found.start()?),
            RequestKind::Eval => Self::Eval(found.start()?),
            RequestKind::Repl => Self::Repl {
                text: require(found.text, "text")?,
                permissions: found.permissions,
                budget: found.budget(),
            },
            RequestKind::Complete => Self::Complete {
                prefix: require(found.prefix, "prefix")?,
                permissions: found.permissions,
                budget: found.budget(),
            },
            RequestKind::Stop => Self::Stop {
                name: require(found.name, "name")?,
                grace_ms: found.grace_ms,
            },
            RequestKind::List => Self::List,
            RequestKind::Status => Self::Status {
                name: found.name,
                clear: found.clear.unwrap_or(false),
            },
            RequestKind::Shutdown => Self::Shutdown,
            RequestKind::Logs => Self::Logs {
                name: require(found.name, "name")?,
                follow: found.follow.unwrap_or(false),
            },
            RequestKind::Cancel => Self::Cancel {
                request: require(found.request, "request")?,
            },
            RequestKind::Attach => Self::Attach {
                token: require(found.token, "token")?,
            },
            RequestKind::Release => Self::Release,
            RequestKind::Profile => Self::Profile(found.profile()?),
            RequestKind::Totals => Self::Totals,
        })
    }
}

impl Body for Request<'_> {
    fn write<S: Sink>(&self, fields: &mut FieldWriter<S>) -> Result<(), EncodeError<S::Error>> {
        match *self {
            Self::Hello { version, client } => {
                fields.number("version", version)?;
                fields.bytes_unless_empty("client", client)
            }
            Self::Run(ref start) | Self::Spawn(ref start) | Self::Eval(ref start) => {
                start.write(fields)
            }
            Self::Repl {
                text,
                permissions,
                ref budget,
            } => {
                fields.bytes("text", text)?;
                budget.write(fields)?;
                write_permissions(fields, permissions)
            }
            Self::Complete {
                prefix,
                permissions,
                ref budget,
            } => {
                fields.bytes("prefix", prefix)?;
                budget.write(fields)?;
                write_permissions(fields, permissions)
            }
            Self::Stop { name, grace_ms } => {
                fields.bytes("name", name)?;
                grace_ms.map_or(Ok(()), |grace_ms| fields.number("grace_ms", grace_ms))
            }
            Self::List | Self::Shutdown | Self::Release | Self::Totals => Ok(()),
            Self::Profile(ref profile) => profile.write(fields),
            Self::Attach { token } => fields.bytes("token", token),
            Self::Status { name, clear } => {
                fields.optional_bytes("name", name)?;
                fields.boolean("clear", clear)
            }
            Self::Logs { name, follow } => {
                fields.bytes("name", name)?;
                fields.boolean("follow", follow)
            }
            Self::Cancel { request } => fields.number("request", request),
        }
    }
}

impl Body for Start<'_> {
    fn write<S: Sink>(&self, fields: &mut FieldWriter<S>) -> Result<(), EncodeError<S::Error>> {
        fields.optional_bytes("name", self.name)?;
        match self.source {
            Source::Registered { script } => fields.bytes("script", script)?,
            Source::Text {
                text,
                chunk,
                directory,
            } => {
                fields.bytes("chunk", chunk)?;
                fields.bytes_unless_empty("directory", directory)?;
                fields.bytes("text", text)?;
            }
        }
        if self.context != Context::Process {
            fields.number("context", self.context.number())?;
        }
        if self.percpu {
            fields.boolean("percpu", true)?;
        }
        if let Some(grace_ms) = self.replace {
            fields.number("replace", grace_ms)?;
        }
        if self.memory_limit != 0 {
            fields.number("memory", self.memory_limit)?;
        }
        write_permissions(fields, self.permissions)?;
        self.budget.write(fields)?;
        for (name, stream) in STREAMS.into_iter().zip(self.streams) {
            if let Some(stream) = stream {
                fields.number(name, stream)?;
            }
        }
        fields.bytes_unless_empty("arguments", self.arguments.as_bytes())
    }
}

/// An empty list differs from no list: it permits nothing.
fn write_permissions<S: Sink>(
    fields: &mut FieldWriter<S>,
    permissions: Option<Permissions<'_>>,
) -> Result<(), EncodeError<S::Error>> {
    fields.optional_bytes(
        "permissions",
        permissions.as_ref().map(Permissions::as_bytes),
    )
}
