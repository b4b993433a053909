// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The sources of scripts' texts.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::surroundings::{folder, Surroundings};
use crate::{
    linux::{
        account::Account,
        c_text::CText,
        file_bytes::FileBytes, //
    },
    lua::{self, State}, //
};

/// The folder in which scripts are looked up by name.
pub(crate) const DIRECTORY: &str = "/lib/modules/lua";

/// The longest script, in bytes.
pub(crate) const MAX_SCRIPT: usize = 16 << 20;

/// The suffix of a script's file, which the script's name may omit.
const SUFFIX: &[u8] = b".lua";

/// The path of the script `given`, with the suffix that its name may omit.
pub(crate) fn path(given: &[u8]) -> Result<CText> {
    let name = given.strip_suffix(SUFFIX).unwrap_or(given);
    CText::of(&[DIRECTORY.as_bytes(), b"/", name, SUFFIX])
}

/// The path of the script `given` exactly as it is named; `None` if that is [`path`].
pub(crate) fn path_as_named(given: &[u8]) -> Result<Option<CText>> {
    if given.ends_with(SUFFIX) {
        return Ok(None);
    }
    CText::of(&[DIRECTORY.as_bytes(), b"/", given]).map(Some)
}

/// Whether `error` says that there is no such file.
pub(crate) fn is_absence(error: Error) -> bool {
    error == ENOENT || error == EISDIR || error == ENOTDIR
}

/// The text of a script, or its location.
pub(crate) enum Program<'a> {
    /// The file with this name in [`DIRECTORY`]. If there is no such file, the file with `.lua`
    /// added to the name.
    Named(&'a [u8]),
    /// The file with this path.
    File(&'a CStr),
    /// A text, with its chunk name for Lua, and its place.
    Text {
        text: &'a [u8],
        chunk: &'a [u8],
        place: Surroundings<'a>,
    },
}

enum Bytes<'a> {
    Given(&'a [u8]),
    OfFile(FileBytes),
}

/// The text of a script, and its chunk name.
pub(crate) struct ScriptText<'a> {
    bytes: Bytes<'a>,
    chunk: CText,
}

impl ScriptText<'static> {
    fn of_file(path: &CStr, account: &Arc<Account>) -> Result<Self> {
        Ok(Self {
            bytes: Bytes::OfFile(FileBytes::read(path, MAX_SCRIPT, account)?),
            chunk: CText::of(&[b"@", path.to_bytes()])?,
        })
    }
}

impl ScriptText<'_> {
    /// Compiles the text and pushes its function. If the text was read from a file, its buffer is
    /// then freed.
    pub(crate) fn load(self, state: State) -> lua::Result<()> {
        let bytes = match &self.bytes {
            Bytes::Given(bytes) => bytes,
            Bytes::OfFile(bytes) => without_first_comment(bytes.as_slice()),
        };
        Ok(state.load(bytes, &self.chunk)?)
    }
}

/// Drops the same start of a file as Lua: a byte order mark, and a first line with `#`. The end of that line
/// stays, so that line numbers are right.
fn without_first_comment(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if !text.starts_with(b"#") {
        return text;
    }
    let end = text.iter().position(|&byte| byte == b'\n');
    text.get(end.unwrap_or(text.len())..).unwrap_or_default()
}

impl Program<'_> {
    /// The text of the script. A text that is read from a file counts against `account` while it
    /// exists.
    ///
    /// Fails with `ENOENT` if there is no such file, or with the error of reading it.
    pub(crate) fn text(&self, account: &Arc<Account>) -> Result<ScriptText<'_>> {
        match *self {
            Self::Text { text, chunk, .. } => Ok(ScriptText {
                bytes: Bytes::Given(text),
                chunk: CText::of(&[chunk])?,
            }),
            Self::Named(given) => {
                if let Some(named) = path_as_named(given)? {
                    match ScriptText::of_file(&named, account) {
                        Err(error) if is_absence(error) => (),
                        result => return result,
                    }
                }
                ScriptText::of_file(&path(given)?, account)
            }
            Self::File(path) => ScriptText::of_file(path, account),
        }
    }

    /// Calls `with` with the place of the script.
    pub(crate) fn with_place<T>(&self, with: impl FnOnce(&Surroundings<'_>) -> T) -> Result<T> {
        match *self {
            Self::Text { place, .. } => Ok(with(&place)),
            Self::Named(given) => {
                let path = path(given)?;
                Ok(with(&Surroundings {
                    directory: folder(path.to_bytes()),
                    script: given,
                }))
            }
            Self::File(path) => Ok(with(&Surroundings {
                directory: folder(path.to_bytes()),
                script: path.to_bytes(),
            })),
        }
    }
}
