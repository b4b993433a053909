// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Hooks in the status of a runtime.

use lunatik_abi::abi::{AbiError, HookRow, HookState, Hooks, HooksWriter, MissedCalls, Reply};
use lunatik_abi::codec::{Message, Writer};

use crate::{frame, message};

/// A hook with every field.
pub(crate) fn hook() -> HookRow<'static> {
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

/// A list of hooks, as the kernel writes it.
pub(crate) fn hooks(rows: &[HookRow<'_>]) -> Vec<u8> {
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
    // A later version may have more fields.
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
