// SPDX-License-Identifier: GPL-2.0-only OR MIT

use crate::{
    fields::Kind,
    layout::{protocol, Layout, Network},
    memory::Memory,
};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// Where the network header is in these tests: behind a MAC header.
const START: i32 = 14;

fn find(ethertype: u16, packet: &[u8]) -> Layout {
    let bytes = framed(packet);
    Layout::find(&Memory(&bytes), ethertype, START, bytes.len() as i32)
}

fn framed(packet: &[u8]) -> Vec<u8> {
    [&[0xee; START as usize][..], packet].concat()
}

fn payload(ethertype: u16, packet: &[u8]) -> Option<(i32, i32)> {
    let bytes = framed(packet);
    let layout = Layout::find(&Memory(&bytes), ethertype, START, bytes.len() as i32);
    let (start, end) = layout.payload(&Memory(&bytes))?;
    Some((start - START, end - START))
}

/// IPv4 with a header of `words` words, and this rest.
fn ipv4(words: u8, total: u16, fragment: u16, protocol: u8, rest: &[u8]) -> Vec<u8> {
    let mut header = vec![0x40 | words, 0];
    header.extend(total.to_be_bytes());
    header.extend([0, 0]);
    header.extend(fragment.to_be_bytes());
    header.extend([64, protocol, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    header.resize(usize::from(words.max(5)) * 4, 1);
    header.extend(rest);
    header
}

fn ipv6(payload: u16, next: u8, rest: &[u8]) -> Vec<u8> {
    let mut header = vec![0x60, 0, 0, 0];
    header.extend(payload.to_be_bytes());
    header.extend([next, 64]);
    header.resize(40, 1);
    header.extend(rest);
    header
}

#[test]
fn headers_of_ipv4() {
    let packet = ipv4(
        5,
        48,
        0,
        protocol::UDP,
        &[
            0, 1, 0, 2, 0, 28, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0,
        ],
    );
    let layout = find(IPV4, &packet);
    assert_eq!(layout.network, Network::Ipv4);
    assert_eq!((layout.start, layout.transport), (START, START + 20));
    // All that is there: it says more.
    assert_eq!(layout.end, START + 42);
    assert_eq!(layout.protocol, Some(protocol::UDP));
    assert_eq!(Kind::Ip.start(&layout), Some(START));
    assert_eq!(Kind::Udp.start(&layout), Some(START + 20));
    assert_eq!(Kind::Tcp.start(&layout), None);
    assert_eq!(Kind::Ipv6.start(&layout), None);
    assert_eq!(payload(IPV4, &packet), Some((28, 42)));
    let with_options = ipv4(
        15,
        70,
        0,
        protocol::ICMP,
        &[8, 0, 0, 0, 0, 1, 0, 2, 3, 4, 5, 6],
    );
    let layout = find(IPV4, &with_options);
    assert_eq!(layout.transport, START + 60);
    // The last bytes are padding.
    assert_eq!(payload(IPV4, &with_options), Some((68, 70)));
    assert_eq!(Kind::Icmp.start(&layout), Some(START + 60));
    assert_eq!(Kind::Icmpv6.start(&layout), None);
}

#[test]
fn headers_that_are_none() {
    let nothing = |packet: &[u8]| {
        let layout = find(IPV4, packet);
        assert_eq!(layout.network, Network::Other, "{packet:?}");
        assert_eq!(layout.protocol, None);
        assert!(Kind::ALL.iter().all(|kind| kind.start(&layout).is_none()));
    };
    nothing(&[]);
    nothing(&ipv4(5, 20, 0, 6, &[])[..19]);
    nothing(&ipv4(4, 20, 0, 6, &[0; 40]));
    nothing(&ipv4(6, 24, 0, 6, &[])[..23]);
    nothing(&ipv6(0, 6, &[]));
    assert_eq!(
        find(IPV6, &ipv4(5, 20, 0, 6, &[0; 40])).network,
        Network::Other
    );
    assert_eq!(find(IPV6, &ipv6(0, 6, &[])[..39]).network, Network::Other);
    assert_eq!(
        find(0x1234, &ipv4(5, 20, 0, 6, &[0; 40])).network,
        Network::Other
    );
    assert_eq!(find(0x0806, &[]).network, Network::Arp);
}

#[test]
fn fragments() {
    let first = find(IPV4, &ipv4(5, 28, 0x2000, protocol::UDP, &[0; 8]));
    assert!(first.is_fragment && first.has(protocol::UDP));
    let later = find(IPV4, &ipv4(5, 28, 0x0001, protocol::UDP, &[0; 8]));
    assert!(later.is_fragment && later.protocol.is_none());
    let whole = find(IPV4, &ipv4(5, 28, 0x4000, protocol::UDP, &[0; 8]));
    assert!(!whole.is_fragment && whole.has(protocol::UDP));
    for (offset, is_fragment, has) in [
        (0_u16, false, true),
        (1, true, true),
        (8, true, false),
        (9, true, false),
    ] {
        let mut rest = vec![protocol::UDP, 0];
        rest.extend(offset.to_be_bytes());
        rest.extend([0, 0, 0, 1, 0, 1, 0, 2, 0, 8, 0, 0]);
        let layout = find(IPV6, &ipv6(16, 44, &rest));
        assert_eq!(
            (layout.is_fragment, layout.has(protocol::UDP)),
            (is_fragment, has),
            "{offset}"
        );
        assert_eq!(layout.transport, START + 48);
    }
}

#[test]
fn extension_headers() {
    let hop = [60, 0, 1, 4, 0, 0, 0, 0];
    let destination = [protocol::TCP, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let tcp = [
        0, 80, 1, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x60, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 7, 8,
    ];
    let rest = [&hop[..], &destination, &tcp].concat();
    let packet = ipv6(rest.len() as u16, 0, &rest);
    let layout = find(IPV6, &packet);
    assert_eq!(layout.transport, START + 64);
    assert_eq!(Kind::Tcp.start(&layout), Some(START + 64));
    assert_eq!(payload(IPV6, &packet), Some((88, 90)));
    // One that ends behind the packet.
    let long = find(IPV6, &ipv6(8, 0, &[protocol::TCP, 255, 0, 0, 0, 0, 0, 0]));
    assert_eq!((long.transport, long.protocol), (long.end, None));
    assert_eq!(long.guarded_end(), START + 48);
    // Nothing follows.
    assert_eq!(find(IPV6, &ipv6(0, 59, &[])).protocol, None);
}

#[test]
fn length_fields_only_make_packets_shorter() {
    for total in 0..=u16::MAX {
        let layout = find(IPV4, &ipv4(5, total, 0, protocol::UDP, &[0; 30]));
        let expected = if (20..=50).contains(&total) {
            i32::from(total)
        } else {
            50
        };
        assert_eq!(layout.end, START + expected);
        let layout = find(IPV6, &ipv6(total, protocol::UDP, &[0; 30]));
        let expected = if (1..=30).contains(&total) {
            i32::from(total)
        } else {
            30
        };
        assert_eq!(layout.end, START + 40 + expected);
        let mut udp = [0; 30];
        udp[4..6].copy_from_slice(&total.to_be_bytes());
        let expected = if (8..=30).contains(&total) {
            i32::from(total)
        } else {
            30
        };
        assert_eq!(
            payload(IPV4, &ipv4(5, 50, 0, protocol::UDP, &udp)),
            Some((28, 20 + expected))
        );
    }
    for words in 0..16_u8 {
        let mut tcp = [0; 40];
        tcp[12] = words << 4;
        let expected = (5..=10)
            .contains(&words)
            .then(|| (20 + i32::from(words) * 4, 60));
        assert_eq!(
            payload(IPV4, &ipv4(5, 60, 0, protocol::TCP, &tcp)),
            expected
        );
    }
}

#[test]
fn what_is_guarded() {
    let guarded = |layout: &Layout| -> Vec<(i32, u8)> {
        (START - 5..layout.guarded_end().max(START))
            .filter(|&at| layout.guarded(at) != 0)
            .map(|at| (at - START, layout.guarded(at)))
            .collect()
    };
    let plain = find(IPV4, &ipv4(5, 40, 0, protocol::TCP, &[0; 20]));
    assert_eq!(guarded(&plain), [(0, 0xff), (9, 0xff)]);
    let options = find(IPV4, &ipv4(6, 44, 0, protocol::TCP, &[0; 20]));
    assert_eq!(
        guarded(&options),
        [
            (0, 0xff),
            (9, 0xff),
            (20, 0xff),
            (21, 0xff),
            (22, 0xff),
            (23, 0xff)
        ]
    );
    let plain = find(IPV6, &ipv6(20, protocol::TCP, &[0; 20]));
    assert_eq!(guarded(&plain), [(0, 0xf0), (6, 0xff)]);
    let extended = find(
        IPV6,
        &ipv6(
            16,
            0,
            &[protocol::UDP, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
    );
    let expected: Vec<_> = [(0, 0xf0), (6, 0xff)]
        .into_iter()
        .chain((40..48).map(|at| (at, 0xff)))
        .collect();
    assert_eq!(guarded(&extended), expected);
    let arp = find(0x0806, &[0; 28]);
    assert_eq!(
        guarded(&arp),
        (0..6).map(|at| (at, 0xff)).collect::<Vec<_>>()
    );
}

#[test]
fn the_shortest_packet() {
    let shortest = |ethertype, packet: &[u8]| {
        let bytes = framed(packet);
        let layout = Layout::find(&Memory(&bytes), ethertype, START, bytes.len() as i32);
        layout.shortest_end(&Memory(&bytes)) - START
    };
    let mut tcp = [0; 40];
    tcp[12] = 0x70;
    assert_eq!(shortest(IPV4, &ipv4(5, 60, 0, protocol::TCP, &tcp)), 48);
    tcp[12] = 0;
    assert_eq!(shortest(IPV4, &ipv4(5, 60, 0, protocol::TCP, &tcp)), 40);
    assert_eq!(shortest(IPV4, &ipv4(7, 60, 0, protocol::UDP, &tcp)), 36);
    assert_eq!(shortest(IPV4, &ipv4(5, 60, 0, 132, &tcp)), 20);
    assert_eq!(shortest(IPV4, &ipv4(5, 60, 1, protocol::TCP, &tcp)), 20);
    assert_eq!(shortest(IPV6, &ipv6(40, protocol::ICMPV6, &tcp)), 48);
    assert_eq!(shortest(0x0806, &[0; 60]), 28);
    assert_eq!(shortest(0x88cc, &[0; 60]), 60);
}
