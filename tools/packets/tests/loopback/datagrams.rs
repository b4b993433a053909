// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! UDP.

use std::{
    net::UdpSocket,
    thread,
    time::{Duration, Instant},
};

use crate::program::{numbers, run, Server};

#[test]
fn datagrams_come_back() {
    for any in ["127.0.0.1:0", "[::1]:0"] {
        let server = Server::start(&["echo", "udp", any]);
        let (status, line, _) = run(&["udp", &server.address, "--count", "200", "--size", "1000"]);
        let found = numbers(&line);
        assert_eq!(status, 0, "{line}");
        assert_eq!(
            (found["sent"], found["received"], found["lost"]),
            (200.0, 200.0, 0.0)
        );
        assert!(found["min_us"] > 0.0, "{line}");
        assert!(found["min_us"] <= found["median_us"], "{line}");
        assert!(found["median_us"] <= found["p99_us"], "{line}");
        assert!(found["p99_us"] <= found["max_us"], "{line}");
    }
}

#[test]
fn datagrams_are_sent_at_an_interval() {
    let server = Server::start(&["echo", "udp", "127.0.0.1:0"]);
    let begin = Instant::now();
    let (status, line, _) = run(&[
        "udp",
        &server.address,
        "--count",
        "51",
        "--interval-us",
        "4000",
    ]);
    let time = begin.elapsed();
    assert_eq!(status, 0, "{line}");
    assert!(time >= Duration::from_millis(200), "{time:?}");
}

#[test]
fn datagrams_that_nobody_answers_are_lost() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    for more in [&[][..], &["--interval-us", "100"]] {
        let mut arguments = vec!["udp", &address, "--count", "3", "--timeout-ms", "50"];
        arguments.extend(more);
        let (status, line, _) = run(&arguments);
        assert_eq!(status, 1, "{line}");
        assert!(
            line.starts_with("sent=3 received=0 lost=3 refused=0 denied=0 altered=0 min_us=- "),
            "{line}"
        );
    }
}

#[test]
fn datagrams_to_a_closed_port_are_refused() {
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let begin = Instant::now();
    let (status, line, _) = run(&["udp", &address, "--count", "5"]);
    assert_eq!(status, 1, "{line}");
    let found = numbers(&line);
    assert_eq!((found["lost"], found["refused"]), (5.0, 5.0), "{line}");
    // The word is not waited for in vain.
    assert!(begin.elapsed() < Duration::from_secs(4));
}

/// A server that answers the n-th datagram with what `answer` makes of it.
fn udp_server(answer: impl Fn(usize, &[u8]) -> Vec<Vec<u8>> + Send + 'static) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    // It ends with the test.
    thread::spawn(move || {
        let mut buffer = [0; 2000];
        for number in 0.. {
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            for message in answer(number, &buffer[..length]) {
                socket.send_to(&message, from).unwrap();
            }
        }
    });
    address
}

#[test]
fn echoes_that_are_not_what_was_sent_do_not_count() {
    let address = udp_server(|number, bytes| {
        let mut changed = bytes.to_vec();
        match number {
            0 => changed[20] ^= 1,
            1 => changed.push(0),
            2 => changed.truncate(30),
            // Twice is once.
            _ => return vec![changed.clone(), changed],
        }
        vec![changed]
    });
    let (status, line, _) = run(&["udp", &address, "--count", "5", "--timeout-ms", "100"]);
    assert_eq!(status, 1, "{line}");
    assert!(
        line.starts_with("sent=5 received=2 lost=3 refused=0 denied=0 altered=3 "),
        "{line}"
    );
}

#[test]
fn what_floods_is_counted() {
    let mut sink = Server::start(&["sink", "udp", "127.0.0.1:0"]);
    let (status, line, _) = run(&[
        "flood",
        "udp",
        &sink.address,
        "--seconds",
        "0.3",
        "--threads",
        "2",
    ]);
    assert_eq!(status, 0, "{line}");
    let sent = numbers(&line);
    let line = sink.terminate();
    let received = numbers(line.trim());
    assert!(sent["packets_per_s"] > 0.0);
    assert!(received["received"] > 0.0, "{line}");
    assert!(received["received"] <= sent["sent"], "{line}");
}

#[test]
fn a_sink_counts_each_datagram() {
    let mut sink = Server::start(&["sink", "udp", "[::1]:0"]);
    let socket = UdpSocket::bind("[::1]:0").unwrap();
    for _ in 0..150 {
        socket.send_to(b"x", &*sink.address).unwrap();
    }
    let line = sink.terminate();
    assert!(line.starts_with("received=150 "), "{line}");
}

#[test]
fn names_are_asked_for() {
    let server = Server::start(&["dns-server", "127.0.0.1:0", "192.0.2.7"]);
    let (status, line, _) = run(&["dns", &server.address, "www.example.org"]);
    assert_eq!((status, &*line), (0, "www.example.org A 192.0.2.7"));
    let (status, _, error) = run(&["dns", &server.address, "a..b"]);
    assert_eq!((status, &*error), (64, "packets: 'a..b' is no name"));

    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let (status, line, _) = run(&["dns", &address, "a.b", "--timeout-ms", "50"]);
    assert_eq!((status, &*line), (1, "no answer"));

    drop(silent);
    let (status, line, _) = run(&["dns", &address, "a.b"]);
    assert_eq!((status, &*line), (1, "refused"));

    // What is no answer to the question, and then the error that there is no such name.
    let address = udp_server(|_, question| {
        let mut message = question.to_vec();
        message[2..4].copy_from_slice(&[0x81, 0x83]);
        vec![b"x".to_vec(), question.to_vec(), message]
    });
    let (status, line, _) = run(&["dns", &address, "a.b"]);
    assert_eq!((status, &*line), (1, "a.b error 3"));
}
