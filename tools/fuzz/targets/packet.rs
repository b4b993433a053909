// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Any bytes are a packet of any type: whatever it claims, all that is found of it is in it. Its fields are read and
//! written in place, and searching in it finds what is there.

#![no_main]
// Only the kernel module uses all of the files below.
#![allow(dead_code)]

#[path = "../../../rust/linux/packet/fields.rs"]
mod fields;
#[path = "../../../rust/linux/packet/layout.rs"]
mod layout;
#[path = "../../packet-tests/src/memory.rs"]
mod memory;
#[path = "../../../rust/linux/packet/place.rs"]
mod place;
#[path = "../../../rust/linux/packet/search.rs"]
mod search;

use libfuzzer_sys::fuzz_target;

use fields::{Field, Kind};
use layout::{Bytes, Layout};
use memory::Memory;
use place::place;
use search::Search;

/// What is known of a packet is in it.
fn check_layout(packet: &Memory<'_>, layout: &Layout, start: i32, length: i32) {
    let inside = start..=length.max(start);
    assert_eq!(layout.start, start);
    assert!(inside.contains(&layout.transport) && inside.contains(&layout.end));
    assert!(layout.guarded_end() <= length.max(start.saturating_add(6)));
    assert!(layout.shortest_end(packet) >= layout.start);
    for kind in Kind::ALL {
        let Some(header) = kind.start(layout) else {
            continue;
        };
        assert!(inside.contains(&header));
        for named in kind.fields() {
            let field = named.field;
            let (at, count) = field.place();
            let at = place(header, layout.end, at.into(), count);
            let at = at.expect("a header that is there has all of its fields");
            let mut bytes = [0; 16];
            assert!(packet.read(at, &mut bytes[..count]));
            if let Field::Number { shift, bits, .. } = field {
                let before = bytes;
                let value = fields::get(fields::in_host_order(&bytes[..count]), shift, bits);
                fields::set(&mut bytes[..count], shift, bits, !value);
                fields::set(&mut bytes[..count], shift, bits, value);
                assert_eq!(bytes, before);
            }
        }
    }
    if let Some(end) = layout.header_end(packet) {
        assert!(end > layout.transport && end <= layout.end);
    }
    if let Some((from, to)) = layout.payload(packet) {
        assert!(layout.transport < from && from <= to && to <= layout.end);
    }
    for at in start.saturating_sub(20)..layout.guarded_end().min(start.saturating_add(100)) {
        assert!(at >= start || layout.guarded(at) == 0);
    }
}

fuzz_target!(|input: &[u8]| {
    let [kind, before, offset, count, rest @ ..] = input else {
        return;
    };
    let ethertype = [0x0800, 0x86dd, 0x0806, 0x8100][usize::from(kind & 3)];
    // The header may lie behind the end, too.
    let start = i32::from(before & 31);
    let packet = Memory(rest);
    let length = i32::try_from(rest.len()).expect("the input is short");
    let layout = Layout::find(&packet, ethertype, start, length);
    check_layout(&packet, &layout, start, length);

    // A part of it is found where it is, or before.
    let (at, count) = (usize::from(*offset), usize::from(*count));
    if let Some(needle) = rest.get(at..).and_then(|tail| tail.get(..count)) {
        let Some(mut search) = Search::new(needle) else {
            return;
        };
        let size = usize::from(kind >> 2) + 1;
        let found = rest.chunks(size).find_map(|piece| search.read(piece));
        let naive = rest.windows(count).position(|window| window == needle);
        assert_eq!(found, naive);
    }
});
