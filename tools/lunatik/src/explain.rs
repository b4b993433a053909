// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Shows the line of a script that does not compile, below the kernel's error.

use std::{fs::File, path::Path};

use crate::{
    excerpt::Place,
    failure::{Exit, Failure},
    script::read_text,
    syntax,
};

/// A text that was sent, and the name of its chunk.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The text.
    pub text: &'a [u8],
    /// The name of the chunk, in Lua's form.
    pub chunk: &'a [u8],
    /// The number of bytes at the start of the text that the user has not written.
    pub added: usize,
}

/// Adds the line to a failure that is an error of the compiler in `sent`, or in a file that can be read here.
///
/// The text is compiled again here. The line is shown only if that gives the same error: so no line is shown of another
/// file, or of one that has changed meanwhile.
pub fn explain(mut failure: Failure, sent: Option<Sent<'_>>) -> Failure {
    if failure.exit != Exit::Script || !failure.excerpt.is_empty() {
        return failure;
    }
    let message = String::from_utf8_lossy(&failure.message).into_owned();
    let excerpt = sent
        .and_then(|sent| {
            let place = error_in(sent.text, sent.chunk, &message)?;
            let written = sent.text.get(sent.added..)?;
            Some(place.without_prefix(sent.added).excerpt(written))
        })
        .or_else(|| {
            let path = path_in(&message)?;
            let (_, text) = read_text(File::open(path).ok()?, path).ok()?;
            let place = error_in(&text, format!("@{path}").as_bytes(), &message)?;
            Some(place.excerpt(&text))
        });
    failure.excerpt = excerpt.unwrap_or_default();
    failure
}

/// The place in `text` of the error in `message`.
fn error_in(text: &[u8], chunk: &[u8], message: &str) -> Option<Place> {
    let error = syntax::check(text, chunk).err()?;
    message.ends_with(&error.message).then_some(error.place)
}

/// The path of the file that a message of the compiler names.
fn path_in(message: &str) -> Option<&str> {
    // A message of require has the whole path; the compiler's own message after it shortens long paths.
    let path = match message.rsplit_once(" from file '") {
        Some((_, rest)) => rest.split_once("':")?.0,
        None => message.split_once(":")?.0,
    };
    let metadata = Path::new(path).metadata().ok()?;
    metadata.is_file().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(message: &str) -> Failure {
        Failure::new(Exit::Script, message)
    }

    #[test]
    fn the_line_of_the_text_that_was_sent_is_shown() {
        let sent = Sent {
            text: b"x = 1\nx = )",
            chunk: b"=(command line)",
            added: 0,
        };
        let told = "(command line):2: unexpected symbol near ')'";
        let shown = explain(failure(told), Some(sent));
        assert_eq!(shown.excerpt, "    2 | x = )\n      |     ^\n");
        assert_eq!(shown.message, told.as_bytes());
        let added = Sent {
            text: b"return 1 + )",
            added: 7,
            ..sent
        };
        let shown = explain(
            failure("(command line):1: unexpected symbol near ')'"),
            Some(added),
        );
        assert_eq!(shown.excerpt, "    1 | 1 + )\n      |     ^\n");
        // Another error, for instance one that the script raises.
        for other in ["(command line):2: oops", "oops"] {
            assert_eq!(explain(failure(other), Some(sent)).excerpt, "");
        }
    }

    #[test]
    fn the_line_of_a_file_is_shown_if_it_has_this_error() {
        let folder = std::env::temp_dir().join(format!("lunatik-explain-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("module.lua");
        let file = file.to_str().unwrap();
        std::fs::write(file, "#!x\nreturn return").unwrap();
        let error = syntax::check(b"\nreturn return", format!("@{file}").as_bytes()).unwrap_err();
        let required = format!(
            "error loading module 'module' from file '{file}':\n\t{}",
            error.message
        );
        for told in [&error.message, &required] {
            let shown = explain(failure(told), None).excerpt;
            assert!(shown.starts_with("    2 | return return\n"), "{shown}");
        }
        let other = format!("{file}:2: unexpected symbol near 'end'");
        assert_eq!(explain(failure(&other), None).excerpt, "");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(explain(failure(&error.message), None).excerpt, "");
    }
}
