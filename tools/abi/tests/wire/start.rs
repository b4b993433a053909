// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The first frame.

use crate::support::*;
use lunatik_abi::codec::Writer;
use lunatik_abi::wire::{
    handle, namespace, Start, Stream, ToProcess, WireError, MAX_FRAME, MAX_SCRIPT, MAX_SETTINGS,
};

/// Writes part of a message.
type Write<'a> = &'a dyn Fn(&mut Writer<Vec<u8>>);

/// The values of a start, each of which may be replaced by another.
fn start_with(place: usize, replace: impl Fn(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    message(|writer| {
        for at in 0..12 {
            if at == place {
                replace(writer);
                continue;
            }
            match at {
                0..=2 => writer.string(b"text").unwrap(),
                3 => writer.integer(namespace::PID.into()).unwrap(),
                4 => writer.nil().unwrap(),
                5 => writer.string(b"log").unwrap(),
                6 => writer.handle(handle::FILE, 5).unwrap(),
                7 => writer.string(b"print()").unwrap(),
                8 => writer.handle(handle::FILE, 6).unwrap(),
                9 => writer.boolean(true).unwrap(),
                10 => {
                    writer.begin_table().unwrap();
                    writer.string(b"HOME").unwrap();
                    writer.string(b"/").unwrap();
                    writer.end_table().unwrap();
                }
                _ => {}
            }
        }
    })
}

#[test]
fn each_value_of_a_start_has_its_type() {
    let is_start = |place, replace: Write<'_>| {
        let body = start_with(place, replace);
        match Start::decode(&body) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error, WireError::Start);
                false
            }
        }
    };
    assert!(is_start(11, &|_| ()));
    // Every place with every kind of value.
    let values: [Write<'_>; 8] = [
        &|writer| writer.nil().unwrap(),
        &|writer| writer.boolean(false).unwrap(),
        &|writer| writer.integer(0).unwrap(),
        &|writer| writer.float(0).unwrap(),
        &|writer| writer.string(b"log").unwrap(),
        &|writer| writer.handle(handle::FILE, 0).unwrap(),
        &|writer| writer.handle(handle::ACTOR, 0).unwrap(),
        &empty_table,
    ];
    let (nil, boolean, integer, string, file, table) = (0, 1, 2, 4, 5, 7);
    for place in 0..=11 {
        for (which, value) in values.iter().enumerate() {
            let fits = match place {
                0..=2 => which == string,
                3 => which == integer,
                4..=6 => [nil, string, file].contains(&which),
                7 => [nil, string].contains(&which),
                8 => [nil, file].contains(&which),
                9 => which == boolean,
                10 => which == table,
                _ => false,
            };
            assert_eq!(is_start(place, value), fits, "value {which} at {place}");
        }
        // A value that is missing.
        assert_eq!(is_start(place, &|_| ()), place == 11, "{place}");
    }
    for place in 4..=6 {
        assert!(!is_start(place, &|writer| writer.string(b"share").unwrap()));
        assert!(!is_start(place, &|writer| writer.string(b"").unwrap()));
    }
}

#[test]
fn namespaces_are_known_ones() {
    let of = |bits: i64| {
        let body = start_with(3, |writer| writer.integer(bits).unwrap());
        Start::decode(&body).map(|start| start.namespaces)
    };
    let all = [
        namespace::MOUNT,
        namespace::UTS,
        namespace::IPC,
        namespace::USER,
        namespace::PID,
        namespace::NET,
    ];
    assert_eq!(all.iter().fold(0, |all, one| all | one), namespace::ALL);
    assert_eq!(all.iter().map(|bits| bits.count_ones()).sum::<u32>(), 6);
    for bit in 0..64 {
        let bits = 1i64 << bit;
        let known = u32::try_from(bits).ok().filter(|bits| all.contains(bits));
        assert_eq!(of(bits), known.ok_or(WireError::Start), "bit {bit}");
    }
    assert_eq!(of(-1), Err(WireError::Start));
    assert_eq!(of(namespace::ALL.into()), Ok(namespace::ALL));
}

#[test]
fn an_environment_is_one_table_of_strings() {
    let of = |build: Write<'_>| {
        let body = start_with(10, |writer| {
            writer.begin_table().unwrap();
            build(writer);
            writer.end_table().unwrap();
        });
        Start::decode(&body).map(|start| start.environment().count())
    };
    assert_eq!(of(&|_| ()), Ok(0));
    let pair = |writer: &mut Writer<Vec<u8>>| {
        writer.string(b"").unwrap();
        writer.string(&[0xff; 5000]).unwrap();
    };
    assert_eq!(of(&pair), Ok(1));
    assert_eq!(of(&|writer| (0..500).for_each(|_| pair(writer))), Ok(500));
    let wrong: [Write<'_>; 6] = [
        &|writer| writer.integer(1).unwrap(),
        &|writer| writer.boolean(true).unwrap(),
        &|writer| writer.handle(handle::FILE, 0).unwrap(),
        &|writer| writer.reference(0).unwrap(),
        &empty_table,
        &|writer| {
            writer.begin_table().unwrap();
            pair(writer);
            writer.end_table().unwrap();
        },
    ];
    for wrong in wrong {
        let value = of(&|writer| {
            pair(writer);
            writer.string(b"name").unwrap();
            wrong(writer);
        });
        assert_eq!(value, Err(WireError::Start));
        let key = of(&|writer| {
            wrong(writer);
            writer.string(b"value").unwrap();
            pair(writer);
        });
        assert_eq!(key, Err(WireError::Start));
    }
}

#[test]
fn the_longest_start_fits_in_a_frame() {
    // Paths as long as the kernel takes them.
    let path = vec![b'/'; 4096];
    let name = vec![b'm'; MAX_SETTINGS];
    let values = Values {
        texts: [name, path.clone(), path],
        namespaces: namespace::ALL,
        streams: [Stream::File(u32::MAX); 3],
        script: Some(vec![b' '; MAX_SCRIPT]),
        argument: Some(u32::MAX),
        single: true,
        environment: Vec::new(),
    };
    let bytes = frame(START, 0, &values.encode());
    assert!(bytes.len() <= MAX_FRAME);
    assert!(ToProcess::decode(&only(&bytes)).is_ok());
}
