// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the protocol promises: frames survive, and anything else is refused with a reason.

use lunatik_abi::abi::{AbiError, Frame, FrameHeader, Request, RequestKind, HEADER_LENGTH};
use lunatik_abi::codec::Writer;

mod frames;
mod hooks;
mod replies;
mod requests;

fn message(build: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    build(&mut writer);
    writer.finish().unwrap()
}

fn frame(kind: u16, body: &[u8]) -> Frame<'_> {
    Frame {
        header: FrameHeader {
            length: (HEADER_LENGTH + body.len()) as u32,
            kind,
            flags: 0,
            request: 1,
        },
        body,
    }
}

fn refusal(kind: RequestKind, build: impl FnOnce(&mut Writer<Vec<u8>>)) -> AbiError {
    let body = message(|writer| {
        writer.begin_table().unwrap();
        build(writer);
        writer.end_table().unwrap();
    });
    Request::decode(&frame(kind.number(), &body)).unwrap_err()
}
