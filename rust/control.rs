// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `/dev/lunatik`.

pub(crate) mod abi;
pub(crate) mod device;
mod output;
mod request;
mod session;
mod start;
mod status;

pub(crate) use session::VecSink;
