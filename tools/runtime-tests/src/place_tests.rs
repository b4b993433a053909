// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where calls have failed.

use crate::place::{of_message, of_traceback, Place};

fn text(place: Option<&[u8]>) -> Option<&str> {
    place.map(|place| std::str::from_utf8(place).expect("text"))
}

#[test]
fn a_message_begins_with_its_place() {
    for (message, place) in [
        ("filter.lua:12: no", "filter.lua:12"),
        ("./a b/filter.lua:1: ", "./a b/filter.lua:1"),
        ("[string \"x:1: y\"]:3: z", "[string \"x:1"),
        ("[lib net]:44: bad argument", "[lib net]:44"),
        ("a:b:2: c:3: d", "a:b:2"),
        ("a:1:b.lua:7: c", "a:1:b.lua:7"),
        ("::3: x", "::3"),
        ("x:4294967295: y", "x:4294967295"),
        ("x:1: two\nlines", "x:1"),
    ] {
        let found = of_message(message.as_bytes());
        assert_eq!(text(found), Some(place), "{message}");
    }
}

#[test]
fn a_message_may_have_no_place() {
    for message in [
        "",
        ":",
        ": ",
        ":1: x",
        "CPU limit exceeded",
        "not enough memory",
        "x:y: z",
        "x:1:",
        "x:1",
        "x:1:\n",
        "x: 1: y",
        "x\nfilter.lua:12: y",
        "\n",
    ] {
        assert_eq!(text(of_message(message.as_bytes())), None, "{message:?}");
    }
}

#[test]
fn no_more_of_a_message_is_read_than_a_place_may_have() {
    let longest = format!("{}:1: x", "f".repeat(70));
    let found = of_message(longest.as_bytes()).expect("a place");
    assert_eq!(found.len(), 72);
    let too_long = format!("{}:1: x", "f".repeat(71));
    assert_eq!(of_message(too_long.as_bytes()), None);
    let digits = format!("x:{}: y", "1".repeat(1000));
    assert_eq!(of_message(digits.as_bytes()), None);
    assert_eq!(of_message(&b":".repeat(1000)), None);
}

#[test]
fn a_traceback_has_the_place_of_the_innermost_lua_function() {
    let traceback =
        "stack traceback:\n\t[C]: in function 'error'\n\tfilter.lua:12: in upvalue 'f'\n\t\
                     filter.lua:20: in function <filter.lua:19>";
    assert_eq!(
        text(of_traceback(traceback.as_bytes())),
        Some("filter.lua:12")
    );
    let spoofed = "stack traceback:\n\t[C]: in function 'x:1: y'\n\tfilter.lua:3: in function <z>";
    assert_eq!(text(of_traceback(spoofed.as_bytes())), Some("filter.lua:3"));
}

#[test]
fn a_traceback_may_have_no_place() {
    for traceback in [
        "",
        "\n",
        "\t",
        "stack traceback:",
        "stack traceback:\n\t[C]: in ?",
        "stack traceback:\n\t[C]: in function 'x:1: y'",
        "filter.lua:12: no heading, and no tab",
    ] {
        let found = of_traceback(traceback.as_bytes());
        assert_eq!(text(found), None, "{traceback:?}");
    }
    let deep = format!("stack traceback:{}\n\tx:1: in y", "\n\t[C]: in ?".repeat(8));
    assert_eq!(of_traceback(deep.as_bytes()), None, "only the first lines");
}

#[test]
fn a_place_is_kept_until_another_one_is() {
    let place = Place::unknown();
    assert_eq!(place.text().as_bytes(), b"");
    assert!(!place.is_known());
    for noted in [
        "filter.lua:12",
        "x:1",
        "twelve bytes",
        "sixteen bytes :1",
        "",
    ] {
        place.note(noted.as_bytes());
        assert_eq!(place.text().as_bytes(), noted.as_bytes());
        assert_eq!(place.is_known(), !noted.is_empty());
    }
    place.note(b"filter.lua:12");
    place.forget();
    assert_eq!(place.text().as_bytes(), b"");
    place.note(&[b'x'; 1000]);
    assert_eq!(place.text().as_bytes(), [b'x'; 72]);
}
