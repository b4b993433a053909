// SPDX-License-Identifier: GPL-2.0-only OR MIT

use crate::fields::{get, in_host_order, set, Field, Kind, Named};

/// The name that has this key.
fn name(key: u128) -> Vec<u8> {
    let bytes = key.to_le_bytes();
    bytes[..bytes[15].into()].to_vec()
}

#[test]
fn fields_are_found_and_are_in_their_headers() {
    for kind in Kind::ALL {
        let size = match kind {
            Kind::Ip | Kind::Tcp => 20,
            Kind::Ipv6 => 40,
            Kind::Udp | Kind::Icmp | Kind::Icmpv6 => 8,
        };
        for &Named { key, field } in kind.fields() {
            let name = &name(key);
            assert_eq!(kind.field(name), Some(field));
            let (at, count) = field.place();
            assert!(usize::from(at) + count <= size, "{kind:?} {name:?}");
            match field {
                Field::Number {
                    bytes, shift, bits, ..
                } => {
                    assert!([1, 2, 4].contains(&bytes) && bits >= 1 && shift + bits <= bytes * 8);
                }
                Field::Bytes { count, .. } => assert!(count <= 16),
            }
        }
        assert_eq!(Kind::find(kind.name().as_bytes()), Some(kind));
        assert_eq!(kind.is_network(), matches!(kind, Kind::Ip | Kind::Ipv6));
        assert_eq!(kind.field(b""), None);
        for none in [
            &b"zzz"[..],
            b"\0ttl",
            b"ttl\0",
            b"tt",
            b"x23456789012345",
            b"x234567890123456",
            &[0xff; 1000],
        ] {
            assert_eq!(kind.field(none), None);
        }
    }
    assert_eq!(Kind::find(b"sctp"), None);
}

/// The number that a field of a header has.
fn number(header: &[u8], kind: Kind, name: &str) -> u32 {
    match kind.field(name.as_bytes()).expect("there is such a field") {
        Field::Number {
            at,
            bytes,
            shift,
            bits,
        } => {
            let at = usize::from(at);
            get(
                in_host_order(&header[at..at + usize::from(bytes)]),
                shift,
                bits,
            )
        }
        Field::Bytes { .. } => panic!("{name} is no number"),
    }
}

#[test]
fn fields_are_where_the_protocols_have_them() {
    let ip = [
        0x4f, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22, 0x33, 10, 0, 0, 1, 192,
        168, 255, 254,
    ];
    for (name, value) in [
        ("version", 4),
        ("ihl", 15),
        ("tos", 0x12),
        ("tot_len", 0x3456),
        ("len", 0x3456),
        ("id", 0x789a),
        ("frag_off", 0xbcde),
        ("ttl", 0xf0),
        ("protocol", 0x11),
        ("proto", 0x11),
        ("check", 0x2233),
        ("saddr", 0x0a00_0001),
        ("src", 0x0a00_0001),
        ("daddr", 0xc0a8_fffe),
        ("dst", 0xc0a8_fffe),
    ] {
        assert_eq!(number(&ip, Kind::Ip, name), value, "{name}");
    }
    let ipv6 = [0x6a, 0xb1, 0x23, 0x45, 0x67, 0x89, 58, 64];
    for (name, value) in [
        ("version", 6),
        ("tclass", 0xab),
        ("priority", 0xab),
        ("flow", 0x12345),
        ("flow_lbl", 0x12345),
        ("payload_len", 0x6789),
        ("nexthdr", 58),
        ("hop_limit", 64),
    ] {
        assert_eq!(number(&ipv6, Kind::Ipv6, name), value, "{name}");
    }
    let tcp = [
        0x01,
        0x02,
        0x03,
        0x04,
        1,
        2,
        3,
        4,
        0xfe,
        0xdc,
        0xba,
        0x98,
        0xa0,
        0b0101_0110,
        0x11,
        0x12,
        0x21,
        0x22,
        0x31,
        0x32,
    ];
    for (name, value) in [
        ("source", 0x0102),
        ("sport", 0x0102),
        ("dest", 0x0304),
        ("dport", 0x0304),
        ("seq", 0x0102_0304),
        ("ack_seq", 0xfedc_ba98),
        ("ack", 0xfedc_ba98),
        ("doff", 10),
        ("flags", 0x56),
        ("fin", 0),
        ("syn", 1),
        ("rst", 1),
        ("psh", 0),
        ("ack_flag", 1),
        ("urg", 0),
        ("ece", 1),
        ("cwr", 0),
        ("window", 0x1112),
        ("check", 0x2122),
        ("urg_ptr", 0x3132),
    ] {
        assert_eq!(number(&tcp, Kind::Tcp, name), value, "{name}");
    }
    let udp = [0, 53, 0x12, 0x34, 0, 8, 0xab, 0xcd];
    for (name, value) in [
        ("sport", 53),
        ("dport", 0x1234),
        ("len", 8),
        ("check", 0xabcd),
    ] {
        assert_eq!(number(&udp, Kind::Udp, name), value, "{name}");
    }
    let icmp = [8, 1, 0xab, 0xcd, 0, 77, 0, 3];
    for kind in [Kind::Icmp, Kind::Icmpv6] {
        for (name, value) in [
            ("type", 8),
            ("code", 1),
            ("checksum", 0xabcd),
            ("id", 77),
            ("sequence", 3),
        ] {
            assert_eq!(number(&icmp, kind, name), value, "{name}");
        }
    }
}

#[test]
fn a_field_is_set_and_its_neighbours_are_not() {
    for kind in Kind::ALL {
        for &Named { key, field } in kind.fields() {
            let name = name(key);
            let Field::Number {
                bytes, shift, bits, ..
            } = field
            else {
                continue;
            };
            for background in [0_u8, 0xff, 0xa5] {
                for value in [0, 1, 0x1234_5678, u32::MAX] {
                    let mut header = vec![background; bytes.into()];
                    let before = header.clone();
                    set(&mut header, shift, bits, value);
                    let low = u64::from(value) & ((1 << bits) - 1);
                    assert_eq!(
                        u64::from(get(in_host_order(&header), shift, bits)),
                        low,
                        "{name:?}"
                    );
                    // With its old value, the header is as it was.
                    let old = get(in_host_order(&before), shift, bits);
                    set(&mut header, shift, bits, old);
                    assert_eq!(header, before, "{name:?}");
                }
            }
        }
    }
}
