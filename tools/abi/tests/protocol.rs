// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the protocol promises: frames survive, and anything else is refused with a reason.

use lunatik_abi::abi::{
    errno, split_frame, AbiError, Budget, Context, Failure, Frame, FrameError, FrameHeader,
    HookRow, HookState, Hooks, HooksWriter, LogLine, Messages, MissedCalls, NameError, Origin,
    Outcome, Permissions, Profile, Reply, Request, RequestKind, Source, Start, State, StatusRow,
    Stream, HEADER_LENGTH, MAX_ARGUMENTS, MAX_FRAME, MAX_PERMISSIONS, MAX_PROFILE_HZ,
    MAX_PROFILE_MS,
};
use lunatik_abi::codec::{Message, Writer};

fn message(build: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    build(&mut writer);
    writer.finish().unwrap()
}

fn frame(kind: u16, body: &[u8]) -> Frame<'_> {
    Frame {
        header: FrameHeader {
            length: (HEADER_LENGTH + body.len()) as u32,
            kind,
            flags: 0,
            request: 1,
        },
        body,
    }
}

fn refusal(kind: RequestKind, build: impl FnOnce(&mut Writer<Vec<u8>>)) -> AbiError {
    let body = message(|writer| {
        writer.begin_table().unwrap();
        build(writer);
        writer.end_table().unwrap();
    });
    Request::decode(&frame(kind.number(), &body)).unwrap_err()
}

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
            directory: b"/root/scripts",
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
fn replies_survive() {
    let values = message(|writer| {
        writer.nil().unwrap();
        writer.float(0.5f64.to_bits()).unwrap();
    });
    let values = Message::check(&values).unwrap();
    let hooks = hooks(&[hook(), hook()]);
    for reply in [
        Reply::Output {
            stream: Stream::Output,
            bytes: b"hello\n",
        },
        Reply::Log(LogLine {
            sequence: 9,
            time_ns: 1_700_000_000_000_000_000,
            stream: Stream::Error,
            bytes: b"",
        }),
        Reply::Names { names: values },
        Reply::Status(StatusRow {
            name: b"x",
            id: 8,
            parent: 9,
            kind: b"spawn",
            state: State::Blocked,
            class: Context::Softirq,
            context: Some(0),
            waits_for: b"message, timer",
            cpu: Some(0),
            memory_used: 1,
            memory_limit: 2,
            cpu_ns: 3,
            cpu_limit_ms: 5,
            slice_ms: 6,
            stop_latency_ns: 7,
            age_ns: 4,
            hooks: Hooks::new(Message::check(&hooks).unwrap()).unwrap(),
            stopped: true,
            lost: Some(0),
            messages: Some(Messages {
                waiting: 0,
                received: u64::MAX >> 1,
            }),
            permissions: b"load (sealed)",
            error: b"",
            traceback: b"stack traceback:",
        }),
        Reply::Stack {
            stack: b"x;main chunk x.lua",
            count: 1 << 40,
        },
        Reply::Done(Outcome::Success {
            values,
            texts: Message::EMPTY,
        }),
        Reply::Done(Outcome::Success {
            values,
            texts: values,
        }),
        Reply::Done(Outcome::Success {
            values: Message::EMPTY,
            texts: Message::EMPTY,
        }),
        Reply::Done(Outcome::Incomplete),
        Reply::Done(Outcome::Failure(Failure {
            origin: Origin::Script,
            errno: 0,
            message: b"x:1: no",
            traceback: b"stack traceback:\n\t...",
        })),
    ] {
        let mut bytes = Vec::new();
        reply.encode(3, &mut bytes).unwrap();
        let frame = split_frame(&bytes).unwrap().unwrap();
        assert_eq!(Reply::decode(&frame), Ok(reply));
    }
}

#[test]
fn a_status_may_lack_what_an_earlier_version_did_not_send() {
    let row = StatusRow {
        name: b"x",
        id: 0,
        parent: 0,
        kind: b"actor",
        state: State::Running,
        class: Context::Process,
        context: None,
        waits_for: b"",
        cpu: None,
        memory_used: 1,
        memory_limit: 2,
        cpu_ns: 3,
        cpu_limit_ms: 0,
        slice_ms: 0,
        stop_latency_ns: 0,
        age_ns: 4,
        hooks: Hooks::NONE,
        stopped: false,
        lost: None,
        messages: None,
        permissions: b"",
        error: b"",
        traceback: b"",
    };
    let body = message(|writer| {
        writer.begin_table().unwrap();
        for (field, value) in [
            ("memory_used", 1),
            ("memory_limit", 2),
            ("cpu_ns", 3),
            ("age_ns", 4),
        ] {
            writer.string(field.as_bytes()).unwrap();
            writer.integer(value).unwrap();
        }
        for text in ["name", "x", "kind", "actor", "state", "running"] {
            writer.string(text.as_bytes()).unwrap();
        }
        writer.end_table().unwrap();
    });
    assert_eq!(Reply::decode(&frame(0x8004, &body)), Ok(Reply::Status(row)));
    // Nor does a row without them take room for them.
    let mut bytes = Vec::new();
    Reply::Status(row).encode(3, &mut bytes).unwrap();
    for field in [
        "class",
        "context",
        "waits_for",
        "hooks",
        "stopped",
        "lost",
        "messages",
    ] {
        assert!(!bytes.windows(field.len()).any(|at| at == field.as_bytes()));
    }
}

fn hook() -> HookRow<'static> {
    HookRow {
        name: b"pre_routing",
        state: HookState::Disabled,
        reason: b"16 over-runs in 10 s",
        place: b"filter.lua:12",
        runs: 1000,
        failures: 17,
        overruns: 16,
        missed: MissedCalls {
            closed: 1,
            busy: 2,
            contended: 3,
            context: 4,
            depth: 5,
        },
        ns: 1_000_000,
        longest_ns: 2000,
    }
}

fn hooks(rows: &[HookRow<'_>]) -> Vec<u8> {
    let mut writer = HooksWriter::new(Vec::new());
    for row in rows {
        writer.add(row).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn hooks_survive_in_their_order() {
    let rows: Vec<_> = HookState::ALL
        .into_iter()
        .map(|state| HookRow {
            state,
            reason: b"",
            place: b"",
            // The largest number that a frame holds.
            ns: i64::MAX as u64,
            ..hook()
        })
        .collect();
    let bytes = hooks(&rows);
    let list = Hooks::new(Message::check(&bytes).unwrap()).unwrap();
    assert_eq!(list.iter().collect::<Vec<_>>(), rows);
    assert_eq!(Hooks::NONE.iter().count(), 0);
    let beyond = hooks(&[HookRow {
        ns: u64::MAX,
        ..hook()
    }]);
    let list = Hooks::new(Message::check(&beyond).unwrap()).unwrap();
    let ns: Vec<_> = list.iter().map(|row| row.ns).collect();
    assert_eq!(ns, [i64::MAX as u64]);
}

#[test]
fn missed_calls_add_up() {
    assert_eq!(hook().missed.sum(), 15);
    let most = MissedCalls {
        depth: u64::MAX,
        ..hook().missed
    };
    assert_eq!(most.sum(), u64::MAX);
}

#[test]
fn lists_that_are_not_of_hooks_are_refused() {
    let of = |bytes: &[u8]| Hooks::new(Message::check(bytes).unwrap()).map(|_| ());
    assert_eq!(of(&hooks(&[hook(); 64])), Ok(()));
    assert_eq!(
        of(&hooks(&[hook(); 65])),
        Err(AbiError::FieldRange("hooks"))
    );
    let scalar = message(|writer| writer.integer(1).unwrap());
    assert_eq!(of(&scalar), Err(AbiError::NotFields));
    // The fields of a hook, one of which is changed or left out.
    let with = |change: &dyn Fn(&str, &mut Writer<Vec<u8>>) -> bool| {
        message(|writer| {
            writer.begin_table().unwrap();
            for (name, text) in [("name", "x"), ("state", "on")] {
                if change(name, writer) {
                    writer.string(name.as_bytes()).unwrap();
                    writer.string(text.as_bytes()).unwrap();
                }
            }
            for name in ["runs", "failures", "overruns", "ns", "longest_ns"]
                .into_iter()
                .chain(hook().missed.by_reason().map(|(name, _)| name))
            {
                if change(name, writer) {
                    writer.string(name.as_bytes()).unwrap();
                    writer.integer(1).unwrap();
                }
            }
            writer.end_table().unwrap();
        })
    };
    assert_eq!(of(&with(&|_, _| true)), Ok(()));
    for name in [
        "name",
        "state",
        "runs",
        "failures",
        "overruns",
        "ns",
        "longest_ns",
        "closed",
        "busy",
        "contended",
        "context",
        "depth",
    ] {
        assert_eq!(
            of(&with(&|field, _| field != name)),
            Err(AbiError::MissingField(name))
        );
        let negative = with(&|field, writer| {
            if field == name {
                writer.string(name.as_bytes()).unwrap();
                writer.integer(-1).unwrap();
            }
            field != name
        });
        assert!(matches!(
            of(&negative),
            Err(AbiError::FieldRange(at) | AbiError::FieldType(at)) if at == name
        ));
        let double = with(&|field, writer| {
            if field == name && !["name", "state"].contains(&name) {
                writer.string(name.as_bytes()).unwrap();
                writer.integer(1).unwrap();
            }
            true
        });
        if !["name", "state"].contains(&name) {
            assert_eq!(of(&double), Err(AbiError::DuplicateField(name)));
        }
    }
    let unknown = with(&|field, writer| {
        if field == "state" {
            writer.string(b"state").unwrap();
            writer.string(b"asleep").unwrap();
        }
        field != "state"
    });
    assert_eq!(of(&unknown), Err(AbiError::FieldRange("state")));
    // A table in a table.
    let nested = with(&|field, writer| {
        if field == "runs" {
            writer.string(b"more").unwrap();
            writer.begin_table().unwrap();
            writer.end_table().unwrap();
        }
        true
    });
    assert_eq!(of(&nested), Err(AbiError::NotFields));
    // A later version may say more.
    let later = with(&|field, writer| {
        if field == "runs" {
            writer.string(b"mood").unwrap();
            writer.string(b"good").unwrap();
        }
        true
    });
    assert_eq!(of(&later), Ok(()));
    // The list in a status.
    let body = message(|writer| {
        writer.begin_table().unwrap();
        for text in [b"hooks".as_slice(), &scalar] {
            writer.string(text).unwrap();
        }
        writer.end_table().unwrap();
    });
    assert_eq!(
        Reply::decode(&frame(0x8004, &body)),
        Err(AbiError::NotFields)
    );
}

#[test]
fn replies_may_have_fields_of_later_versions() {
    let body = message(|writer| {
        writer.begin_table().unwrap();
        for text in [b"outcome".as_slice(), b"success", b"mood", b"good"] {
            writer.string(text).unwrap();
        }
        writer.end_table().unwrap();
    });
    let (values, texts) = (Message::EMPTY, Message::EMPTY);
    assert_eq!(
        Reply::decode(&frame(0x8005, &body)),
        Ok(Reply::Done(Outcome::Success { values, texts }))
    );
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
fn bodies_that_are_not_one_table_are_refused() {
    for body in [&b""[..], b"\x00", b"\x06\x07\x00", b"\x06\x03\x02\x02\x07"] {
        let error = Request::decode(&frame(RequestKind::List.number(), body)).unwrap_err();
        assert_eq!(error, AbiError::NotFields, "{body:x?}");
        assert_eq!(error.errno(), errno::EPROTO);
    }
}

#[test]
fn unknown_kinds_and_flags_are_refused() {
    let unknown = frame(0x7777, b"\x06\x07");
    let error = Request::decode(&unknown).unwrap_err();
    assert_eq!(error, AbiError::UnknownKind(0x7777));
    assert_eq!(error.errno(), errno::ENOSYS);
    let mut flagged = frame(RequestKind::List.number(), b"\x06\x07");
    flagged.header.flags = 1;
    let error = Request::decode(&flagged).unwrap_err();
    assert_eq!(error, AbiError::UnknownFlags(1));
    assert!(!error.loses_stream());
}

#[test]
fn impossible_lengths_are_refused_at_once() {
    for length in [0, 11, MAX_FRAME as u32 + 1, u32::MAX] {
        let mut bytes = [0; HEADER_LENGTH];
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        let error = split_frame(&bytes).unwrap_err();
        assert_eq!(error, AbiError::FrameLength(length));
        assert!(error.loses_stream());
    }
}

#[test]
fn a_frame_that_would_be_too_long_is_not_begun() {
    let text = vec![b' '; MAX_FRAME];
    let mut bytes = Vec::new();
    let error = Request::Repl {
        text: &text,
        permissions: None,
        budget: Budget::default(),
    }
    .encode(1, &mut bytes);
    assert_eq!(error, Err(FrameError::TooLong));
    assert!(bytes.is_empty());
}

#[test]
fn header_bytes_are_where_the_document_says() {
    let mut bytes = Vec::new();
    Request::List.encode(0x0403_0201, &mut bytes).unwrap();
    assert_eq!(bytes, b"\x0e\0\0\0\x08\0\0\0\x01\x02\x03\x04\x06\x07");
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

/// Damaged frames are read or refused, never worse; the same damage each time.
#[test]
fn damaged_frames_do_no_harm() {
    let mut seed: u64 = 88_172_645_463_325_252;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut good = Vec::new();
    Request::Run(Start {
        name: Some(b"counter"),
        source: Source::Text {
            text: b"return 1",
            chunk: b"=x",
            directory: b"",
        },
        context: Context::Softirq,
        percpu: true,
        replace: Some(100),
        memory_limit: 1,
        permissions: Some(Permissions::NOTHING),
        budget: Budget::default(),
        arguments: Message::EMPTY,
        streams: [None; 3],
    })
    .encode(1, &mut good)
    .unwrap();
    for _ in 0..300_000 {
        let mut bytes = good.clone();
        for _ in 0..=random() % 3 {
            let at = (random() % bytes.len() as u64) as usize;
            bytes[at] = random() as u8;
        }
        if let Ok(Some(frame)) = split_frame(&bytes) {
            let _ = Request::decode(&frame);
            let _ = Reply::decode(&frame);
        }
    }
}

#[test]
fn the_seeds_of_the_fuzzer_are_frames_that_say_something() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/frames");
    for seed in std::fs::read_dir(folder).unwrap() {
        let path = seed.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let frame = split_frame(&bytes).unwrap().expect("a whole frame");
        assert!(
            Request::decode(&frame).is_ok() || Reply::decode(&frame).is_ok(),
            "{}",
            path.display()
        );
    }
}
