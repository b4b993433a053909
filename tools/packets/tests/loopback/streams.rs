// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! TCP.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Duration,
};

use crate::program::{numbers, run, Server};

#[test]
fn bytes_come_back() {
    for (any, bytes) in [("127.0.0.1:0", "20000000"), ("[::1]:0", "5000")] {
        let server = Server::start(&["echo", "tcp", any]);
        let (status, line, _) = run(&["tcp", &server.address, "--bytes", bytes]);
        assert_eq!(status, 0, "{line}");
        let found = numbers(&line);
        assert_eq!(found["bytes"], bytes.parse().unwrap());
        assert!(found["mb_per_s"] > 0.0, "{line}");
    }
}

/// A server that serves one connection.
fn tcp_server(serve: impl FnOnce(std::net::TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    address
}

#[test]
fn bytes_that_differ_are_told() {
    let address = tcp_server(|mut stream| {
        let mut buffer = [0; 1000];
        stream.read_exact(&mut buffer).unwrap();
        buffer[700] ^= 1;
        stream.write_all(&buffer).unwrap();
    });
    let (status, line, _) = run(&["tcp", &address, "--bytes", "1000"]);
    assert_eq!((status, &*line), (1, "byte 700 of 1000 differs"));
}

#[test]
fn connections_that_end_early_or_stall_are_told() {
    let address = tcp_server(|mut stream| {
        let mut buffer = [0; 1000];
        stream.read_exact(&mut buffer).unwrap();
        stream.write_all(&buffer[..10]).unwrap();
    });
    let (status, line, _) = run(&["tcp", &address, "--bytes", "1000"]);
    assert_eq!((status, &*line), (1, "closed after 10 of 1000 bytes"));

    let address = tcp_server(|mut stream| {
        let mut buffer = Vec::new();
        stream.read_to_end(&mut buffer).unwrap();
        // Until the client is gone.
        while stream.write_all(&[]).is_ok() && stream.read(&mut [0]).is_ok_and(|it| it > 0) {}
        thread::park();
    });
    let (status, line, _) = run(&["tcp", &address, "--bytes", "1000", "--timeout-ms", "50"]);
    assert_eq!((status, &*line), (1, "stalled after 0 of 1000 bytes"));
}

#[test]
fn connections_that_are_not_established_are_told() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let (status, _, error) = run(&["tcp", &address]);
    assert_eq!(status, 3);
    assert!(
        error.contains("no connection: Connection refused"),
        "{error}"
    );

    // Nobody accepts, and there is room for one or two: then packets are dropped.
    let full = TcpListener::bind("127.0.0.1:0").unwrap();
    nix::sys::socket::listen(&full, nix::sys::socket::Backlog::new(0).unwrap()).unwrap();
    let address = full.local_addr().unwrap();
    let mut taken = Vec::new();
    while let Ok(stream) =
        std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100))
    {
        taken.push(stream);
        assert!(taken.len() < 10);
    }
    let (status, _, error) = run(&["tcp", &address.to_string(), "--timeout-ms", "100"]);
    assert_eq!(status, 2, "{error}");
    assert_eq!(
        error,
        format!("packets: {address}: no connection within 100 ms")
    );
}

#[test]
fn the_first_message_of_tls_arrives_in_segments() {
    for (segments, answer, wanted) in [
        ("1", &b"\x16"[..], (0, "handshake")),
        ("2", b"\x15", (0, "alert")),
        ("5", b"HTTP", (0, "other")),
        ("2", b"", (1, "closed")),
    ] {
        let (sender, receiver) = std::sync::mpsc::channel();
        let address = tcp_server(move |mut stream| {
            let mut received = Vec::new();
            let mut reads = 0;
            let mut buffer = [0; 1000];
            loop {
                let length = stream.read(&mut buffer).unwrap();
                reads += 1;
                received.extend_from_slice(&buffer[..length]);
                if received.len() > 5
                    && received.len()
                        == 5 + usize::from(received[3]) * 256 + usize::from(received[4])
                {
                    break;
                }
            }
            stream.write_all(answer).unwrap();
            sender.send((received, reads)).unwrap();
        });
        let name = "server.example.org";
        let (status, line, _) = run(&["tls-hello", &address, name, "--segments", segments]);
        let (received, reads) = receiver.recv().unwrap();
        let bytes = received.len();
        assert_eq!(
            (status, line),
            (
                wanted.0,
                format!("segments={segments} bytes={bytes} answer={}", wanted.1)
            )
        );
        assert!(received
            .windows(name.len())
            .any(|found| found == name.as_bytes()));
        // One read may take several segments, but no segment needs two.
        assert!(reads <= segments.parse().unwrap(), "{reads}");
    }
}

#[test]
fn a_server_of_tls_that_says_nothing_is_told() {
    let address = tcp_server(|mut stream| {
        let mut buffer = Vec::new();
        // Until the client is gone.
        let _ = stream.read_to_end(&mut buffer);
    });
    let (status, line, _) = run(&["tls-hello", &address, "a.b", "--timeout-ms", "50"]);
    assert_eq!(status, 1, "{line}");
    assert!(line.ends_with(" answer=none"), "{line}");
}

#[test]
fn knocks_are_answered_in_order() {
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port().to_string();
    let (first, second) = (port(&closed), port(&open));
    drop(closed);
    let (status, line, _) = run(&["knock", "127.0.0.1", &first, &second, &first]);
    assert_eq!(status, 0, "{line}");
    assert_eq!(line, format!("{first}=closed {second}=open {first}=closed"));
}
