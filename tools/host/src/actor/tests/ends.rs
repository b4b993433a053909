// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How an actor ends.

use super::kernel::{folder, Got, Kernel};

#[test]
fn without_work_it_ends_with_0() {
    Kernel::start("x = 1").ends_well();
    Kernel::start("spawn(function() this_fiber.yield() end)").ends_well();
    Kernel::start("assert(_CONTEXT == 'worker' and require('actor').is_master())").ends_well();
}

#[test]
fn an_error_of_the_main_fiber_is_status_1_and_a_traceback() {
    let (status, text) =
        Kernel::start("local function inner()\n\terror('broken')\nend\ninner()\n").outcome();
    assert_eq!(status, 1);
    assert!(
        text.contains("main.lua:2: broken\nstack traceback:"),
        "{text}"
    );
    assert!(
        text.contains("in upvalue 'inner'") || text.contains("in local 'inner'"),
        "{text}"
    );
    assert!(text.ends_with('\n'));
}

#[test]
fn an_error_object_is_shown_as_text() {
    let (status, text) =
        Kernel::start("error(setmetatable({}, { __tostring = function() return 'my text' end }))")
            .outcome();
    assert_eq!(status, 1);
    assert!(text.starts_with("my text\nstack traceback:"), "{text}");
    let (status, text) = Kernel::start("error(setmetatable({}, { __tostring = error }))").outcome();
    assert_eq!(status, 1);
    assert!(
        text.starts_with("(error object is a table value)\n"),
        "{text}"
    );
}

#[test]
fn an_error_of_the_main_fiber_drops_the_others() {
    let (status, text) = Kernel::start(
        "spawn(function() scope_cleanup_push(function() error('ran') end) require('time').sleep(60) end)\n\
         this_fiber.yield() error('over')",
    )
    .outcome();
    assert_eq!(status, 1);
    assert!(text.contains("over") && !text.contains("ran"), "{text}");
}

#[test]
fn system_exit_sets_the_status() {
    for (call, expected) in [
        ("system.exit(7)", 7),
        ("system.exit()", 0),
        ("system.exit(256 + 3)", 3),
        ("pcall(system.exit, 5)", 5),
        (
            "spawn(function() system.exit(9) end) require('time').sleep(60)",
            9,
        ),
    ] {
        let text = format!("local system = require('system') {call} error('goes on')");
        assert_eq!(
            Kernel::start(&text).outcome(),
            (expected, String::new()),
            "{call}"
        );
    }
    let (status, text) = Kernel::start("require('system').exit('1')").outcome();
    assert_eq!(status, 1);
    assert!(text.starts_with("Invalid argument\n"), "{text}");
}

#[test]
fn nothing_that_can_wake_it_is_an_error() {
    let (status, text) =
        Kernel::start("local mutex = require('mutex').new() mutex:lock() mutex:lock()").outcome();
    assert_eq!(status, 1);
    assert!(
        text.contains("possible deadlock: nothing can wake the main fiber"),
        "{text}"
    );
}

#[test]
fn it_cannot_make_actors() {
    Kernel::start(
        r#"
		local ok, err = pcall(spawn_vm, "./main")
		assert(not ok and err.code == 1, err)
		ok, err = pcall(spawn_vm, { module = "./main", subprocess = {} })
		assert(not ok and err.code == 1, err)
		ok, err = pcall(spawn_vm, 1)
		assert(not ok and err.code == 22 and err.arg == 1, err)
		ok, err = pcall(spawn_context_threads, 1)
		assert(not ok and err.code == 95, err)
		ok, err = pcall(require("actor").shutdown)
		assert(not ok and err.code == 95, err)
	"#,
    )
    .ends_well();
}

#[test]
fn the_inbox_closes_with_the_main_fiber_unless_it_was_required() {
    let kernel = Kernel::start("spawn(function() require('time').sleep(0.01) end)");
    assert_eq!(kernel.next(), Got::CloseInbox);
    assert_eq!(kernel.next(), Got::End);
    kernel.ends_well();
}

#[test]
fn finalizers_run_at_the_end() {
    let folder = folder(&[("marker", "")]);
    let marker = folder.join("marker");
    let kernel = Kernel::start(&format!(
        r#"
		local out, fd, marker = require("inbox"):receive(), require("file_descriptor"), io.open({marker:?}, "w")
		keep = setmetatable({{}}, {{ __gc = function()
			marker:write("before")
			-- The actor has ended: the library can do nothing more, and says so.
			local sent, why = pcall(out.send, out, {{ a = 1 }})
			local opened, reason = pcall(fd.open, {marker:?})
			marker:write(tostring(sent), tostring(opened), tostring(why), tostring(reason))
		end }})
		marker:write("open")
	"#
    ));
    kernel.grant();
    kernel.ends_well();
    let text = std::fs::read_to_string(marker).unwrap();
    assert!(text.starts_with("openbeforefalsefalse"), "{text}");
    assert_eq!(text.matches("the actor has ended").count(), 2, "{text}");
}
