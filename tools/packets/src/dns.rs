// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages of the domain name system (RFC 1035): one question each, and addresses of IPv4 as answers.

use std::net::Ipv4Addr;

const HEADER: usize = 12;
const TYPE_A: u16 = 1;
const CLASS_IN: u16 = 1;
/// Seconds that an answer may be kept.
const LIFE: u32 = 60;
/// Flags: an answer; of a server that asks others; the client wants that; the code of the error.
const IS_ANSWER: u16 = 0x8000;
const CAN_RECURSE: u16 = 0x80;
const WANTS_RECURSION: u16 = 0x100;
const CODE: u16 = 0xf;

/// What a server has answered.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// The code of the error, 0 if there is none.
    pub code: u16,
    pub addresses: Vec<Ipv4Addr>,
}

fn word(message: &[u8], at: usize) -> Option<u16> {
    let bytes = message.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*bytes))
}

fn words(message: &mut Vec<u8>, words: &[u16]) {
    for word in words {
        message.extend_from_slice(&word.to_be_bytes());
    }
}

/// The question for the addresses of a name. Returns nothing if that is no name.
pub fn question(id: u16, name: &str) -> Option<Vec<u8>> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.len() > 253 {
        return None;
    }
    let mut message = Vec::new();
    words(&mut message, &[id, WANTS_RECURSION, 1, 0, 0, 0]);
    for label in name.split('.') {
        if !(1..=63).contains(&label.len()) {
            return None;
        }
        message.push(u8::try_from(label.len()).ok()?);
        message.extend_from_slice(label.as_bytes());
    }
    message.push(0);
    words(&mut message, &[TYPE_A, CLASS_IN]);
    Some(message)
}

/// Where the name at `at` ends.
fn name_end(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = *message.get(at)?;
        match length {
            0 => return Some(at + 1),
            1..=63 => at += 1 + usize::from(length),
            // The rest is elsewhere.
            0xc0.. => return (at + 2 <= message.len()).then_some(at + 2),
            _ => return None,
        }
    }
}

/// The answer to a question, unless that is no question.
pub fn respond(question: &[u8], address: Ipv4Addr) -> Option<Vec<u8>> {
    let flags = word(question, 2)?;
    let is_question = flags & IS_ANSWER == 0 && word(question, 4)? == 1;
    let end = name_end(question, HEADER)?;
    let (wanted, class) = (word(question, end)?, word(question, end + 2)?);
    if !is_question || class != CLASS_IN {
        return None;
    }
    let answers = u16::from(wanted == TYPE_A);
    let mut message = Vec::new();
    let flags = IS_ANSWER | CAN_RECURSE | flags & WANTS_RECURSION;
    words(&mut message, &[word(question, 0)?, flags, 1, answers, 0, 0]);
    message.extend_from_slice(question.get(HEADER..end + 4)?);
    if answers > 0 {
        // The name is that of the question.
        words(&mut message, &[0xc000 | HEADER as u16, TYPE_A, CLASS_IN]);
        message.extend_from_slice(&LIFE.to_be_bytes());
        words(&mut message, &[4]);
        message.extend_from_slice(&address.octets());
    }
    Some(message)
}

/// Reads the answer to a question. Returns nothing if it is the answer to another one, or none at all.
pub fn answer(question: &[u8], message: &[u8]) -> Option<Answer> {
    let flags = word(message, 2)?;
    let end = name_end(question, HEADER)? + 4;
    let is_ours = flags & IS_ANSWER != 0
        && message.get(..2)? == question.get(..2)?
        && message.get(HEADER..end)? == question.get(HEADER..end)?;
    if !is_ours {
        return None;
    }
    let mut addresses = Vec::new();
    let mut at = end;
    for _ in 0..word(message, 6)? {
        at = name_end(message, at)?;
        let (kind, class) = (word(message, at)?, word(message, at + 2)?);
        let length = usize::from(word(message, at + 8)?);
        let data = message.get(at + 10..)?.get(..length)?;
        if kind == TYPE_A && class == CLASS_IN {
            addresses.push(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?));
        }
        at += 10 + length;
    }
    Some(Answer {
        code: flags & CODE,
        addresses,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

    #[test]
    fn a_question_is_as_the_rules_say() {
        assert_eq!(
            question(0x1234, "a.bc").unwrap(),
            b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02bc\x00\x00\x01\x00\x01"
        );
        assert_eq!(question(1, "a.bc."), question(1, "a.bc"));
        for name in [
            "",
            ".",
            "a..b",
            &"a".repeat(64),
            &"a.".repeat(127).repeat(2),
        ] {
            assert_eq!(question(1, name), None, "{name}");
        }
    }

    #[test]
    fn an_answer_has_the_address() {
        let question = question(7, "www.example.org").unwrap();
        let message = respond(&question, ADDRESS).unwrap();
        let wanted = Answer {
            code: 0,
            addresses: vec![ADDRESS],
        };
        assert_eq!(answer(&question, &message), Some(wanted));
    }

    #[test]
    fn a_question_for_something_else_has_an_answer_without_addresses() {
        let mut question = question(7, "www.example.org").unwrap();
        let at = question.len() - 3;
        question[at] = 28;
        let message = respond(&question, ADDRESS).unwrap();
        assert!(answer(&question, &message).unwrap().addresses.is_empty());
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let message = respond(&question(7, "a.b").unwrap(), ADDRESS).unwrap();
        assert_eq!(answer(&question(8, "a.b").unwrap(), &message), None);
        assert_eq!(answer(&question(7, "a.c").unwrap(), &message), None);
        let question = question(7, "a.b").unwrap();
        assert_eq!(answer(&question, &question), None);
        assert_eq!(respond(&message, ADDRESS), None);
    }

    #[test]
    fn the_code_of_an_error_is_told() {
        let question = question(7, "a.b").unwrap();
        let mut message = question.clone();
        message[2..4].copy_from_slice(&0x8183_u16.to_be_bytes());
        let told = answer(&question, &message).unwrap();
        assert_eq!((told.code, told.addresses), (3, vec![]));
    }

    #[test]
    fn messages_that_end_early_are_none() {
        let question = question(7, "www.example.org").unwrap();
        let message = respond(&question, ADDRESS).unwrap();
        for length in 0..message.len() {
            assert_eq!(answer(&question, &message[..length]), None, "{length}");
        }
        for length in 0..question.len() {
            assert_eq!(respond(&question[..length], ADDRESS), None, "{length}");
        }
    }
}
