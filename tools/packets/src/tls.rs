// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The first message of a TLS connection (RFC 8446, RFC 6066).

use std::ops::Range;

/// Random bytes that a message needs.
pub const RANDOM: usize = 96;

/// A message, and where it has the server's name.
pub struct ClientHello {
    pub bytes: Vec<u8>,
    pub name: Range<usize>,
}

/// Appends what `fill` appends, after its length in `width` bytes.
fn with_length(bytes: &mut Vec<u8>, width: usize, fill: impl FnOnce(&mut Vec<u8>)) {
    let at = bytes.len();
    bytes.resize(at + width, 0);
    fill(bytes);
    let length = bytes.len() - at - width;
    let digits = length.to_be_bytes();
    bytes[at..at + width].copy_from_slice(&digits[digits.len() - width..]);
}

fn words(bytes: &mut Vec<u8>, words: &[u16]) {
    for word in words {
        bytes.extend_from_slice(&word.to_be_bytes());
    }
}

fn extension(bytes: &mut Vec<u8>, number: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    words(bytes, &[number]);
    with_length(bytes, 2, fill);
}

/// Makes a message that offers TLS 1.3 and 1.2 to the server with that name.
pub fn client_hello(name: &str, random: &[u8; RANDOM]) -> ClientHello {
    let (random, rest) = random.split_at(32);
    let (session, key) = rest.split_at(32);
    let mut at = 0;
    // A record with a handshake message, in the version that all servers take.
    let mut bytes = vec![0x16, 3, 1];
    with_length(&mut bytes, 2, |bytes| {
        bytes.push(1);
        with_length(bytes, 3, |bytes| {
            bytes.extend_from_slice(&[3, 3]);
            bytes.extend_from_slice(random);
            with_length(bytes, 1, |bytes| bytes.extend_from_slice(session));
            // Cipher suites of TLS 1.3, then of 1.2.
            with_length(bytes, 2, |bytes| {
                words(
                    bytes,
                    &[0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030],
                );
            });
            // No compression.
            with_length(bytes, 1, |bytes| bytes.push(0));
            with_length(bytes, 2, |bytes| {
                // server_name
                extension(bytes, 0, |bytes| {
                    with_length(bytes, 2, |bytes| {
                        bytes.push(0);
                        with_length(bytes, 2, |bytes| {
                            at = bytes.len();
                            bytes.extend_from_slice(name.as_bytes());
                        });
                    });
                });
                // supported_groups: x25519, secp256r1
                extension(bytes, 10, |bytes| {
                    with_length(bytes, 2, |bytes| words(bytes, &[0x1d, 0x17]));
                });
                // ec_point_formats: uncompressed
                extension(bytes, 11, |bytes| {
                    with_length(bytes, 1, |bytes| bytes.push(0))
                });
                // signature_algorithms: ECDSA, RSA-PSS, RSA, with SHA-256 and SHA-384
                extension(bytes, 13, |bytes| {
                    with_length(bytes, 2, |bytes| {
                        words(bytes, &[0x403, 0x804, 0x401, 0x503, 0x805, 0x501]);
                    });
                });
                // supported_versions: 1.3, 1.2
                extension(bytes, 43, |bytes| {
                    with_length(bytes, 1, |bytes| words(bytes, &[0x304, 0x303]));
                });
                // psk_key_exchange_modes
                extension(bytes, 45, |bytes| {
                    with_length(bytes, 1, |bytes| bytes.push(1))
                });
                // key_share: any 32 bytes are a key of x25519
                extension(bytes, 51, |bytes| {
                    with_length(bytes, 2, |bytes| {
                        words(bytes, &[0x1d]);
                        with_length(bytes, 2, |bytes| bytes.extend_from_slice(key));
                    });
                });
            });
        });
    });
    ClientHello {
        bytes,
        name: at..at + name.len(),
    }
}

impl ClientHello {
    /// The message in so many parts. The cuts are in the server's name, so that no part has all of it. If the name is
    /// too short for that, they are anywhere in the message; there is at least a byte in each part.
    pub fn parts(&self, count: usize) -> Vec<&[u8]> {
        let span = if self.name.len() >= count {
            self.name.clone()
        } else {
            0..self.bytes.len()
        };
        let mut parts = Vec::new();
        let mut begin = 0;
        for part in 1..count {
            let cut = span.start + span.len() * part / count;
            if cut > begin {
                parts.push(&self.bytes[begin..cut]);
                begin = cut;
            }
        }
        parts.push(&self.bytes[begin..]);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> ClientHello {
        client_hello("www.example.org", &[7; RANDOM])
    }

    fn number(bytes: &[u8]) -> usize {
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    }

    #[test]
    fn lengths_are_those_of_what_follows() {
        let hello = hello();
        let bytes = &hello.bytes;
        assert_eq!(number(&bytes[3..5]), bytes.len() - 5);
        assert_eq!(number(&bytes[6..9]), bytes.len() - 9);
        // Version, random bytes, session, cipher suites, compression.
        let mut at = 9 + 2 + 32;
        for width in [1, 2, 1] {
            at += width + number(&bytes[at..at + width]);
        }
        assert_eq!(number(&bytes[at..at + 2]), bytes.len() - at - 2);
        at += 2;
        let mut extensions = Vec::new();
        while at < bytes.len() {
            extensions.push(number(&bytes[at..at + 2]));
            at += 4 + number(&bytes[at + 2..at + 4]);
        }
        assert_eq!(at, bytes.len());
        assert_eq!(extensions, [0, 10, 11, 13, 43, 45, 51]);
    }

    #[test]
    fn the_name_is_where_it_is_said_to_be() {
        let hello = hello();
        let name = hello.name.clone();
        assert_eq!(&hello.bytes[name.clone()], b"www.example.org");
        assert_eq!(number(&hello.bytes[name.start - 2..name.start]), name.len());
    }

    #[test]
    fn no_part_has_the_whole_name() {
        let hello = hello();
        for count in 2..=15 {
            let parts = hello.parts(count);
            assert_eq!(parts.len(), count);
            assert_eq!(parts.concat(), hello.bytes);
            let whole = parts
                .iter()
                .any(|part| part.windows(15).any(|found| found == b"www.example.org"));
            assert!(!whole, "{count} parts");
        }
    }

    #[test]
    fn there_may_be_more_parts_than_letters() {
        let hello = hello();
        let length = hello.bytes.len();
        for count in [1, 100, length, length + 1, 2 * length] {
            let parts = hello.parts(count);
            assert_eq!(parts.len(), count.min(length));
            assert_eq!(parts.concat(), hello.bytes);
        }
    }
}
