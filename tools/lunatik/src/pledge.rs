// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The permissions of `-P`, checked and encoded.

use std::{ffi::OsString, os::unix::ffi::OsStrExt};

use lunatik_abi::{
    abi::{AbiError, Permissions, MAX_PERMISSIONS},
    codec::{Message, Writer},
    spec::{Origin, Spec},
};

use crate::failure::{Exit, Failure};

/// The permissions of the script to start. Empty if the command line has no `-P`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pledges(Option<Vec<u8>>);

impl Pledges {
    /// Checks the specs of the command line.
    pub fn new(given: &[OsString]) -> Result<Self, Failure> {
        if given.is_empty() {
            return Ok(Self(None));
        }
        if given.len() > MAX_PERMISSIONS as usize {
            let message = format!("a script gets at most {MAX_PERMISSIONS} permissions");
            return Err(Failure::new(Exit::Usage, message));
        }
        let mut writer = Writer::new(Vec::new());
        for spec in given {
            Spec::check(spec.as_bytes(), Origin::CommandLine)
                .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
            // Scalars are always valid, and a vector takes any number of bytes.
            let _ = writer.string(spec.as_bytes());
        }
        Ok(Self(Some(writer.finish().unwrap_or_default())))
    }

    /// The permissions in the form that is sent.
    pub fn permissions(&self) -> Option<Permissions<'_>> {
        let checked = Message::check(self.0.as_deref()?).map_err(AbiError::from);
        // If it were not from `new()`, it would permit nothing.
        Some(
            checked
                .and_then(Permissions::new)
                .unwrap_or(Permissions::NOTHING),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(specs: &[&str]) -> Result<Pledges, Failure> {
        let given: Vec<_> = specs.iter().map(OsString::from).collect();
        Pledges::new(&given)
    }

    #[test]
    fn none_are_not_the_same_as_an_empty_list() {
        assert!(of(&[]).unwrap().permissions().is_none());
    }

    #[test]
    fn they_are_sent_in_their_order() {
        let pledges = of(&["load", "fs:read=/a b", "~exec", "all", "seal"]).unwrap();
        let sent: Vec<_> = pledges.permissions().unwrap().iter().collect();
        let all: [&[u8]; 5] = [b"load", b"fs:read=/a b", b"~exec", b"all", b"seal"];
        assert_eq!(sent, all);
    }

    #[test]
    fn a_wrong_one_is_wrong_usage_and_says_why() {
        for (spec, reason) in [
            ("nosuch", "unknown permission: 'nosuch'"),
            ("fs:steal", "unknown fs subpermission: 'steal'"),
            ("fs:read=", "permission value is empty: 'fs:read='"),
            (
                "fs=*",
                "fs pledge pattern must be an absolute path, not an unanchored wildcard: '*'",
            ),
            (
                "~all",
                "permission \"all\" can only be granted as a whole, not as '~all'",
            ),
        ] {
            let failure = of(&["load", spec]).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert_eq!(String::from_utf8(failure.message).unwrap(), reason);
        }
    }
}
