// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The values that travel, and those that do not.

use lunatik_abi::codec::Token;

use super::kernel::{actor, Got, Kernel, GRANT};

/// Sends back whatever it receives.
const ECHO: &str = r#"
	local inbox = require("inbox")
	local out = inbox:receive()
	while true do
		local value = inbox:receive()
		if value == "end" then return end
		out:send(value)
	end
"#;

#[test]
fn scalars_come_back_as_they_are() {
    let kernel = Kernel::start(ECHO);
    kernel.grant();
    let long = [b'x'; 255];
    for (token, shown) in [
        (Token::Boolean(true), "true"),
        (Token::Boolean(false), "false"),
        (Token::Integer(i64::MIN), "-9223372036854775808"),
        (Token::Integer(i64::MAX), "9223372036854775807"),
        (Token::Float(1f64.to_bits()), "1.0"),
        (Token::Float((-0f64).to_bits()), "-0.0"),
        (Token::Float(f64::INFINITY.to_bits()), "inf"),
        (Token::Float(f64::NEG_INFINITY.to_bits()), "-inf"),
        (Token::Float(5e-324f64.to_bits()), "5e-324"),
        (Token::String(b""), "\"\""),
        (Token::String(b"a\0b\n"), "\"a\\0b\\n\""),
        (Token::String(&long), &format!("{:?}", "x".repeat(255))),
    ] {
        kernel.send(&[token]);
        kernel.expect(shown);
    }
    kernel.send(&[Token::String(b"end")]);
    kernel.ends_well();
}

#[test]
fn every_nan_is_the_quiet_one() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out = inbox:receive()
		for _ = 1, 3 do
			out:send(("%x"):format((string.unpack("<I8", string.pack("<d", inbox:receive())))))
		end
		out:send(-(0 / 0))
	"#,
    );
    kernel.grant();
    for bits in [0x7ff0_0000_0000_0001, 0xfff8_0000_0000_0000, u64::MAX] {
        kernel.send(&[Token::Float(bits)]);
        kernel.expect("\"7ff8000000000000\"");
    }
    kernel.expect("NaN");
    kernel.ends_well();
}

#[test]
fn tables_come_back_with_all_members() {
    let kernel = Kernel::start(ECHO);
    kernel.grant();
    kernel.send(&[
        Token::TableBegin,
        Token::String(b"a"),
        Token::Integer(1),
        Token::TableEnd,
    ]);
    let tokens = ["{", "\"a\"", "1", "}"].map(String::from).to_vec();
    assert_eq!(kernel.next(), Got::Message(GRANT, tokens));
    let keys: Vec<String> = (0..20).map(|n| format!("key {n}")).collect();
    let mut tokens = vec![Token::TableBegin];
    for key in &keys {
        tokens.extend([Token::String(key.as_bytes()), Token::Boolean(false)]);
    }
    tokens.push(Token::TableEnd);
    kernel.send(&tokens);
    let Got::Message(GRANT, got) = kernel.next() else {
        panic!("no message");
    };
    assert_eq!(got.len(), 42);
    for key in keys {
        assert!(got.contains(&format!("{key:?}")), "{key}");
    }
    kernel.send(&[Token::String(b"end")]);
    kernel.ends_well();
}

#[test]
fn addresses_travel_both_ways() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local got = inbox:receive()
		assert(getmetatable(got.first) == "ipc_actor_channel")
		assert(got.first ~= got.second and got.first == got.first)
		got.first:send(got.second)
		got.second:send({ me = inbox })
		got.first:send(inbox)
		got.first:send(got.first)
	"#,
    );
    kernel.send(&[
        Token::TableBegin,
        Token::String(b"first"),
        actor(1),
        Token::String(b"second"),
        actor(u32::MAX),
        Token::TableEnd,
    ]);
    let message = |grant, tokens: &[&str]| {
        Got::Message(grant, tokens.iter().map(|&token| token.into()).collect())
    };
    assert_eq!(kernel.next(), message(1, &["actor 4294967295"]));
    assert_eq!(
        kernel.next(),
        message(u32::MAX, &["{", "\"me\"", "own", "}"])
    );
    assert_eq!(kernel.next(), message(1, &["own"]));
    assert_eq!(kernel.next(), message(1, &["actor 1"]));
    kernel.ends_well();
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local fd = require("file_descriptor")
		local out = inbox:receive()
		local function refused(code, value)
			local ok, err = pcall(out.send, out, value)
			assert(not ok and err.code == code and err.category:name() == "generic", tostring(err))
			assert(err.arg == 2)
		end
		local function with(value) return { fine = 1, wrong = value } end
		local closed = fd.pipe()
		closed:close()
		local many = {}
		for i = 1, 21 do many["key " .. i] = i end
		local other = inbox:receive()
		other:close()
		local marked = setmetatable({ a = 1 }, {})
		for _, value in ipairs({
			print, coroutine.create(print), io.stdout, marked, ("x"):rep(256), require("mutex").new(), other,
		}) do
			refused(22, value)
			refused(22, with(value))
		end
		refused(22, nil)
		refused(22, {})
		refused(22, { 1, 2, 3 })
		refused(22, { [1.5] = 1, [true] = 2 })
		refused(22, many)
		refused(22, { [("k"):rep(256)] = 1 })
		refused(22, with({}))
		refused(16, closed)
		refused(16, with(closed))
		-- What has no string for a key is left out.
		out:send({ 1, 2, [print] = print, only = true })
		many["key 21"] = nil
		out:send(many)
		out:send({ [("k"):rep(255)] = ("v"):rep(255) })
	"#,
    );
    kernel.grant();
    kernel.send(&[actor(8)]);
    assert_eq!(kernel.next(), Got::Close(8));
    let tokens = ["{", "\"only\"", "true", "}"].map(String::from).to_vec();
    assert_eq!(kernel.next(), Got::Message(GRANT, tokens));
    for length in [42, 4] {
        assert!(matches!(kernel.next(), Got::Message(GRANT, tokens) if tokens.len() == length));
    }
    kernel.ends_well();
}

#[test]
fn channels_have_no_fields_but_send_and_close() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out = inbox:receive()
		for _, name in ipairs({ "detach", "kill", "child_pid", "none" }) do
			local ok, err = pcall(function() return out[name] end)
			assert(not ok and err.code == 8 and err.index == 2, err)
		end
		assert(not pcall(function() out.field = 1 end))
		for _, self in ipairs({ inbox, {}, 1 }) do
			for _, method in ipairs({ out.send, out.close }) do
				local ok, err = pcall(method, self, 1)
				assert(not ok and err.code == 22 and err.arg == 1, err)
			end
		end
		this_fiber.forbid_suspend()
		local ok, err = pcall(out.send, {}, print)
		assert(not ok and err.code == 12, err)
		this_fiber.allow_suspend()
		out:send("end")
	"#,
    );
    kernel.grant();
    kernel.expect("\"end\"");
    kernel.ends_well();
}
