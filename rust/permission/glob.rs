// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Patterns: `*` matches any number of bytes, slashes included; `?` matches one byte; `[a-z]`
//! matches one byte of a set, and `[!a-z]` one byte outside it. Every other byte matches itself,
//! and so does a `[` without its `]`.

/// The longest text that a pattern can match: the kernel's limit for a path.
pub const MAX_TEXT: usize = 4096;

/// The most bytes of a pattern that are compared for one text. After a star, the rest of the
/// pattern is tried again at each byte of the text, so a long pattern and a long text could take a
/// long time.
const MAX_LOOKS: usize = 64 * MAX_TEXT;

/// Whether `pattern` matches all of `text`.
///
/// Does not recurse, and takes less than a millisecond: a match that takes more than `MAX_LOOKS`
/// steps fails, and so does a text of more than [`MAX_TEXT`] bytes.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    if text.len() > MAX_TEXT {
        return false;
    }
    let mut matcher = Matcher {
        after_sets: after_sets(pattern),
        looks: MAX_LOOKS,
    };
    let (mut rest, mut left) = (pattern, text);
    // Where to continue if the rest of the pattern after the last `*` does not match: after that
    // star, one byte further on in the text.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        if let Some((b'*', after)) = rest.split_first() {
            if after.is_empty() {
                return true;
            }
            rest = after;
            retry = Some((after, left));
            continue;
        }
        let step = match left.split_first() {
            None if rest.is_empty() => return true,
            // The rest of the pattern cannot match in an even shorter text.
            None => return false,
            Some((&byte, left)) => match matcher.one(rest, byte) {
                None => return false,
                Some(found) => found.map(|rest| (rest, left)),
            },
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

/// The rest of a pattern after its last `]`: no set begins there.
fn after_sets(pattern: &[u8]) -> usize {
    let close = pattern.iter().rposition(|&byte| byte == b']');
    let after = close.and_then(|close| pattern.get(close.checked_add(1)?..));
    after.map_or(pattern.len(), <[u8]>::len)
}

struct Matcher {
    /// How long the pattern is after its last `]`.
    after_sets: usize,
    /// The steps that are left of [`MAX_LOOKS`].
    looks: usize,
}

impl Matcher {
    /// The pattern after its first element, if that element matches `byte`; `None` if there were
    /// too many steps.
    fn one<'a>(&mut self, pattern: &'a [u8], byte: u8) -> Option<Option<&'a [u8]>> {
        let Some((first, rest)) = pattern.split_first() else {
            return Some(None);
        };
        let set = match first {
            // So an unclosed `[` costs no search for a `]`.
            b'[' if rest.len() > self.after_sets => set(rest),
            _ => None,
        };
        let looked = set.map_or(1, |(members, _)| members.len().saturating_add(1));
        self.looks = self.looks.checked_sub(looked)?;
        Some(match (first, set) {
            (_, Some((members, rest))) => contains(members, byte).then_some(rest),
            (b'?', None) => Some(rest),
            _ => (*first == byte).then_some(rest),
        })
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

/// The part of `path` after `directory`. Both are canonical.
pub fn below<'a>(path: &'a [u8], directory: &[u8]) -> Option<&'a [u8]> {
    if directory == b"/" {
        return path.strip_prefix(b"/");
    }
    path.strip_prefix(directory)?.strip_prefix(b"/")
}
