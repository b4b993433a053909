// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Requests to the kernel.

use lunatik_abi::abi::{
    split_frame, AbiError, Budget, Context, NameError, Permissions, Profile, Request, RequestKind,
    Source, Start, MAX_ARGUMENTS, MAX_PERMISSIONS, MAX_PROFILE_HZ, MAX_PROFILE_MS,
};
use lunatik_abi::codec::{Message, Writer};

use crate::{frame, message, refusal};

#[test]
fn requests_survive() {
    let arguments = message(|writer| {
        writer.string(b"one").unwrap();
        writer.integer(-2).unwrap();
    });
    let permissions = message(|writer| {
        writer.string(b"load").unwrap();
        writer.string(b"fs:read=/etc/*").unwrap();
    });
    let start = Start {
        name: Some(b"counter"),
        source: Source::Text {
            text: b"return ...",
            chunk: b"@./counter.lua",
            directory: b"/srv/scripts",
        },
        context: Context::Process,
        percpu: false,
        replace: None,
        memory_limit: 64 << 20,
        permissions: Some(Permissions::new(Message::check(&permissions).unwrap()).unwrap()),
        budget: Budget {
            cpu_ms: 1000,
            slice_ms: 10,
        },
        arguments: Message::check(&arguments).unwrap(),
        streams: [Some(0), None, Some(2)],
    };
    let registered = Start {
        name: None,
        source: Source::Registered {
            script: b"net/filter.lua",
        },
        context: Context::Softirq,
        percpu: true,
        replace: Some(0),
        memory_limit: 0,
        permissions: Some(Permissions::NOTHING),
        budget: Budget::default(),
        arguments: Message::EMPTY,
        streams: [None; 3],
    };
    for request in [
        Request::Hello {
            version: 1,
            client: b"test",
        },
        Request::Run(start),
        Request::Run(Start {
            context: Context::Hardirq,
            percpu: false,
            ..start
        }),
        Request::Spawn(registered),
        Request::Eval(start),
        Request::Repl {
            text: b"",
            permissions: None,
            budget: Budget::default(),
        },
        Request::Repl {
            text: b"",
            permissions: start.permissions,
            budget: Budget::default(),
        },
        Request::Complete {
            prefix: b"string.fo",
            permissions: None,
            budget: Budget {
                cpu_ms: 0,
                slice_ms: 7,
            },
        },
        Request::Stop {
            name: b"x.lua",
            grace_ms: Some(5),
        },
        Request::Stop {
            name: b"x",
            grace_ms: None,
        },
        Request::List,
        Request::Status {
            name: None,
            clear: true,
        },
        Request::Status {
            name: Some(b"x"),
            clear: false,
        },
        Request::Shutdown,
        Request::Attach { token: b"0123" },
        Request::Release,
        Request::Profile(Profile {
            name: b"/path/x",
            duration_ms: 1,
            hz: MAX_PROFILE_HZ,
            with_parts: true,
        }),
        Request::Profile(Profile {
            name: b"x",
            duration_ms: MAX_PROFILE_MS,
            hz: 1,
            with_parts: false,
        }),
        Request::Totals,
        Request::Logs {
            name: b"x",
            follow: true,
        },
        Request::Cancel { request: u32::MAX },
    ] {
        let mut bytes = Vec::new();
        request.encode(77, &mut bytes).unwrap();
        let frame = split_frame(&bytes).unwrap().unwrap();
        assert_eq!(frame.header.request, 77);
        assert_eq!(frame.header.frame_length(), bytes.len());
        assert_eq!(Request::decode(&frame), Ok(request));
        for length in 0..bytes.len() {
            assert_eq!(split_frame(&bytes[..length]), Ok(None));
        }
    }
}

#[test]
fn a_profile_has_a_time_and_a_rate() {
    let profile = Profile {
        name: b"x",
        duration_ms: 1,
        hz: 1,
        with_parts: false,
    };
    let decoded = |profile: Profile<'_>| {
        let mut bytes = Vec::new();
        Request::Profile(profile).encode(1, &mut bytes).unwrap();
        let frame = split_frame(&bytes).unwrap().unwrap();
        Request::decode(&frame).map(|_| ())
    };
    assert_eq!(decoded(profile), Ok(()));
    for hz in [0, MAX_PROFILE_HZ + 1] {
        let wrong = Profile { hz, ..profile };
        assert_eq!(decoded(wrong), Err(AbiError::FieldRange("hz")));
    }
    for duration_ms in [0, MAX_PROFILE_MS + 1] {
        let wrong = Profile {
            duration_ms,
            ..profile
        };
        assert_eq!(decoded(wrong), Err(AbiError::FieldRange("duration_ms")));
    }
    let wrong = Profile {
        name: b"/x//y",
        ..profile
    };
    assert!(matches!(decoded(wrong), Err(AbiError::Name(_))));
}

#[test]
fn permissions_are_strings_and_not_too_many() {
    let of = |bytes: &[u8]| Permissions::new(Message::check(bytes).unwrap()).map(|_| ());
    let many = |count| {
        message(|writer| {
            for _ in 0..count {
                writer.string(b"load").unwrap();
            }
        })
    };
    assert_eq!(of(&many(MAX_PERMISSIONS)), Ok(()));
    assert_eq!(
        of(&many(MAX_PERMISSIONS + 1)),
        Err(AbiError::FieldRange("permissions"))
    );
    let integer = message(|writer| writer.integer(1).unwrap());
    assert_eq!(of(&integer), Err(AbiError::FieldType("permissions")));
    let table = message(|writer| {
        writer.begin_table().unwrap();
        writer.end_table().unwrap();
    });
    assert_eq!(of(&table), Err(AbiError::FieldType("permissions")));
}

#[test]
fn bad_requests_are_refused_with_a_reason() {
    let pair = |writer: &mut Writer<Vec<u8>>, name: &[u8], value: &[u8]| {
        writer.string(name).unwrap();
        writer.string(value).unwrap();
    };
    assert_eq!(
        refusal(RequestKind::Stop, |_| ()),
        AbiError::MissingField("name")
    );
    assert_eq!(
        refusal(RequestKind::Stop, |w| pair(w, b"mane", b"x")),
        AbiError::UnknownField
    );
    assert_eq!(
        refusal(RequestKind::List, |w| pair(w, b"name", b"x")),
        AbiError::UnknownField
    );
    assert_eq!(
        refusal(RequestKind::Stop, |w| {
            pair(w, b"name", b"x");
            pair(w, b"name", b"y");
        }),
        AbiError::DuplicateField("name")
    );
    assert_eq!(
        refusal(RequestKind::Run, |w| {
            pair(w, b"script", b"x");
            pair(w, b"text", b"y");
        }),
        AbiError::Conflict("script", "text")
    );
    assert_eq!(
        refusal(RequestKind::Run, |w| pair(w, b"text", b"y")),
        AbiError::MissingField("chunk")
    );
    assert_eq!(
        refusal(RequestKind::Run, |w| pair(w, b"script", b"../x")),
        AbiError::Name(NameError::Part)
    );
    assert_eq!(
        refusal(RequestKind::Stop, |w| pair(w, b"name", &[b'x'; 260])),
        AbiError::FieldRange("name")
    );
    assert_eq!(
        refusal(RequestKind::Run, |w| {
            w.string(b"memory").unwrap();
            w.integer(-1).unwrap();
        }),
        AbiError::FieldRange("memory")
    );
    assert_eq!(
        refusal(RequestKind::Run, |w| {
            w.string(b"arguments").unwrap();
            w.begin_table().unwrap();
            w.end_table().unwrap();
        }),
        AbiError::NotFields
    );
    assert!(matches!(
        refusal(RequestKind::Run, |w| pair(w, b"arguments", b"\x06")),
        AbiError::Codec(_)
    ));
    assert_eq!(
        refusal(RequestKind::Run, |w| {
            let many = [0u8].repeat(MAX_ARGUMENTS as usize + 1);
            pair(w, b"arguments", &many);
        }),
        AbiError::FieldRange("arguments")
    );
}

#[test]
fn only_scripts_that_stay_replace_others() {
    let replacing = |kind, grace| {
        refusal(kind, |w| {
            for text in ["text", "return 1", "chunk", "=x", "replace"] {
                w.string(text.as_bytes()).unwrap();
            }
            w.integer(grace).unwrap();
        })
    };
    assert_eq!(replacing(RequestKind::Eval, 1), AbiError::UnknownField);
    assert_eq!(replacing(RequestKind::Stop, 1), AbiError::UnknownField);
    for grace in [-1, 600_001] {
        assert_eq!(
            replacing(RequestKind::Run, grace),
            AbiError::FieldRange("replace")
        );
    }
}

#[test]
fn a_context_is_one_of_three_and_for_scripts_that_stay() {
    let numbered = |kind, number| {
        refusal(kind, |w| {
            w.string(b"script").unwrap();
            w.string(b"x").unwrap();
            w.string(b"context").unwrap();
            w.integer(number).unwrap();
        })
    };
    for number in [-1, 3, 256, 257, i64::MAX] {
        assert_eq!(
            numbered(RequestKind::Run, number),
            AbiError::FieldRange("context")
        );
    }
    // Even the one that it has anyway.
    for number in [0, 1] {
        for kind in [RequestKind::Eval, RequestKind::Repl, RequestKind::Stop] {
            assert_eq!(numbered(kind, number), AbiError::UnknownField);
        }
    }
    let word = refusal(RequestKind::Spawn, |w| {
        for text in ["script", "x", "context", "softirq"] {
            w.string(text.as_bytes()).unwrap();
        }
    });
    assert_eq!(word, AbiError::FieldType("context"));
    let twice = refusal(RequestKind::Run, |w| {
        for _ in 0..2 {
            w.string(b"context").unwrap();
            w.integer(1).unwrap();
        }
    });
    assert_eq!(twice, AbiError::DuplicateField("context"));
    // Without the field it is the first one.
    let body = message(|writer| {
        writer.begin_table().unwrap();
        writer.string(b"script").unwrap();
        writer.string(b"x").unwrap();
        writer.end_table().unwrap();
    });
    let Ok(Request::Run(start)) = Request::decode(&frame(RequestKind::Run.number(), &body)) else {
        panic!()
    };
    assert_eq!(start.context, Context::Process);
}

#[test]
fn names_in_requests_follow_the_rule() {
    // Only requests about a runtime that runs take paths.
    let path = |writer: &mut Writer<Vec<u8>>| {
        writer.string(b"name").unwrap();
        writer.string(b"/etc/x").unwrap();
    };
    assert_eq!(
        refusal(RequestKind::Logs, path),
        AbiError::Name(NameError::Absolute)
    );
    for (kind, name) in [(RequestKind::Stop, 0x07), (RequestKind::Status, 0x09)] {
        let body = message(|writer| {
            writer.begin_table().unwrap();
            path(writer);
            writer.end_table().unwrap();
        });
        assert_eq!(kind.number(), name);
        assert!(Request::decode(&frame(name, &body)).is_ok());
    }
}
