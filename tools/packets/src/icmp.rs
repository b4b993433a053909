// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! ICMP echo messages.

use crate::rounds::Reply;

/// Bytes of the header of an echo message.
const HEADER: usize = 8;

/// The numbers of the messages.
pub struct Family {
    request: u8,
    reply: u8,
    /// Those that carry the begin of a packet that was not delivered.
    errors: &'static [u8],
    /// Bytes of the header of that packet; 0 if the packet says it.
    inner_header: usize,
    /// Whether we compute the checksum; otherwise the kernel does.
    checksum: bool,
}

/// ICMP over IPv4: unreachable, time exceeded.
pub const V4: Family = Family {
    request: 8,
    reply: 0,
    errors: &[3, 11],
    inner_header: 0,
    checksum: true,
};

/// ICMP over IPv6: unreachable, time exceeded.
pub const V6: Family = Family {
    request: 128,
    reply: 129,
    errors: &[1, 3],
    inner_header: 40,
    checksum: false,
};

/// The checksum of the Internet protocols: the complement of the sum of all words.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|word| u32::from(u16::from_be_bytes([word[0], *word.get(1).unwrap_or(&0)])))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // CAST: It fits now.
    !(sum as u16)
}

/// The length of the IPv4 header that the bytes begin with.
pub fn ipv4_header(bytes: &[u8]) -> usize {
    bytes.first().map_or(0, |first| usize::from(first & 15) * 4)
}

/// A request.
pub fn request(family: &Family, id: u16, number: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![family.request, 0, 0, 0];
    bytes.extend_from_slice(&id.to_be_bytes());
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(payload);
    if family.checksum {
        let sum = checksum(&bytes);
        bytes[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    bytes
}

/// The id and the number in an echo message.
fn numbers(message: &[u8]) -> Option<(u16, u16)> {
    let bytes: &[u8; 4] = message.get(4..)?.first_chunk()?;
    let [a, b, c, d] = *bytes;
    Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

/// What a received message is to those who sent requests with that id. The payload of a request with a number is that
/// which `payload` returns.
pub fn classify<'a>(
    family: &Family,
    message: &[u8],
    wanted_id: u16,
    payload: impl FnOnce(u16) -> &'a [u8],
) -> Reply {
    let Some(kind) = message.first() else {
        return Reply::Other;
    };
    if *kind == family.reply {
        return match numbers(message) {
            Some((id, number)) if id == wanted_id => {
                if message[HEADER..] == *payload(number) {
                    Reply::To(number.into())
                } else {
                    Reply::Altered
                }
            }
            _ => Reply::Other,
        };
    }
    if family.errors.contains(kind) {
        let inner = message.get(HEADER..).unwrap_or_default();
        let header = match family.inner_header {
            0 => ipv4_header(inner),
            length => length,
        };
        let inner = inner.get(header..).unwrap_or_default();
        let is_ours = inner.first() == Some(&family.request)
            && numbers(inner).is_some_and(|(id, _)| id == wanted_id);
        if is_ours {
            return Reply::Refused;
        }
    }
    Reply::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &[u8] = b"payload";

    fn classified(family: &Family, message: &[u8]) -> Reply {
        classify(family, message, 7, |_| PAYLOAD)
    }

    #[test]
    fn a_checksum_over_itself_is_zero() {
        let bytes = request(&V4, 7, 3, PAYLOAD);
        assert_eq!(checksum(&bytes), 0);
        // An example of RFC 1071.
        assert_eq!(
            checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]),
            !0xddf2
        );
    }

    #[test]
    fn replies_are_recognised() {
        for family in [&V4, &V6] {
            let mut message = request(family, 7, 3, PAYLOAD);
            assert_eq!(classified(family, &message), Reply::Other, "a request");
            message[0] = family.reply;
            assert_eq!(classified(family, &message), Reply::To(3));
            *message.last_mut().unwrap() ^= 1;
            assert_eq!(classified(family, &message), Reply::Altered);
            message[5] = 8;
            assert_eq!(classified(family, &message), Reply::Other, "another id");
        }
    }

    #[test]
    fn errors_about_requests_are_recognised() {
        for (family, header) in [(&V4, 20), (&V6, 40)] {
            let mut message = vec![family.errors[0], 0, 0, 0, 0, 0, 0, 0];
            message.push(0x45);
            message.resize(HEADER + header, 0);
            message.extend(request(family, 7, 3, PAYLOAD));
            assert_eq!(classified(family, &message), Reply::Refused);
            for length in 0..message.len() {
                // Shorter ones are no reason to panic.
                classified(family, &message[..length]);
            }
        }
    }
}
