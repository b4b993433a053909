// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Which names of scripts and runtimes the protocol accepts.

use lunatik_abi::abi::{runtime_name, script_name, NameError, MAX_NAME};

#[test]
fn script_names_follow_one_rule() {
    for (given, name) in [
        ("foo.lua", "foo"),
        ("foo", "foo"),
        ("mylua", "mylua"),
        ("foo.lua.lua", "foo.lua"),
        ("a/b.lua", "a/b"),
        ("a.luab", "a.luab"),
        ("...", "..."),
        ("a..b", "a..b"),
    ] {
        assert_eq!(script_name(given.as_bytes()), Ok(name.as_bytes()));
    }
    for (given, error) in [
        ("", NameError::Empty),
        (".lua", NameError::Empty),
        ("/etc/x", NameError::Absolute),
        ("/", NameError::Absolute),
        ("..", NameError::Part),
        ("../x", NameError::Part),
        ("a/../b", NameError::Part),
        ("a/...lua", NameError::Part),
        ("a//b", NameError::Part),
        ("a/", NameError::Part),
        ("./a", NameError::Part),
        ("a\nb", NameError::Control),
        ("a\0", NameError::Control),
    ] {
        assert_eq!(script_name(given.as_bytes()), Err(error), "{given:?}");
    }
    for (given, name) in [
        ("foo.lua", Ok("foo")),
        ("/etc/x.lua", Ok("/etc/x")),
        ("label:7", Ok("label:7")),
        ("", Err(NameError::Empty)),
        ("/", Err(NameError::Part)),
        ("//x", Err(NameError::Part)),
        ("/x/../y", Err(NameError::Part)),
        ("/x\n", Err(NameError::Control)),
    ] {
        let found = runtime_name(given.as_bytes());
        assert_eq!(found, name.map(str::as_bytes), "{given:?}");
    }
    let longest = "n".repeat(MAX_NAME);
    assert!(script_name(format!("{longest}.lua").as_bytes()).is_ok());
    let too_long = format!("{longest}n");
    assert_eq!(script_name(too_long.as_bytes()), Err(NameError::TooLong));
}
