// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Compiles Lua with the Lua of this command, which is that of the module.

use mlua::{chunk::ChunkMode, Lua};

use crate::excerpt::Place;

/// An error of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The message as Lua gives it: the place, and what is wrong.
    pub message: String,
    /// The place at which the compiler stopped.
    pub place: Place,
}

impl SyntaxError {
    /// The message without the place.
    pub fn reason(&self) -> &str {
        let place = format!(":{}: ", self.line());
        let parts = self.message.split_once(&place);
        parts.map_or(&self.message, |(_, reason)| reason)
    }

    /// The line that Lua names, from 1.
    pub fn line(&self) -> usize {
        line_number(&self.message).unwrap_or(1)
    }
}

/// Compiles `text`, whose chunk has the name `chunk` in Lua's form.
pub fn check(text: &[u8], chunk: &[u8]) -> Result<(), SyntaxError> {
    let lua = Lua::new();
    let Some(message) = compile(&lua, text, chunk) else {
        return Ok(());
    };
    let token = near(&message).and_then(|near| {
        if near == "<eof>" {
            let end = text.trim_ascii_end().len();
            return Some(end..end);
        }
        find_token(&lua, text, chunk, &message, near)
    });
    let place = match token {
        Some(token) => Place::of(text, token),
        None => Place::line(line_number(&message).unwrap_or(1)),
    };
    Err(SyntaxError { message, place })
}

/// The message of the compiler, if it refuses `text`.
fn compile(lua: &Lua, text: &[u8], chunk: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(chunk).into_owned();
    let code = lua.load(text).set_name(name).set_mode(ChunkMode::Text);
    match code.into_function() {
        Ok(_) => None,
        Err(mlua::Error::SyntaxError { message, .. }) => Some(message),
        Err(error) => Some(error.to_string()),
    }
}

/// The token that a message names, without its quotes.
fn near(message: &str) -> Option<&str> {
    let (_, near) = message.rsplit_once(" near ")?;
    let quoted = near
        .strip_prefix('\'')
        .and_then(|near| near.strip_suffix('\''));
    Some(quoted.unwrap_or(near))
}

/// The line in a message of the form `NAME:LINE: …`.
fn line_number(message: &str) -> Option<usize> {
    let mut parts = message.split(':').skip(1);
    parts.find_map(|part| part.parse().ok())
}

/// The place in `text` of the token `near` of `message`.
///
/// Lua reports no column. It reads a text from start to end, so the shortest prefix with the same error ends where the
/// token ends, or a little later.
fn find_token(
    lua: &Lua,
    text: &[u8],
    chunk: &[u8],
    message: &str,
    near: &str,
) -> Option<std::ops::Range<usize>> {
    let same = |length: usize| {
        let part = text.get(..length).unwrap_or(text);
        compile(lua, part, chunk).is_some_and(|its| its == message)
    };
    let (mut too_short, mut enough) = (0, text.len());
    while enough - too_short > 1 {
        let middle = too_short + (enough - too_short) / 2;
        if same(middle) {
            enough = middle;
        } else {
            too_short = middle;
        }
    }
    let near = near.as_bytes();
    let before = text.get(..enough)?;
    let start = (0..=before.len().checked_sub(near.len())?)
        .rev()
        .find(|&start| before[start..].starts_with(near))?;
    Some(start..start + near.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (String, String) {
        let error = check(text.as_bytes(), b"@x.lua").unwrap_err();
        let excerpt = error.place.excerpt(text.as_bytes());
        (error.message, excerpt)
    }

    #[test]
    fn what_compiles_is_no_error() {
        for text in ["", "return 1", "local x <const> = 1", "global y; y = 2"] {
            assert_eq!(check(text.as_bytes(), b"@x.lua"), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_token_is_marked() {
        for (text, message, excerpt) in [
            (
                "local a = 1\nlocal b = = 2\n",
                "x.lua:2: unexpected symbol near '='",
                "    2 | local b = = 2\n      |           ^\n",
            ),
            (
                "x = )",
                "x.lua:1: unexpected symbol near ')'",
                "    1 | x = )\n      |     ^\n",
            ),
            (
                "if x then\n\tfoo bar baz\nend",
                "x.lua:2: syntax error near 'bar'",
                "    2 |  foo bar baz\n      |      ^^^\n",
            ),
            (
                "return 1 +\n\n",
                "x.lua:3: unexpected symbol near <eof>",
                "    1 | return 1 +\n      |           ^\n",
            ),
            (
                "x = 'abc\ny = 1",
                "x.lua:1: unfinished string near ''abc'",
                "    1 | x = 'abc\n      |     ^^^^\n",
            ),
            (
                "x = '\\q'",
                "x.lua:1: invalid escape sequence near ''\\q'",
                "    1 | x = '\\q'\n      |     ^^^\n",
            ),
            (
                "local x <const> = 1\nx = 2",
                "x.lua:2: attempt to assign to const variable 'x'",
                "    2 | x = 2\n",
            ),
            (
                "-- é ü\nlocal é = 1",
                "x.lua:2: <name> expected near '<\\195>'",
                "    2 | local é = 1\n",
            ),
        ] {
            assert_eq!(
                shown(text),
                (message.to_owned(), excerpt.to_owned()),
                "{text}"
            );
        }
    }
}
