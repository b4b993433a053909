// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Any bytes are a message or an error; and a message, written again, is the same bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lunatik_abi::codec::{Message, Reader, Token, Writer, MAX_DEPTH};

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::new(bytes);
    let mut writer = Writer::new(Vec::with_capacity(bytes.len()));
    loop {
        match reader.token() {
            Ok(Some(token)) => {
                assert!(reader.depth() <= MAX_DEPTH);
                assert!(reader.position() <= bytes.len());
                if let Token::Reference(table) = token {
                    assert!(table < reader.tables());
                }
                writer.token(token).expect("what is read can be written");
                assert_eq!(writer.depth(), reader.depth());
                assert_eq!(writer.key_is_next(), reader.key_is_next());
            }
            Ok(None) => break,
            Err(error) => {
                assert_eq!(reader.token(), Err(error), "an error lasts");
                assert_eq!(Message::check(bytes), Err(error));
                return;
            }
        }
    }
    assert_eq!(writer.finish().expect("a whole message"), bytes);
    let message = Message::check(bytes).expect("it has just been read");
    let mut reader = message.reader();
    let mut values = 0;
    while reader.skip_value().expect("it has just been read") {
        values += 1;
    }
    assert_eq!(values, message.values());
});
