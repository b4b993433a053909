// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Any bytes are frames or errors; and a request or reply, written again and read again, is the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lunatik_abi::abi::{split_frame, Reply, Request};

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while let Ok(Some(frame)) = split_frame(rest) {
        let number = frame.header.request;
        if let Ok(request) = Request::decode(&frame) {
            let mut again = Vec::new();
            request.encode(number, &mut again).expect("it fitted");
            let frame = split_frame(&again)
                .expect("a frame")
                .expect("a whole frame");
            assert_eq!(Request::decode(&frame), Ok(request));
        }
        if let Ok(reply) = Reply::decode(&frame) {
            let mut again = Vec::new();
            reply.encode(number, &mut again).expect("it fitted");
            let frame = split_frame(&again)
                .expect("a frame")
                .expect("a whole frame");
            assert_eq!(Reply::decode(&frame), Ok(reply));
        }
        rest = &rest[frame.header.frame_length()..];
    }
});
