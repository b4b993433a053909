// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Descriptors.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::IntoRawFd,
};

use lunatik_abi::{codec::Token, wire::handle};

use super::kernel::{folder, Got, Kernel, GRANT};

fn file(file: impl IntoRawFd) -> Token<'static> {
    Token::Handle {
        kind: handle::FILE,
        index: file.into_raw_fd() as u32,
    }
}

#[test]
fn a_received_descriptor_belongs_to_the_script() {
    let (mut reader, writer) = io::pipe().unwrap();
    let (other, mut input) = io::pipe().unwrap();
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local got = inbox:receive()
		assert(getmetatable(got.out) == "file_descriptor")
		got.out:write("hello")
		assert(got.input:read(100) == "there")
		assert(got.input:read(100) == nil)
		got.out:close()
		got.input = nil
		collectgarbage()
		inbox:receive()
	"#,
    );
    input.write_all(b"there").unwrap();
    drop(input);
    kernel.send(&[
        Token::TableBegin,
        Token::String(b"out"),
        file(writer),
        Token::String(b"input"),
        file(other),
        Token::TableEnd,
    ]);
    let mut text = String::new();
    // The end shows that the script has closed it.
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
    kernel.send(&[Token::Boolean(true)]);
    kernel.ends_well();
}

#[test]
fn a_descriptor_can_be_sent_and_stays_the_senders() {
    let (reader, mut writer) = io::pipe().unwrap();
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out, fd = inbox:receive(), inbox:receive()
		out:send(fd)
		out:send({ fd = fd })
		out:send(fd:read(5))
		out:send(fd:number() > 2)
	"#,
    );
    kernel.grant();
    kernel.send(&[file(reader)]);
    writer.write_all(b"after").unwrap();
    kernel.expect("file");
    let tokens = ["{", "\"fd\"", "file", "}"].map(String::from).to_vec();
    assert_eq!(kernel.next(), Got::Message(GRANT, tokens));
    kernel.expect("\"after\"");
    kernel.expect("true");
    kernel.ends_well();
}

#[test]
fn descriptors_in_messages_that_nobody_receives_are_closed() {
    let (mut first, writer) = io::pipe().unwrap();
    let (mut second, late) = io::pipe().unwrap();
    let kernel = Kernel::start(
        r#"
		local inbox, time = require("inbox"), require("time")
		local out = inbox:receive()
		time.sleep(0.01)
		out:send("close")
		inbox:close()
		spawn(function() while true do time.sleep(0.001) end end)
	"#,
    );
    kernel.send_frames(&[
        Kernel::message(&[super::kernel::actor(GRANT)]),
        Kernel::message(&[file(writer)]),
        Kernel::message(&[super::kernel::actor(9)]),
    ]);
    kernel.expect("\"close\"");
    assert_eq!(kernel.next(), Got::CloseInbox);
    assert_eq!(kernel.next(), Got::Close(9));
    assert_eq!(first.read(&mut [0]).unwrap(), 0);
    kernel.send(&[file(late)]);
    assert_eq!(second.read(&mut [0]).unwrap(), 0);
    kernel.send(&[super::kernel::actor(10)]);
    while kernel.next() != Got::Close(10) {}
    // It runs until the test ends.
}

#[test]
fn files_and_pipes_are_opened_read_and_written() {
    let folder = folder(&[("present", "text")]);
    let text = format!(
        "local folder = {:?}\n{}",
        folder.to_str().unwrap(),
        r#"
		local fd = require("file_descriptor")
		local present = fd.open(folder .. "/present")
		assert(present:read(2) == "te")
		local copy = present:dup()
		assert(copy:read(99) == "xt" and present:read(1) == nil and copy:number() ~= present:number())
		present:close()
		local function fails(code, f, ...)
			local ok, err = pcall(f, ...)
			assert(not ok and err.code == code, err)
			return err
		end
		assert(fails(16, present.read, present, 1).category:name() == "generic")
		fails(16, present.dup, present)
		fails(16, present.number, present)
		assert(fails(22, copy.read, copy, 0).arg == 2)
		assert(fails(22, copy.read, copy, 1.5).arg == 2)
		assert(fails(22, copy.write, copy, 1).arg == 2)
		assert(fails(22, copy.write, {}, "x").arg == 1)
		assert(fails(22, fd.open, 1).arg == 1)
		local none, text, number = fd.open(folder .. "/none")
		assert(none == nil and number == 2 and text == folder .. "/none: No such file or directory", text)
		assert(select(3, fd.open(folder, "w")) == 21)
		assert(select(3, fd.open(folder .. "/none", "rw")) == 22)
		fails(16, present.close, present)
		assert(fd.is_open(copy) and fd.is_open(present) == false and fd.is_open(1) == nil and fd.is_open(nil) == nil)
		do
			local scoped <close> = copy:dup()
			present = scoped
		end
		assert(fd.is_open(present) == false)
		local err = fails(9, copy.write, copy, "x")
		assert(err.category:name() == "system" and tostring(err) == "Bad file descriptor")
		assert(err:togeneric().category:name() == "generic" and err:togeneric() ~= err)
		local new = fd.open(folder .. "/new", "w")
		new:write("one")
		new:close()
		fd.open(folder .. "/new", "a"):write("two")
		assert(io.open(folder .. "/new"):read("a") == "onetwo")
		local reader, writer = fd.pipe()
		writer:write(("x"):rep(1000))
		writer:close()
		assert(#reader:read(2000) == 1000 and reader:read(1) == nil)
		local gone, left = fd.pipe()
		gone:close()
		assert(fails(32, left.write, left, "x").category:name() == "system")
		assert(not pcall(function() left.field = 1 end) and not pcall(function() return left.field end))
	"#
    );
    Kernel::start(&text).ends_well();
    assert!(File::open(folder.join("new")).is_ok());
}
