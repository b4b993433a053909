// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Finds mistakes in a script without running it.

use std::{ffi::OsString, ops::Range, path::Path};

use lunatik_abi::spec::{Origin, Spec};
use mlua::Lua;

use crate::{
    cli::{Cli, Command},
    excerpt::Place,
    pledge::Pledges,
    script::LocalScript,
    shebang, syntax,
};

use self::tokens::{Kind, Token};

pub mod modules;
pub mod tokens;

/// A mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// The line, with a mark.
    pub excerpt: String,
}

/// The mistakes in `script`, in the order of its lines. `folder` is the folder of its file.
pub fn check(script: &LocalScript, folder: Option<&Path>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let first_line = String::from_utf8_lossy(&script.first_line);
    findings.extend(first_line_error(&first_line).map(|message| Finding {
        line: 1,
        message,
        excerpt: Place::line(1).excerpt(&script.first_line),
    }));
    let text = &script.text;
    if let Err(error) = syntax::check(text, &script.chunk) {
        findings.push(Finding {
            line: error.line(),
            message: error.reason().to_owned(),
            excerpt: error.place.excerpt(text),
        });
        return findings;
    }
    let found = Calls::new(text).wrong(folder);
    findings.extend(found.into_iter().map(|(range, message)| {
        let place = Place::of(text, range);
        Finding {
            line: place.line,
            message,
            excerpt: place.excerpt(text),
        }
    }));
    findings
}

/// The mistake in the first line of a script that starts this command, if there is one.
fn first_line_error(line: &str) -> Option<String> {
    /// Stands for the script.
    const SCRIPT: &str = "./script";

    let words = match shebang::words(line)? {
        Ok(words) => words,
        Err(error) => return Some(error.to_owned()),
    };
    let program = [OsString::from("lunatik")];
    let command: Vec<_> = program
        .into_iter()
        .chain(words)
        .chain([SCRIPT.into()])
        .collect();
    let error = match Cli::read(&command) {
        Ok(cli) => match cli.command {
            Command::Run(args) | Command::Spawn(args) if args.script.as_os_str() == SCRIPT => {
                let pledges = Pledges::new(&args.pledge.pledges);
                let message = pledges.err()?.message;
                String::from_utf8_lossy(&message).into_owned()
            }
            _ => "'run' or 'spawn' must come first, and options after it".to_owned(),
        },
        Err(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            first.strip_prefix("error: ").unwrap_or(first).to_owned()
        }
    };
    Some(format!("the first line: {error}"))
}

/// The calls in a text that compiles.
struct Calls<'a> {
    tokens: Vec<Token<'a>>,
    /// Reads the strings.
    lua: Lua,
}

impl<'a> Calls<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            tokens: tokens::tokens(text),
            lua: Lua::new(),
        }
    }

    /// The mistakes, with their places.
    fn wrong(&self, folder: Option<&Path>) -> Vec<(Range<usize>, String)> {
        // A script that changes the path or preloads modules can find other modules.
        let searches = self.tokens.iter().any(|token| token.bytes == b"package");
        let mut found = Vec::new();
        for (index, token) in self.tokens.iter().enumerate() {
            match (token.kind, token.bytes) {
                (Kind::Name, b"require") if !searches => self.arguments(index, 1, |value| {
                    modules::missing(&String::from_utf8_lossy(value), folder)
                }),
                (Kind::Name, b"pledge") => self.arguments(index, usize::MAX, |value| {
                    let checked = Spec::check(value, Origin::Script);
                    checked.err().map(|error| error.to_string())
                }),
                _ => continue,
            }
            .into_iter()
            .for_each(|wrong| found.push(wrong));
        }
        found
    }

    /// The mistakes that `check` finds in the first arguments, at most `most`, of a call of the global function whose
    /// name is the token `index`. Only literal strings are checked.
    fn arguments(
        &self,
        index: usize,
        most: usize,
        check: impl Fn(&[u8]) -> Option<String>,
    ) -> Vec<(Range<usize>, String)> {
        let before = index
            .checked_sub(1)
            .and_then(|before| self.tokens.get(before));
        let is_other = before.is_some_and(|token| {
            [&b"."[..], b":", b"function", b"local", b"global"].contains(&token.bytes)
        });
        if is_other {
            return Vec::new();
        }
        let rest = self.tokens.get(index + 1..).unwrap_or_default();
        let strings: Vec<_> = match rest.first() {
            Some(only) if only.kind == Kind::String => vec![only],
            Some(open) if open.bytes == b"(" => {
                let pairs = rest[1..].chunks_exact(2);
                let known = pairs.map_while(|pair| {
                    let ends = [&b","[..], b")"].contains(&pair[1].bytes);
                    (pair[0].kind == Kind::String && ends).then_some((&pair[0], pair[1].bytes))
                });
                let mut strings = Vec::new();
                for (string, end) in known {
                    strings.push(string);
                    if end == b")" {
                        break;
                    }
                }
                strings
            }
            _ => Vec::new(),
        };
        let checked = strings.into_iter().take(most).filter_map(|token| {
            let place = token.start..token.start + token.bytes.len();
            Some((place, check(&self.value(token)?)?))
        });
        checked.collect()
    }

    /// The bytes that a string in the text stands for.
    fn value(&self, string: &Token<'_>) -> Option<Vec<u8>> {
        let code = [b"return ", string.bytes].concat();
        let value: mlua::LuaString = self.lua.load(code).eval().ok()?;
        Some(value.as_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(first_line: &str, text: &str) -> Vec<(usize, String)> {
        let script = LocalScript {
            name: b"x".to_vec(),
            chunk: b"@x.lua".to_vec(),
            first_line: first_line.into(),
            text: text.into(),
            directory: Vec::new(),
        };
        let findings = check(&script, None);
        findings
            .into_iter()
            .map(|found| (found.line, found.message))
            .collect()
    }

    fn is_fine(text: &str) {
        assert_eq!(found("", text), [], "{text}");
    }

    #[test]
    fn errors_of_syntax_are_found() {
        assert_eq!(
            found("", "x = 1\nif x ten"),
            [(2, "'then' expected near 'ten'".to_owned())]
        );
    }

    #[test]
    fn modules_that_are_nowhere_are_found() {
        for text in [
            "require 'no.such'",
            "local x = require(\"no.such\")",
            "x(require [[no.such]])",
            "return (require('no\\46such'))",
        ] {
            let [(1, told)] = &found("", text)[..] else {
                panic!("{text}")
            };
            assert!(told.starts_with("module 'no.such' not found"), "{told}");
        }
        let two = found("", "require 'a'\n\nrequire 'b'");
        assert_eq!([two[0].0, two[1].0], [1, 3]);
    }

    #[test]
    fn what_cannot_be_known_is_not_found() {
        for text in [
            "require('linux') require 'lunatik.runner' require('string')",
            "require('no' .. 'such')",
            "require(name)",
            "x.require('no')",
            "x:require('no')",
            "local function require(x) end",
            "-- require 'no'",
            "print(\"require 'no'\")",
            "pcall(require, 'no')",
            "package.path = '/opt/?.lua' require 'no'",
            "package.preload.no = f require 'no'",
        ] {
            is_fine(text);
        }
    }

    #[test]
    fn wrong_pledges_are_found() {
        assert_eq!(
            found(
                "",
                "pledge('load',\n'nosuch', \"fs:steal\")\npledge 'fs:read='"
            ),
            [
                (2, "unknown permission: 'nosuch'".to_owned()),
                (2, "unknown fs subpermission: 'steal'".to_owned()),
                (3, "permission value is empty: 'fs:read='".to_owned()),
            ]
        );
        is_fine(
            "pledge('load', '~fs:write', 'seal') pledge(name) pledge('no' .. x) x.pledge('no')",
        );
    }

    #[test]
    fn wrong_options_of_the_first_line_are_found() {
        for (line, part) in [
            ("#!/usr/bin/lunatik", "unrecognized subcommand"),
            ("#!/usr/bin/lunatik run -c softrq", "invalid value 'softrq'"),
            (
                "#!/usr/bin/lunatik run --frob",
                "unexpected argument '--frob'",
            ),
            ("#!/usr/bin/lunatik run --name", "required"),
            (
                "#!/usr/bin/lunatik eval",
                "'run' or 'spawn' must come first",
            ),
            (
                "#!/usr/bin/lunatik run other.lua",
                "'run' or 'spawn' must come first",
            ),
            (
                "#!/usr/bin/lunatik run -P nosuch",
                "unknown permission: 'nosuch'",
            ),
            ("#!/usr/bin/env lunatik run", "env -S"),
        ] {
            let told = found(line, "\nreturn 1");
            let [(1, told)] = &told[..] else {
                panic!("{line}: {told:?}")
            };
            assert!(told.contains(part), "{line}: {told}");
        }
        for line in [
            "#!/usr/bin/lunatik run -c softirq -p",
            "#!/usr/bin/env -S lunatik spawn --mem 1M -P load",
            "#!/usr/bin/lua -v",
            "# a comment",
        ] {
            assert_eq!(found(line, "\nreturn 1"), [], "{line}");
        }
    }
}
