// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where modules are found.

use super::kernel::{folder, settings, Kernel};

#[test]
fn the_module_is_a_path_with_or_without_its_suffix() {
    let folder = folder(&[
        (
            "one.lua",
            "assert(arg[0]:match('[^/]*$') == 'one.lua' and arg[-1] == 'actor')",
        ),
        ("two/init.lua", "require('./three')"),
        ("two/three.lua", "assert(_CONTEXT == '')"),
        (
            "plain",
            "#!/bin/lua\nassert(debug.getinfo(1, 'l').currentline == 2)",
        ),
    ]);
    let absolute = folder.join("one").to_str().unwrap().to_owned();
    let entry = folder.join("one.lua").to_str().unwrap().to_owned();
    for (module, entry) in [
        ("./one", ""),
        ("one", ""),
        ("one.lua", ""),
        (&*absolute, ""),
        ("./two", ""),
        ("two/init.lua", ""),
        ("plain", ""),
        (".", &*entry),
        (".", "some/where/one.lua"),
    ] {
        let (status, text) = Kernel::with_settings(settings(module, &folder, entry)).outcome();
        assert_eq!((status, &*text), (0, ""), "{module} {entry}");
    }
}

#[test]
fn a_missing_or_broken_module_says_so() {
    let folder = folder(&[("broken.lua", "x = = 1")]);
    for (module, expected) in [
        (
            "none",
            "the module of this actor was not found: there is no file ",
        ),
        ("", "this actor has no module: "),
        (".", "this actor has no module: "),
        (
            "broken",
            &format!("{}/broken.lua:1: unexpected symbol", folder.display()),
        ),
    ] {
        let (status, text) = Kernel::with_settings(settings(module, &folder, "")).outcome();
        assert_eq!(status, 1);
        assert!(text.starts_with(expected), "{module}: {text}");
    }
}

#[test]
fn require_finds_files_beside_the_module() {
    let folder = folder(&[
        (
            "main.lua",
            r#"
			local first, path = require("./part")
			assert(first.name == "part" and path:match("[^/]*$") == "part.lua")
			assert(require("./part") == first and require("/part") == first)
			assert(require("plain").value == 3)
			assert(require("./deep").value == 4)
			local ok, err = pcall(require, "./none")
			assert(not ok and tostring(err) == "Module not found" and err.module == "./none")
			ok, err = pcall(require, "../above")
			assert(not ok and tostring(err):find("no parent"), err)
			ok, err = pcall(require, "absent")
			assert(not ok and err:find("module 'absent' not found"), err)
			assert(require("string") == string and require("io") == io and require("debug") == debug)
			assert(io.open and os.getenv and utf8.char and load)
			-- A module may suspend while it loads.
			assert(require("./slow") == "slow")
		"#,
        ),
        (
            "part.lua",
            "assert(_CONTEXT == '' and spawn) return { name = 'part' }",
        ),
        ("plain.lua", "return { value = 3 }"),
        ("deep/init.lua", "return { value = require('./inner') }"),
        ("deep/inner.lua", "return 4"),
        ("slow.lua", "require('time').sleep(0.001) return 'slow'"),
    ]);
    Kernel::with_settings(settings("./main", &folder, "")).ends_well();
}
