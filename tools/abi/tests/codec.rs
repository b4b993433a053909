// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the codec promises, on chosen and on generated messages.

use lunatik_abi::codec::{
    CountingSink, DecodeError, EncodeError, Message, Reader, ShapeError, Sink, SliceFull,
    SliceSink, Token, Writer, MAX_DEPTH, MAX_SHORT,
};
use proptest::prelude::*;
use std::convert::Infallible;

/// A token that owns its string.
#[derive(Clone, Debug, PartialEq)]
enum Owned {
    Scalar(Token<'static>),
    String(Vec<u8>),
}

impl Owned {
    fn token(&self) -> Token<'_> {
        match self {
            Self::Scalar(token) => *token,
            Self::String(bytes) => Token::String(bytes),
        }
    }
}

fn encode(tokens: &[Owned]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    for token in tokens {
        writer.token(token.token()).unwrap();
    }
    writer.finish().unwrap()
}

fn decode(bytes: &[u8]) -> Result<Vec<Owned>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut tokens = Vec::new();
    while let Some(token) = reader.token()? {
        assert!(reader.depth() <= MAX_DEPTH);
        tokens.push(match token {
            Token::String(bytes) => Owned::String(bytes.to_vec()),
            Token::Nil => Owned::Scalar(Token::Nil),
            Token::Boolean(value) => Owned::Scalar(Token::Boolean(value)),
            Token::Integer(value) => Owned::Scalar(Token::Integer(value)),
            Token::Float(bits) => Owned::Scalar(Token::Float(bits)),
            Token::TableBegin => Owned::Scalar(Token::TableBegin),
            Token::TableEnd => Owned::Scalar(Token::TableEnd),
            Token::Reference(table) => {
                assert!(table < reader.tables());
                Owned::Scalar(Token::Reference(table))
            }
            Token::Handle { kind, index } => Owned::Scalar(Token::Handle { kind, index }),
        });
    }
    assert_eq!(reader.depth(), 0);
    Ok(tokens)
}

/// What a generated message does next; what may not stand in its place is left out.
fn step() -> impl Strategy<Value = Owned> {
    let scalar = |token| Owned::Scalar(token);
    prop_oneof![
        1 => Just(scalar(Token::Nil)),
        2 => any::<bool>().prop_map(move |value| scalar(Token::Boolean(value))),
        3 => any::<i64>().prop_map(move |value| scalar(Token::Integer(value))),
        2 => (-70i64..70).prop_map(move |value| scalar(Token::Integer(value))),
        3 => any::<u64>().prop_map(move |bits| scalar(Token::Float(bits))),
        3 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(Owned::String),
        5 => Just(scalar(Token::TableBegin)),
        4 => Just(scalar(Token::TableEnd)),
        1 => (0u32..8).prop_map(move |table| scalar(Token::Reference(table))),
        1 => any::<(u8, u32)>().prop_map(move |(kind, index)| scalar(Token::Handle { kind, index })),
    ]
}

/// A message of any shape: steps that are refused are left out, and open tables are ended.
fn message() -> impl Strategy<Value = Vec<Owned>> {
    proptest::collection::vec(step(), 0..300).prop_map(|steps| {
        let mut writer = Writer::new(CountingSink::new());
        let mut taken: Vec<_> = steps
            .into_iter()
            .filter(|step| writer.token(step.token()).is_ok())
            .collect();
        while writer.depth() > 0 {
            let close = if writer.key_is_next() {
                Token::TableEnd
            } else {
                Token::Boolean(true)
            };
            writer.token(close).unwrap();
            taken.push(Owned::Scalar(close));
        }
        taken
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(tokens in message()) {
        let bytes = encode(&tokens);
        prop_assert_eq!(decode(&bytes).unwrap(), tokens);
    }

    #[test]
    fn a_counting_sink_knows_the_length(tokens in message()) {
        let mut writer = Writer::new(CountingSink::new());
        for token in &tokens {
            writer.token(token.token()).unwrap();
        }
        prop_assert_eq!(writer.finish().unwrap().length(), encode(&tokens).len());
    }

    #[test]
    fn each_message_has_one_encoding(bytes in proptest::collection::vec(0u8..12, 0..40)) {
        if let Ok(tokens) = decode(&bytes) {
            prop_assert_eq!(encode(&tokens), bytes);
        }
    }

    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn skipping_counts_values(tokens in message()) {
        let bytes = encode(&tokens);
        let message = Message::check(&bytes).unwrap();
        let mut reader = message.reader();
        let mut skipped = 0;
        while reader.skip_value().unwrap() {
            skipped += 1;
        }
        prop_assert_eq!(skipped, message.values());
        prop_assert_eq!(reader.tables(), message.tables());
        prop_assert_eq!(reader.position(), bytes.len());
    }
}

proptest! {
    // Each of these is many.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_prefix_ends_in_whole_values_or_an_error(tokens in message()) {
        let bytes = encode(&tokens);
        for length in 0..bytes.len() {
            match decode(&bytes[..length]) {
                Ok(read) => prop_assert!(tokens.starts_with(&read)),
                Err(DecodeError::Truncated | DecodeError::Shape(ShapeError::OpenTable)) => {}
                Err(other) => prop_assert!(false, "{other:?}"),
            }
        }
    }
}

/// Changes valid messages at random places, always the same ones, and reads the results.
#[test]
fn a_million_damaged_messages_do_no_harm() {
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let nested = {
        let mut writer = Writer::new(Vec::new());
        for _ in 0..20 {
            writer.begin_table().unwrap();
            writer.string(b"key").unwrap();
            writer.float(1.5f64.to_bits()).unwrap();
            writer.integer(i64::MIN).unwrap();
        }
        writer.reference(3).unwrap();
        for _ in 0..20 {
            writer.end_table().unwrap();
        }
        writer.handle(7, u32::MAX).unwrap();
        writer.string(&[0xff; 300]).unwrap();
        writer.finish().unwrap()
    };
    let (mut good, mut bad) = (0, 0);
    for _ in 0..1_000_000 {
        let mut bytes = nested.clone();
        for _ in 0..=random() % 3 {
            let at = (random() % bytes.len() as u64) as usize;
            match random() % 4 {
                0 => bytes[at] = random() as u8,
                1 => bytes[at] = (random() % 12) as u8,
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, (random() % 12) as u8),
            }
        }
        let mut reader = Reader::new(&bytes);
        let result = loop {
            match reader.token() {
                Ok(Some(Token::Reference(table))) => assert!(table < reader.tables()),
                Ok(Some(_)) => assert!(reader.depth() <= MAX_DEPTH),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        match result {
            Ok(()) => good += 1,
            Err(error) => {
                assert_eq!(reader.token(), Err(error), "an error lasts");
                bad += 1;
            }
        }
    }
    assert!(good > 1000 && bad > 1000, "{good} good, {bad} bad");
}

fn read_error(bytes: &[u8]) -> DecodeError {
    decode(bytes).unwrap_err()
}

#[test]
fn integers_of_all_sizes_survive() {
    let powers = (0..64).map(|bit| 1i64 << bit);
    for value in powers.flat_map(|power| [power, power.wrapping_sub(1), power.wrapping_neg()]) {
        let token = Owned::Scalar(Token::Integer(value));
        assert_eq!(
            decode(&encode(std::slice::from_ref(&token))).unwrap(),
            [token]
        );
    }
}

#[test]
fn floats_survive_bit_for_bit() {
    let signalling = 0x7ff0_0000_0000_0001;
    let negative_zero = 1 << 63;
    for bits in [signalling, negative_zero, u64::MAX, 0, 1] {
        let token = Owned::Scalar(Token::Float(bits));
        assert_eq!(
            decode(&encode(std::slice::from_ref(&token))).unwrap(),
            [token]
        );
    }
}

#[test]
fn cycles_and_shared_tables_can_be_written() {
    let mut writer = Writer::new(Vec::new());
    let outer = writer.begin_table().unwrap();
    writer.string(b"self").unwrap();
    writer.reference(outer).unwrap();
    // Tables may be keys, too.
    let key = writer.begin_table().unwrap();
    writer.end_table().unwrap();
    writer.reference(key).unwrap();
    writer.end_table().unwrap();
    writer.reference(outer).unwrap();
    let bytes = writer.finish().unwrap();
    let message = Message::check(&bytes).unwrap();
    assert_eq!((message.values(), message.tables()), (2, 2));
    assert!(message.has_references());
    assert!(!Message::check(b"\x06\x07\x06\x07")
        .unwrap()
        .has_references());
    assert!(!Message::EMPTY.has_references());
}

#[test]
fn a_writer_says_which_tables_are_open_for_a_key() {
    let mut writer = Writer::new(CountingSink::new());
    assert!(!writer.is_in_key(0));
    writer.begin_table().unwrap();
    assert!(writer.is_in_key(0));
    writer.boolean(true).unwrap();
    assert!(!writer.is_in_key(0));
    // A value, in it a key, in it a key that is next.
    writer.begin_table().unwrap();
    writer.begin_table().unwrap();
    let open: Vec<_> = (0..4).map(|table| writer.is_in_key(table)).collect();
    assert_eq!(open, [true, true, false, false]);
}

/// A sink that takes blocks as a whole.
#[derive(Default)]
struct Blocks {
    bytes: Vec<u8>,
    blocks: usize,
}

impl Sink for Blocks {
    type Error = Infallible;

    fn put(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn put_short(&mut self, block: &[u8; MAX_SHORT], length: usize) -> Result<(), Infallible> {
        assert!(length > 0 && block[length..].iter().all(|&byte| byte == 0));
        let end = self.bytes.len() + length;
        self.bytes.extend_from_slice(block);
        self.bytes.truncate(end);
        self.blocks += 1;
        Ok(())
    }
}

proptest! {
    #[test]
    fn blocks_and_bytes_are_the_same(tokens in message()) {
        let mut writer = Writer::new(Blocks::default());
        for token in &tokens {
            writer.token(token.token()).unwrap();
        }
        let Blocks { bytes, blocks } = writer.finish().unwrap();
        prop_assert_eq!(bytes, encode(&tokens));
        prop_assert!(blocks >= tokens.len());
    }
}

#[test]
fn depth_is_limited_for_writer_and_reader() {
    let mut writer = Writer::new(Vec::new());
    for _ in 0..MAX_DEPTH {
        writer.begin_table().unwrap();
        writer.boolean(true).unwrap();
    }
    assert_eq!(
        writer.begin_table(),
        Err(EncodeError::Shape(ShapeError::TooDeep))
    );
    let bytes = [0x06, 0x02].repeat(usize::from(MAX_DEPTH) + 1);
    assert_eq!(read_error(&bytes), DecodeError::Shape(ShapeError::TooDeep));
}

#[test]
fn keys_nest_like_values_and_each_has_a_value() {
    let deepest = usize::from(MAX_DEPTH);
    // Tables that are each other's keys; then, from the innermost, an end and a value for the key.
    let mut bytes = [0x06].repeat(deepest);
    bytes.extend([0x07, 0x01].repeat(deepest - 1));
    bytes.push(0x07);
    let message = Message::check(&bytes).unwrap();
    assert_eq!(
        (message.values(), message.tables()),
        (1, u32::from(MAX_DEPTH))
    );
    assert_eq!(
        read_error(&[0x06].repeat(deepest + 1)),
        DecodeError::Shape(ShapeError::TooDeep)
    );
    assert_eq!(
        read_error(&[0x06, 0x06, 0x07, 0x07]),
        DecodeError::Shape(ShapeError::MissingValue)
    );
    // A table that is its own key.
    assert!(Message::check(&[0x06, 0x08, 0x00, 0x02, 0x07]).is_ok());
}

#[test]
fn misshapen_messages_are_refused() {
    use ShapeError::*;
    for (bytes, error) in [
        (&b"\x06\x00\x02\x07"[..], NilKey),
        (b"\x06\x04\0\0\0\0\0\0\xf8\x7f\x02\x07", NanKey),
        (b"\x06\x04\x01\0\0\0\0\0\xf0\xff\x02\x07", NanKey),
        (b"\x06\x02\x07", MissingValue),
        (b"\x07", UnexpectedEnd),
        (b"\x06\x07\x07", UnexpectedEnd),
        (b"\x06", OpenTable),
        (b"\x08\x00", NoSuchTable),
        (b"\x06\x07\x08\x01", NoSuchTable),
        (b"\x06\x07\x08\xff\xff\xff\xff\xff\x01", NoSuchTable),
    ] {
        assert_eq!(read_error(bytes), DecodeError::Shape(error), "{bytes:x?}");
    }
    // An infinite key is a key.
    decode(b"\x06\x04\0\0\0\0\0\0\xf0\x7f\x02\x07").unwrap();
}

#[test]
fn bad_numbers_are_refused() {
    for bytes in [
        &b"\x03\x80\x00"[..],
        b"\x03\xff\x80\x00",
        b"\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        b"\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00",
        b"\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x09\x01\x80\x80\x80\x80\x10",
    ] {
        assert_eq!(read_error(bytes), DecodeError::Overlong, "{bytes:x?}");
    }
    assert_eq!(
        decode(b"\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").unwrap(),
        [Owned::Scalar(Token::Integer(i64::MIN))]
    );
}

#[test]
fn short_and_unknown_bytes_are_refused() {
    for bytes in [
        &b"\x03"[..],
        b"\x03\x80",
        b"\x04\0\0\0\0\0\0\0",
        b"\x05\x02a",
        b"\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x08",
        b"\x09",
        b"\x09\x01",
    ] {
        assert_eq!(read_error(bytes), DecodeError::Truncated, "{bytes:x?}");
    }
    for tag in 0x0a..=0xff {
        assert_eq!(read_error(&[tag]), DecodeError::UnknownTag(tag));
    }
}

#[test]
fn skipping_past_the_end_of_a_table_is_an_error() {
    let mut reader = Reader::new(b"\x06\x02\x01\x07");
    reader.token().unwrap();
    assert!(reader.skip_value().unwrap());
    assert!(reader.skip_value().unwrap());
    let error = Err(DecodeError::Shape(ShapeError::UnexpectedEnd));
    assert_eq!(reader.skip_value(), error);
    assert_eq!(reader.token().map(|_| true), error);
}

#[test]
fn a_full_slice_says_so() {
    let mut buffer = [0; 4];
    let mut writer = Writer::new(SliceSink::new(&mut buffer));
    writer.string(b"ab").unwrap();
    assert_eq!(writer.boolean(true), Err(EncodeError::Sink(SliceFull)));
    assert_eq!(writer.finish().unwrap().written(), b"\x05\x02ab");
}
