// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the kernel has ordered.

use std::io;

use lunatik_abi::wire::{Stream, ToProcess};

use super::Settings;
use crate::link::Link;

/// A start, out of the buffer of the link.
pub struct Orders {
    /// For the actor.
    pub settings: Settings,
    /// The text of the script that sets the sandbox up.
    pub script: Option<Vec<u8>>,
    /// Names and values of the variables.
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    /// The flags of the namespaces to make, as in clone(2).
    pub namespaces: u32,
    /// Standard input, output and error.
    pub streams: [Stream; 3],
    /// The descriptor for the script.
    pub argument: Option<u32>,
}

impl Orders {
    /// Reads the first frame. Returns `None` if the kernel has closed the connection.
    ///
    /// # Errors
    ///
    /// Fails if the frame is no start.
    pub fn read(link: &mut Link) -> io::Result<Option<Self>> {
        let start = match link.next()? {
            None => return Ok(None),
            Some(ToProcess::Start(start)) => start,
            Some(_) => {
                return Err(io::Error::other(
                    "the first frame that the kernel has sent is no start",
                ))
            }
        };
        let orders = Self {
            settings: Settings {
                module: start.module.to_vec(),
                directory: start.directory.to_vec(),
                entry: start.entry.to_vec(),
                single: start.single,
            },
            script: start.script.map(<[u8]>::to_vec),
            environment: start
                .environment()
                .map(|(name, value)| (name.to_vec(), value.to_vec()))
                .collect(),
            namespaces: start.namespaces,
            streams: start.streams,
            argument: start.argument,
        };
        link.shrink();
        Ok(Some(orders))
    }
}
