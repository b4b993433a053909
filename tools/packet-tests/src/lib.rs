// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The pure parts of `rust/linux/packet`, and the conversion of floats in packets, compiled for the host.

#![cfg(test)]

#[path = "../../../rust/binding/binary32.rs"]
mod binary32;
mod binary32_tests;
#[path = "../../../rust/linux/packet/fields.rs"]
mod fields;
mod fields_tests;
#[path = "../../../rust/linux/packet/layout.rs"]
mod layout;
mod layout_tests;
mod memory;
#[path = "../../../rust/linux/packet/place.rs"]
mod place;
mod place_tests;
#[path = "../../../rust/linux/packet/search.rs"]
mod search;
mod search_tests;
