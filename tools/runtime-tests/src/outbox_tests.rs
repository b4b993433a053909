// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The ring of messages that hooks send, beside a plain queue.

use std::{cell::Cell, collections::VecDeque, rc::Rc};

use crate::{
    codec::{Message, Sink, Token, Writer},
    outbox::{Outbox, TooLong},
};

/// A destination. Those that exist are counted.
struct To {
    number: u64,
    alive: Rc<Cell<usize>>,
}

impl To {
    fn new(number: u64, alive: &Rc<Cell<usize>>) -> Self {
        alive.set(alive.get() + 1);
        Self {
            number,
            alive: alive.clone(),
        }
    }
}

impl Drop for To {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }
}

fn outbox<D>(bytes: usize, entries: usize) -> Outbox<D> {
    Outbox::new(vec![0xaa; bytes], (0..entries).map(|_| None).collect())
}

/// Takes the oldest message and its destination.
fn take<D>(outbox: &mut Outbox<D>) -> Option<(D, Vec<u8>)> {
    let mut bytes = vec![0; outbox.first_length()?];
    let to = outbox.take(&mut bytes)?;
    Some((to, bytes))
}

/// Whether a message was sent.
fn send<D>(outbox: &mut Outbox<D>, to: D, pieces: &[&[u8]]) -> Result<bool, TooLong> {
    let mut draft = outbox.draft(usize::MAX);
    for piece in pieces {
        draft.put(piece)?;
    }
    Ok(draft.finish(to))
}

#[test]
fn random_messages_come_whole_and_in_order() {
    for (seed, bytes, entries) in [
        (1, 64, 8),
        (2, 61, 3),
        (3, 1024, 40),
        (4, 7, 100),
        (5, 8192, 341),
    ] {
        let alive = Rc::new(Cell::new(0));
        let mut random = Random(seed);
        let mut outbox = outbox(bytes, entries);
        let mut model: VecDeque<(u64, Vec<u8>)> = VecDeque::new();
        let (mut sent, mut full, mut too_long) = (0, 0, 0);
        for number in 0..20_000 {
            if random.below(2) == 0 {
                let most = match random.below(4) {
                    0 => random.below(bytes + 2),
                    _ => usize::MAX,
                };
                let mut draft = outbox.draft(most);
                let mut written = Vec::new();
                let mut refused = None;
                for _ in 0..random.below(6) {
                    let piece: Vec<u8> = (0..random.below(bytes / 3 + 2))
                        .map(|_| random.next() as u8)
                        .collect();
                    written.extend_from_slice(&piece);
                    if let Err(why) = draft.put(&piece) {
                        refused = Some(why);
                        break;
                    }
                }
                if random.below(8) == 0 {
                    // It is given up.
                    continue;
                }
                let used: usize = model.iter().map(|(_, bytes)| bytes.len()).sum();
                let most = most.min(bytes);
                let fits = used + written.len() <= bytes && model.len() < entries;
                if written.len() > most {
                    too_long += 1;
                    assert_eq!(refused, Some(TooLong(most)));
                    assert!(!draft.finish(To::new(number, &alive)));
                } else {
                    assert_eq!(refused, None);
                    assert_eq!(draft.finish(To::new(number, &alive)), fits);
                    if fits {
                        sent += 1;
                        model.push_back((number, written));
                    } else {
                        full += 1;
                    }
                }
            } else {
                let taken = take(&mut outbox).map(|(to, bytes)| (to.number, bytes));
                assert_eq!(taken, model.pop_front());
            }
            assert_eq!(alive.get(), model.len());
            assert_eq!(outbox.is_empty(), model.is_empty());
            assert_eq!(
                outbox.first_length(),
                model.front().map(|(_, bytes)| bytes.len())
            );
        }
        assert!(
            sent > 1000 && full > 100 && too_long > 100,
            "{sent} {full} {too_long}"
        );
        drop(outbox);
        assert_eq!(alive.get(), 0);
    }
}

#[test]
fn encoded_values_are_read_back() {
    let mut outbox = outbox(100, 8);
    for round in 0..100 {
        let mut writer = Writer::new(outbox.draft(usize::MAX));
        writer.begin_table().unwrap();
        writer.string(b"number").unwrap();
        writer.integer(round).unwrap();
        writer.string(b"name").unwrap();
        writer.string(&vec![b'x'; round as usize % 40]).unwrap();
        writer.end_table().unwrap();
        assert!(writer.finish().unwrap().finish(round));
        let (to, bytes) = take(&mut outbox).unwrap();
        assert_eq!(to, round);
        let message = Message::check(&bytes).unwrap();
        assert_eq!(message.values(), 1);
        let mut reader = message.reader();
        let tokens: Vec<_> = std::iter::from_fn(|| reader.token().unwrap()).collect();
        assert_eq!(tokens.len(), 6);
        assert_eq!(tokens.get(2), Some(&Token::Integer(round)));
    }
}

#[test]
fn a_message_that_never_fits_is_told_from_one_that_does_not_fit_now() {
    let mut outbox = outbox(16, 8);
    assert_eq!(send(&mut outbox, 1, &[&[1; 10]]), Ok(true));
    assert_eq!(send(&mut outbox, 2, &[&[2; 7]]), Ok(false));
    assert_eq!(send(&mut outbox, 3, &[&[3; 16]]), Ok(false));
    assert_eq!(send(&mut outbox, 4, &[&[4; 8], &[4; 9]]), Err(TooLong(16)));
    assert_eq!(send(&mut outbox, 5, &[&[5; 3], &[5; 3]]), Ok(true));
    assert_eq!(take(&mut outbox), Some((1, vec![1; 10])));
    assert_eq!(take(&mut outbox), Some((5, vec![5; 6])));
    assert_eq!(take(&mut outbox), None);
    assert_eq!(send(&mut outbox, 6, &[&[6; 16]]), Ok(true));
    assert_eq!(take(&mut outbox), Some((6, vec![6; 16])));
}

#[test]
fn messages_without_bytes_count() {
    let mut outbox = outbox(0, 2);
    assert_eq!(send(&mut outbox, 1, &[]), Ok(true));
    assert_eq!(send(&mut outbox, 2, &[]), Ok(true));
    assert_eq!(send(&mut outbox, 3, &[]), Ok(false));
    assert_eq!(send(&mut outbox, 4, &[b"x"]), Err(TooLong(0)));
    assert_eq!(take(&mut outbox), Some((1, Vec::new())));
    // Its bytes are not wanted.
    assert_eq!(outbox.take(&mut []), Some(2));
    assert!(outbox.is_empty());
}
