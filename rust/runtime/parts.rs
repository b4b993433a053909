// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The parts of scripts: workers, services and actors. They run, have names and numbers, and end
//! with their script. Unlike the names of scripts, their names are not registered, and several may
//! have the same name.

use kernel::sync::Arc;

use super::{
    instance::{Kind, Runtime},
    live, //
};

fn is_part(runtime: &Runtime) -> bool {
    matches!(runtime.kind(), Kind::Worker | Kind::Service | Kind::Actor)
}

/// The living parts of any script that are called `name`, in the order of their numbers. One that
/// begins or ends meanwhile may be missing.
pub(crate) fn called(name: &[u8]) -> impl Iterator<Item = Arc<Runtime>> + '_ {
    living(name).filter(|runtime| is_part(runtime))
}

/// As [`called`]; and the member of a crew with that name, which has a status, but is not stopped alone.
pub(crate) fn shown(name: &[u8]) -> impl Iterator<Item = Arc<Runtime>> + '_ {
    living(name).filter(|runtime| is_part(runtime) || runtime.kind() == Kind::Member)
}

/// The living runtimes that are called `name`, whatever they are, in the order of their numbers.
fn living(name: &[u8]) -> impl Iterator<Item = Arc<Runtime>> + '_ {
    let mut id = 0;
    core::iter::from_fn(move || {
        while let Some(runtime) = live::next(id) {
            id = runtime.id();
            if runtime.name() == name {
                return Some(runtime);
            }
        }
        None
    })
}

/// The living part whose number is `text`, in decimal digits.
pub(crate) fn numbered(text: &[u8]) -> Option<Arc<Runtime>> {
    let text = core::str::from_utf8(text).ok()?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let id: u64 = text.parse().ok()?;
    live::next(id.checked_sub(1)?).filter(|runtime| runtime.id() == id && is_part(runtime))
}
