// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The fields of a request, before the kind of the request is considered.

use super::{
    budget::Budget,
    context::Context,
    error::AbiError,
    fields::{require, set, FieldReader},
    name::{runtime_name, script_name},
    permissions::Permissions,
    profile::{Profile, MAX_PROFILE_HZ, MAX_PROFILE_MS},
    request::{RequestKind, Source, Start},
    MAX_ARGUMENTS, MAX_CHUNK_NAME, MAX_DIRECTORY, MAX_FRAME, MAX_GRACE_MS, MAX_NAME,
};
use crate::codec::Message;

/// The fields of a request that starts a script. See also [`may_stay`].
const START: &[&str] = &[
    "name",
    "script",
    "text",
    "chunk",
    "directory",
    "memory",
    "permissions",
    "cpu_ms",
    "slice_ms",
    "arguments",
    "stdin",
    "stdout",
    "stderr",
];

const fn allowed(kind: RequestKind) -> &'static [&'static str] {
    match kind {
        RequestKind::Hello => &["version", "client"],
        RequestKind::Run | RequestKind::Spawn | RequestKind::Eval => START,
        RequestKind::Repl => &["text", "cpu_ms", "slice_ms", "permissions"],
        RequestKind::Complete => &["prefix", "cpu_ms", "slice_ms", "permissions"],
        RequestKind::Stop => &["name", "grace_ms"],
        RequestKind::List | RequestKind::Shutdown | RequestKind::Release | RequestKind::Totals => {
            &[]
        }
        RequestKind::Profile => &["name", "duration_ms", "hz", "parts"],
        RequestKind::Status => &["name", "clear"],
        RequestKind::Logs => &["name", "follow"],
        RequestKind::Cancel => &["request"],
        RequestKind::Attach => &["token"],
    }
}

/// Whether the script of a request may outlive it. Then the request may have the fields for its
/// context and for the replacement of another script. The runtime of an `eval` has no name, and
/// ends with its chunk, so nothing can call it later.
const fn may_stay(kind: RequestKind) -> bool {
    matches!(kind, RequestKind::Run | RequestKind::Spawn)
}

/// The fields that were found in a request of any kind.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) name: Option<&'a [u8]>,
    pub(super) script: Option<&'a [u8]>,
    pub(super) text: Option<&'a [u8]>,
    pub(super) chunk: Option<&'a [u8]>,
    pub(super) directory: Option<&'a [u8]>,
    pub(super) context: Option<Context>,
    pub(super) percpu: Option<bool>,
    pub(super) replace: Option<u32>,
    pub(super) memory: Option<u64>,
    pub(super) permissions: Option<Permissions<'a>>,
    pub(super) cpu_ms: Option<u64>,
    pub(super) slice_ms: Option<u64>,
    pub(super) arguments: Option<Message<'a>>,
    pub(super) version: Option<u32>,
    pub(super) client: Option<&'a [u8]>,
    pub(super) prefix: Option<&'a [u8]>,
    pub(super) grace_ms: Option<u32>,
    pub(super) clear: Option<bool>,
    pub(super) follow: Option<bool>,
    pub(super) request: Option<u32>,
    pub(super) token: Option<&'a [u8]>,
    pub(super) duration_ms: Option<u32>,
    pub(super) hz: Option<u32>,
    pub(super) parts: Option<bool>,
    pub(super) stdin: Option<u32>,
    pub(super) stdout: Option<u32>,
    pub(super) stderr: Option<u32>,
}

impl<'a> Found<'a> {
    /// Reads the fields of the body of a frame.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, AbiError> {
        const LONGEST: usize = MAX_NAME + b".lua".len();
        let mut found = Self::default();
        let mut fields = FieldReader::new(body)?;
        while let Some((field, value)) = fields.field()? {
            match field {
                b"name" => set(&mut found.name, "name", value.bytes("name", LONGEST)?)?,
                b"script" => set(&mut found.script, "script", value.bytes("script", LONGEST)?)?,
                b"text" => set(&mut found.text, "text", value.bytes("text", MAX_FRAME)?)?,
                b"chunk" => {
                    let chunk = value.bytes("chunk", MAX_CHUNK_NAME)?;
                    set(&mut found.chunk, "chunk", chunk)?;
                }
                b"directory" => {
                    let directory = value.bytes("directory", MAX_DIRECTORY)?;
                    if !directory.starts_with(b"/") {
                        return Err(AbiError::FieldRange("directory"));
                    }
                    set(&mut found.directory, "directory", directory)?;
                }
                b"context" => {
                    let context = Context::of_field(value, "context")?;
                    set(&mut found.context, "context", context)?;
                }
                b"percpu" => set(&mut found.percpu, "percpu", value.boolean("percpu")?)?,
                b"replace" => {
                    let grace = value.number_u32("replace", MAX_GRACE_MS)?;
                    set(&mut found.replace, "replace", grace)?;
                }
                b"memory" => {
                    let limit = value.number("memory", u64::MAX)?;
                    set(&mut found.memory, "memory", limit)?;
                }
                b"permissions" => {
                    let permissions = Permissions::new(value.message("permissions")?)?;
                    set(&mut found.permissions, "permissions", permissions)?;
                }
                b"cpu_ms" => {
                    let limit = value.number("cpu_ms", u64::MAX)?;
                    set(&mut found.cpu_ms, "cpu_ms", limit)?;
                }
                b"slice_ms" => {
                    let limit = value.number("slice_ms", u64::MAX)?;
                    set(&mut found.slice_ms, "slice_ms", limit)?;
                }
                b"arguments" => {
                    let arguments = value.message("arguments")?;
                    if arguments.values() > MAX_ARGUMENTS {
                        return Err(AbiError::FieldRange("arguments"));
                    }
                    set(&mut found.arguments, "arguments", arguments)?;
                }
                b"version" => {
                    let version = value.number_u32("version", u32::MAX)?;
                    set(&mut found.version, "version", version)?;
                }
                b"client" => set(
                    &mut found.client,
                    "client",
                    value.bytes("client", MAX_NAME)?,
                )?,
                b"prefix" => {
                    let prefix = value.bytes("prefix", MAX_CHUNK_NAME)?;
                    set(&mut found.prefix, "prefix", prefix)?;
                }
                b"grace_ms" => {
                    let grace = value.number_u32("grace_ms", MAX_GRACE_MS)?;
                    set(&mut found.grace_ms, "grace_ms", grace)?;
                }
                b"clear" => set(&mut found.clear, "clear", value.boolean("clear")?)?,
                b"follow" => set(&mut found.follow, "follow", value.boolean("follow")?)?,
                b"request" => {
                    let request = value.number_u32("request", u32::MAX)?;
                    set(&mut found.request, "request", request)?;
                }
                b"token" => set(&mut found.token, "token", value.bytes("token", MAX_NAME)?)?,
                b"duration_ms" => {
                    let duration = value.number_u32("duration_ms", MAX_PROFILE_MS)?;
                    set(&mut found.duration_ms, "duration_ms", duration)?;
                }
                b"hz" => {
                    let hz = value.number_u32("hz", MAX_PROFILE_HZ)?;
                    set(&mut found.hz, "hz", hz)?;
                }
                b"parts" => set(&mut found.parts, "parts", value.boolean("parts")?)?,
                b"stdin" => {
                    let stream = value.number_u32("stdin", u32::MAX >> 1)?;
                    set(&mut found.stdin, "stdin", stream)?;
                }
                b"stdout" => {
                    let stream = value.number_u32("stdout", u32::MAX >> 1)?;
                    set(&mut found.stdout, "stdout", stream)?;
                }
                b"stderr" => {
                    let stream = value.number_u32("stderr", u32::MAX >> 1)?;
                    set(&mut found.stderr, "stderr", stream)?;
                }
                _ => return Err(AbiError::UnknownField),
            }
        }
        Ok(found)
    }

    /// Refuses known fields that this kind of request does not have, and names that are not
    /// allowed.
    pub(super) fn check(&self, kind: RequestKind) -> Result<(), AbiError> {
        let present = [
            ("name", self.name.is_some()),
            ("script", self.script.is_some()),
            ("text", self.text.is_some()),
            ("chunk", self.chunk.is_some()),
            ("directory", self.directory.is_some()),
            ("memory", self.memory.is_some()),
            ("permissions", self.permissions.is_some()),
            ("cpu_ms", self.cpu_ms.is_some()),
            ("slice_ms", self.slice_ms.is_some()),
            ("arguments", self.arguments.is_some()),
            ("version", self.version.is_some()),
            ("client", self.client.is_some()),
            ("prefix", self.prefix.is_some()),
            ("grace_ms", self.grace_ms.is_some()),
            ("clear", self.clear.is_some()),
            ("follow", self.follow.is_some()),
            ("request", self.request.is_some()),
            ("token", self.token.is_some()),
            ("duration_ms", self.duration_ms.is_some()),
            ("hz", self.hz.is_some()),
            ("parts", self.parts.is_some()),
            ("stdin", self.stdin.is_some()),
            ("stdout", self.stdout.is_some()),
            ("stderr", self.stderr.is_some()),
        ];
        let allowed = allowed(kind);
        let of_script = self.context.is_some() || self.percpu.is_some() || self.replace.is_some();
        if present
            .iter()
            .any(|(field, present)| *present && !allowed.contains(field))
            || (of_script && !may_stay(kind))
        {
            return Err(AbiError::UnknownField);
        }
        let check = match kind {
            RequestKind::Stop | RequestKind::Status | RequestKind::Profile => runtime_name,
            _ => script_name,
        };
        for name in [self.name, self.script].into_iter().flatten() {
            check(name)?;
        }
        Ok(())
    }

    /// The limits of CPU time.
    pub(super) fn budget(&self) -> Budget {
        Budget {
            cpu_ms: self.cpu_ms.unwrap_or(0),
            slice_ms: self.slice_ms.unwrap_or(0),
        }
    }

    /// A profile.
    pub(super) fn profile(&self) -> Result<Profile<'a>, AbiError> {
        let positive = |number, name| match require(number, name)? {
            0 => Err(AbiError::FieldRange(name)),
            number => Ok(number),
        };
        Ok(Profile {
            name: require(self.name, "name")?,
            duration_ms: positive(self.duration_ms, "duration_ms")?,
            hz: positive(self.hz, "hz")?,
            with_parts: self.parts.unwrap_or(false),
        })
    }

    /// A script to start.
    pub(super) fn start(&self) -> Result<Start<'a>, AbiError> {
        let source = match (self.script, self.text) {
            (Some(_), Some(_)) => return Err(AbiError::Conflict("script", "text")),
            (Some(script), None) => Source::Registered { script },
            (None, text) => Source::Text {
                text: require(text, "text")?,
                chunk: require(self.chunk, "chunk")?,
                directory: self.directory.unwrap_or_default(),
            },
        };
        Ok(Start {
            name: self.name,
            source,
            context: self.context.unwrap_or_default(),
            percpu: self.percpu.unwrap_or(false),
            replace: self.replace,
            memory_limit: self.memory.unwrap_or(0),
            permissions: self.permissions,
            budget: self.budget(),
            arguments: self.arguments.unwrap_or(Message::EMPTY),
            streams: [self.stdin, self.stdout, self.stderr],
        })
    }
}
