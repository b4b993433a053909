// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a client says about a profile that it wants.

use super::fields::{Body, FieldWriter};
use crate::codec::{EncodeError, Sink};

/// The most samples of a second.
pub const MAX_PROFILE_HZ: u32 = 1000;

/// The longest profile, in milliseconds: a day.
pub const MAX_PROFILE_MS: u32 = 86_400_000;

/// A profile of a script, or of parts of scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile<'a> {
    /// The name, as given; [`runtime_name`](super::runtime_name) accepts it. If there is no such
    /// script, the name or number of workers, services or actors.
    pub name: &'a [u8],
    /// How long it lasts, from 1 to [`MAX_PROFILE_MS`].
    pub duration_ms: u32,
    /// The samples of a second, from 1 to [`MAX_PROFILE_HZ`].
    pub hz: u32,
    /// Whether the workers, services and actors of the script are sampled, too.
    pub with_parts: bool,
}

impl Body for Profile<'_> {
    fn write<S: Sink>(&self, fields: &mut FieldWriter<S>) -> Result<(), EncodeError<S::Error>> {
        fields.bytes("name", self.name)?;
        fields.number("duration_ms", self.duration_ms)?;
        fields.number("hz", self.hz)?;
        fields.boolean("parts", self.with_parts)
    }
}
