// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Patterns: `*` is any number of bytes, slashes too, `?` is one byte, `[a-z]` one of a set and
//! `[!a-z]` one that is not in it. Everything else, a `[` without its `]` too, is itself.

/// Whether `pattern` matches all of `text`.
///
/// Takes time in proportion to the product of both lengths at most, and no stack.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut rest, mut left) = (pattern, text);
    // Where to go on when what follows the last `*` does not match: after that star, with the text
    // from one byte further on.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        if let Some((b'*', after)) = rest.split_first() {
            rest = after;
            retry = Some((after, left));
            continue;
        }
        let step = match left.split_first() {
            None if rest.is_empty() => return true,
            None => None,
            Some((&byte, left)) => one(rest, byte).map(|rest| (rest, left)),
        };
        if let Some(next) = step {
            (rest, left) = next;
            continue;
        }
        let Some((after, from)) = retry else {
            return false;
        };
        let Some((_, from)) = from.split_first() else {
            return false;
        };
        (rest, left) = (after, from);
        retry = Some((after, from));
    }
}

/// What follows the first element of `pattern`, if that matches `byte`.
fn one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    let (first, rest) = pattern.split_first()?;
    match first {
        b'?' => Some(rest),
        b'[' => match set(rest) {
            Some((members, rest)) => contains(members, byte).then_some(rest),
            None => (byte == b'[').then_some(rest),
        },
        _ => (*first == byte).then_some(rest),
    }
}

/// The members of a set and what follows it; `pattern` begins after the `[`.
fn set(pattern: &[u8]) -> Option<(&[u8], &[u8])> {
    // A `]` that comes first is a member.
    let skip = match pattern {
        [b'!' | b'^', b']', ..] => 2,
        [b'!' | b'^' | b']', ..] => 1,
        _ => 0,
    };
    let close = pattern
        .iter()
        .skip(skip)
        .position(|&byte| byte == b']')?
        .checked_add(skip)?;
    Some((pattern.get(..close)?, pattern.get(close.checked_add(1)?..)?))
}

/// Whether a set has `byte`.
fn contains(members: &[u8], byte: u8) -> bool {
    let (negated, mut rest) = match members {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, members),
    };
    let mut found = false;
    while let Some((&low, after)) = rest.split_first() {
        if let [b'-', high, after @ ..] = after {
            found |= (low..=*high).contains(&byte);
            rest = after;
        } else {
            found |= low == byte;
            rest = after;
        }
    }
    found != negated
}

/// The directory of a pattern of paths that has no wildcards, and what follows its slash.
///
/// `None` for a pattern without a slash before its first wildcard.
pub fn split_directory(pattern: &[u8]) -> Option<(&[u8], &[u8])> {
    let wildcard = pattern
        .iter()
        .position(|byte| matches!(byte, b'*' | b'?' | b'['))
        .unwrap_or(pattern.len());
    let slash = pattern
        .get(..wildcard)?
        .iter()
        .rposition(|&byte| byte == b'/')?;
    let directory = match slash {
        0 => b"/",
        _ => pattern.get(..slash)?,
    };
    Some((directory, pattern.get(slash.checked_add(1)?..)?))
}

/// What follows `directory`, which is canonical, in `path`, which is, too.
pub fn below<'a>(path: &'a [u8], directory: &[u8]) -> Option<&'a [u8]> {
    if directory == b"/" {
        return path.strip_prefix(b"/");
    }
    path.strip_prefix(directory)?.strip_prefix(b"/")
}
