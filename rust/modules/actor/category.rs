// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The categories of errors: userdata that only stand for themselves. Lua code knows their names and texts.

use crate::{
    lua::{self, State},
    runtime::{
        objects::{Class, Classed},
        userdata,
    },
};

struct Category;

impl Classed for Category {
    const CLASS: &'static Class = &CATEGORY;
}

/// The part of `lua/lib/internal/actor/errors.lua` fills the metatable.
const CATEGORY: Class = Class {
    name: c"error_category",
    fill: |_, _| Ok(()),
};

/// `system.category()`: a new category.
pub(super) fn category(state: State) -> lua::Result {
    userdata::push(state, Category)?;
    Ok(1)
}

/// `system.category_metatable()`: the metatable of categories.
pub(super) fn metatable(state: State) -> lua::Result {
    userdata::push_metatable(state, &CATEGORY)?;
    Ok(1)
}
