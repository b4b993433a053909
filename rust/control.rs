// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `/dev/lunatik`.

pub(crate) mod abi;
mod chunk;
mod complete;
pub(crate) mod device;
mod failed;
mod numbers;
mod output;
mod profile;
mod request;
mod session;
mod show;
mod start;
mod status;
mod stop;
mod totals;
