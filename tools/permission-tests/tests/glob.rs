// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Patterns match what a plain recursive definition says.

use permission_tests::glob::{below, matches, split_directory, MAX_TEXT};
use proptest::prelude::*;

#[test]
fn patterns_are_those_of_the_shell_but_stars_take_slashes() {
    for (pattern, text, wanted) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("*", "a/b/c", true),
        ("/etc/*", "/etc/a/b", true),
        ("/etc/*", "/etc", false),
        ("/etc/*", "/etc/", true),
        ("/tmp", "/tmp/x", false),
        ("/tmp", "/tmp", true),
        ("a?c", "abc", true),
        ("a?c", "a/c", true),
        ("a?c", "ac", false),
        ("[a-c]x", "bx", true),
        ("[a-c]x", "dx", false),
        ("[!a-c]x", "dx", true),
        ("[^a-c]x", "ax", false),
        ("[]]", "]", true),
        ("[!]]", "]", false),
        ("[]-a]", "^", true),
        ("[a-]", "-", true),
        ("[-a]", "-", true),
        ("[", "[", true),
        ("[a", "[a", true),
        ("[a", "a", false),
        ("a*b*c", "aXXbYYc", true),
        ("a*b*c", "aXXbYY", false),
        ("*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ("**", "abc", true),
        ("[[]", "[", true),
        ("[[a", "[[a", true),
        ("[a]*[b", "axx[b", true),
        ("[a]*[b", "axxb", false),
        ("[]", "[]", true),
        ("[]a[]", "]", true),
        ("[]a]", "]", true),
        ("[!]", "[!]", true),
        ("[z-a]", "m", false),
    ] {
        assert_eq!(
            matches(pattern.as_bytes(), text.as_bytes()),
            wanted,
            "{pattern} {text}"
        );
    }
}

/// The definition, for patterns without sets.
fn reference(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), None) => reference(rest, text),
        (Some((b'*', rest)), Some((_, left))) => reference(rest, text) || reference(pattern, left),
        (Some((b'?', rest)), Some((_, left))) => reference(rest, left),
        (Some((a, rest)), Some((b, left))) => a == b && reference(rest, left),
        _ => false,
    }
}

proptest! {
    #[test]
    fn matching_agrees_with_its_definition(pattern in "[ab/*?]{0,12}", text in "[ab/]{0,12}") {
        prop_assert_eq!(
            matches(pattern.as_bytes(), text.as_bytes()),
            reference(pattern.as_bytes(), text.as_bytes())
        );
    }

    #[test]
    fn any_bytes_are_a_pattern(pattern: Vec<u8>, text: Vec<u8>) {
        matches(&pattern, &text);
    }

    #[test]
    fn what_has_no_wildcards_matches_itself_alone(text in "[a-z/.~ ]{0,20}", other in "[a-z/.~ ]{0,20}") {
        prop_assert!(matches(text.as_bytes(), text.as_bytes()));
        prop_assert_eq!(matches(text.as_bytes(), other.as_bytes()), text == other);
    }

    #[test]
    fn a_directory_and_what_follows_make_the_pattern(pattern in "/([a-c*?][a-c/*?]{0,20})?") {
        let (directory, rest) = split_directory(pattern.as_bytes()).unwrap();
        let mut whole = directory.to_vec();
        if directory != b"/" {
            whole.push(b'/');
        }
        whole.extend_from_slice(rest);
        prop_assert_eq!(whole, pattern.as_bytes());
        prop_assert!(!directory.iter().any(|byte| b"*?[".contains(byte)));
    }
}

/// Patterns as long as values may be, with the texts that they take longest for.
#[test]
fn the_worst_patterns_take_no_time() {
    let start = std::time::Instant::now();
    for (pattern, text) in [
        ("*a".repeat(500) + "b", "a"),
        ("*".to_string() + &"a".repeat(1000) + "b", "a"),
        ("*".to_string() + &"a?".repeat(500) + "b", "a"),
        ("*".to_string() + &"[".repeat(1000) + "b", "["),
        ("*".to_string() + &"[".repeat(1000) + "]b", "["),
        ("*".to_string() + &"[".repeat(500) + &"[]".repeat(250), "["),
        ("*".to_string() + &"[!]".repeat(300) + "b", "["),
        ("*".to_string() + &"[]".repeat(500), "["),
        ("*[".to_string() + &"b".repeat(1000) + "a]b", "a"),
        ("*[".to_string() + &"a-".repeat(500) + "a]b", "a"),
        ("*".to_string() + &"[ab]".repeat(250) + "b", "a"),
    ] {
        for length in [1000, MAX_TEXT, MAX_TEXT + 1, 1 << 24] {
            assert!(!matches(pattern.as_bytes(), text.repeat(length).as_bytes()));
        }
    }
    // Without optimization, and beside others: an algorithm with a square in it takes minutes.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn a_long_path_and_a_reasonable_pattern_match() {
    let path = "directory/".repeat(408) + "file.lua";
    for pattern in [
        "*",
        "*.lua",
        "d*/*/*y/file.*",
        "*[d-f]ile.lua",
        "*/*/*/*/*/*/*.lua",
    ] {
        assert!(matches(pattern.as_bytes(), path.as_bytes()), "{pattern}");
    }
    assert!(!matches(b"*/directory/*/directory/*.c", path.as_bytes()));
}

#[test]
fn only_whole_names_are_below_a_directory() {
    assert_eq!(below(b"/etc/passwd", b"/etc"), Some(&b"passwd"[..]));
    assert_eq!(below(b"/etcetera/x", b"/etc"), None);
    assert_eq!(below(b"/etc", b"/etc"), None);
    assert_eq!(below(b"/x", b"/"), Some(&b"x"[..]));
    assert_eq!(split_directory(b"*"), None);
    assert_eq!(split_directory(b"name"), None);
    assert_eq!(split_directory(b"./x"), Some((&b"."[..], &b"x"[..])));
}
