// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The first line of a script that can be executed: `#!/usr/bin/lunatik run -c softirq`.

use std::{ffi::OsString, os::unix::ffi::OsStrExt};

/// Why a first line does not start `lunatik`.
pub const NEEDS_SPLIT: &str =
    "env treats all words after it as the name of one program: write 'env -S'";

/// The words of a first line that follow the name of this command; `None` if the line is for another one.
///
/// Linux passes everything after the program's path as one argument. `env -S` splits it.
pub fn words(line: &str) -> Option<Result<Vec<OsString>, &'static str>> {
    let line = line.strip_prefix("#!")?.trim();
    let (program, rest) = line
        .split_once([' ', '\t'])
        .map_or((line, ""), |(program, rest)| (program, rest.trim()));
    let rest = match last_part(program) {
        "lunatik" => rest,
        "env" => {
            let (splits, command) = match rest.strip_prefix("-S") {
                Some(command) => (true, command.trim_start()),
                None => (false, rest),
            };
            let (program, rest) = command.split_once([' ', '\t']).unwrap_or((command, ""));
            if last_part(program) != "lunatik" {
                return None;
            }
            if !splits && !rest.is_empty() {
                return Some(Err(NEEDS_SPLIT));
            }
            rest
        }
        _ => return None,
    };
    Some(Ok(rest
        .split_ascii_whitespace()
        .map(OsString::from)
        .collect()))
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Splits the argument of a first line, which Linux passes as one word, for example `run -c softirq`.
pub fn split_words(words: &[OsString]) -> Vec<OsString> {
    let is_space = u8::is_ascii_whitespace;
    let mut all: Vec<OsString> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        // No command has a space in its name.
        if index != 1 || !word.as_bytes().iter().any(is_space) {
            all.push(word.clone());
            continue;
        }
        let parts = word.as_bytes().split(is_space);
        let parts = parts.filter(|part| !part.is_empty());
        all.extend(parts.map(|part| std::ffi::OsStr::from_bytes(part).to_owned()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(line: &str, expected: &[&str]) {
        let found = words(line).unwrap().unwrap();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn the_words_of_a_line_are_found() {
        is(
            "#!/usr/bin/lunatik run -c softirq -p",
            &["run", "-c", "softirq", "-p"],
        );
        is("#! /bin/lunatik\tspawn  ", &["spawn"]);
        is("#!/usr/bin/lunatik", &[]);
        is(
            "#!/usr/bin/env -S lunatik run --mem 1M",
            &["run", "--mem", "1M"],
        );
        is("#!/usr/bin/env -S /opt/lunatik run", &["run"]);
        is("#!/usr/bin/env lunatik", &[]);
    }

    #[test]
    fn lines_of_others_are_theirs() {
        for line in [
            "",
            "# run",
            "#!/usr/bin/lua",
            "#!/usr/bin/env lua",
            "#!/usr/bin/env",
        ] {
            assert_eq!(words(line), None, "{line}");
        }
    }

    #[test]
    fn env_needs_an_option_for_several_words() {
        let found = words("#!/usr/bin/env lunatik run");
        assert_eq!(found, Some(Err(NEEDS_SPLIT)));
    }

    #[test]
    fn only_the_first_argument_is_split() {
        let split = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            split_words(&words)
        };
        assert_eq!(
            split(&["lunatik", "run  -c softirq", "a b", "c d"]),
            ["lunatik", "run", "-c", "softirq", "a b", "c d"]
        );
        assert_eq!(
            split(&["my lunatik", "run", "a b"]),
            ["my lunatik", "run", "a b"]
        );
        assert_eq!(split(&["lunatik"]), ["lunatik"]);
    }
}
