// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The device node of the module: checks that the file at its path is the node, and opens it.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
};

use lunatik_abi::abi::DEVICE;
use nix::{
    errno::Errno,
    fcntl::OFlag,
    sys::stat::{major, minor},
};

use crate::failure::{Exit, Failure};

/// The number of the device, as `MAJOR:MINOR`, while the module is loaded.
const NUMBER: &str = "/sys/class/misc/lunatik/dev";

/// The numbers of all miscellaneous devices, as lines `MINOR NAME`.
const ALL_NUMBERS: &str = "/proc/misc";

/// The major number of miscellaneous devices.
const MISC_MAJOR: u64 = 10;

/// The numbers of a device node.
type Number = (u64, u64);

/// What is wrong with the file at [`DEVICE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// It is not a device, but a file of this kind.
    Kind(&'static str),
    /// It is the node of another device.
    Number(Number),
}

/// Opens the device for reading and writing, without blocking. If the file is not the module's
/// device, nothing is made, changed or sent.
pub fn open() -> Result<File, Failure> {
    // Check before opening: opening some devices, and FIFOs, has effects.
    let found = fs::metadata(DEVICE).map_err(|error| open_failure(&error))?;
    check(&found)?;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(DEVICE)
        .map_err(|error| open_failure(&error))?;
    // Check again: the file may have been replaced meanwhile.
    check(&file.metadata().map_err(|error| open_failure(&error))?)?;
    Ok(file)
}

/// Whether the module's device node is there.
pub fn exists() -> bool {
    fs::metadata(DEVICE).is_ok_and(|found| wrong(&found, wanted()).is_none())
}

/// Whether the module is loaded and its device node is there. Opening another node could load a module.
pub fn is_present() -> bool {
    let wanted = wanted();
    wanted.is_some() && fs::metadata(DEVICE).is_ok_and(|found| wrong(&found, wanted).is_none())
}

fn check(found: &Metadata) -> Result<(), Failure> {
    let wanted = wanted();
    match wrong(found, wanted) {
        Some(wrong) => Err(wrong_failure(wrong, wanted)),
        None => Ok(()),
    }
}

/// The current number of the module's device. `None` if the module is not loaded or the number is
/// not known.
fn wanted() -> Option<Number> {
    let number = fs::read_to_string(NUMBER).ok();
    number.as_deref().and_then(parse_number).or_else(|| {
        let all = fs::read_to_string(ALL_NUMBERS).ok()?;
        parse_all_numbers(&all)
    })
}

fn parse_number(text: &str) -> Option<Number> {
    let (major, minor) = text.trim().split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn parse_all_numbers(text: &str) -> Option<Number> {
    text.lines()
        .filter_map(|line| line.trim().split_once(' '))
        .find(|(_, name)| name.trim() == "lunatik")
        .and_then(|(minor, _)| Some((MISC_MAJOR, minor.parse().ok()?)))
}

fn wrong(found: &Metadata, wanted: Option<Number>) -> Option<Wrong> {
    let kind = found.file_type();
    if !kind.is_char_device() {
        return Some(Wrong::Kind(match () {
            () if kind.is_file() => "an ordinary file",
            () if kind.is_dir() => "a directory",
            () if kind.is_fifo() => "a FIFO",
            () if kind.is_socket() => "a socket",
            () if kind.is_block_device() => "a block device",
            () => "no device",
        }));
    }
    let number = (major(found.rdev()), minor(found.rdev()));
    let right = match wanted {
        Some(wanted) => number == wanted,
        // Opening a leftover node fails with an error that says so.
        None => number.0 == MISC_MAJOR,
    };
    (!right).then_some(Wrong::Number(number))
}

/// The failure if the file is not the module's device.
fn wrong_failure(wrong: Wrong, wanted: Option<Number>) -> Failure {
    let what = match wrong {
        Wrong::Kind(kind) => kind.to_owned(),
        Wrong::Number((major, minor)) => {
            format!("the node of another device ({major}:{minor})")
        }
    };
    let advice = match wanted {
        Some((major, minor)) => format!(
            "remove it, then make the node: 'rm {DEVICE} && mknod -m 600 {DEVICE} c {major} {minor}'"
        ),
        None => format!("remove it ('rm {DEVICE}'), then 'lunatik load' makes the device"),
    };
    Failure::new(
        Exit::NoDevice,
        format!(
            "{DEVICE} is {what}, not the device of the module, and was left as it is; {advice}"
        ),
    )
}

/// The failure if the device cannot be opened.
fn open_failure(error: &io::Error) -> Failure {
    let advice = match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOENT | Errno::ENXIO | Errno::ENODEV) => {
            "there is no such device; 'lunatik load' loads the module that makes it"
        }
        Some(Errno::EACCES) => "permission denied; run this as root",
        Some(Errno::EPERM) => {
            "not permitted; this needs CAP_SYS_ADMIN, and a kernel that is not locked down"
        }
        Some(Errno::EMFILE | Errno::ENFILE | Errno::EBUSY) => {
            "too many sessions are open; close some and try again"
        }
        _ => return Failure::new(Exit::NoDevice, format!("cannot open {DEVICE}: {error}")),
    };
    Failure::new(Exit::NoDevice, format!("cannot open {DEVICE}: {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_not_to_open_says_what_to_do() {
        for (errno, word) in [
            (Errno::ENOENT, "lunatik load"),
            (Errno::EACCES, "root"),
            (Errno::EPERM, "CAP_SYS_ADMIN"),
        ] {
            let failure = open_failure(&io::Error::from(errno));
            assert_eq!(failure.exit, Exit::NoDevice);
            assert!(String::from_utf8(failure.message).unwrap().contains(word));
        }
    }

    #[test]
    fn numbers_are_read_where_the_kernel_tells_them() {
        assert_eq!(parse_number("10:125\n"), Some((10, 125)));
        assert_eq!(parse_number("10"), None);
        let all = "125 lunatik\n126 lunatik2\n  1 psaux\n";
        assert_eq!(parse_all_numbers(all), Some((10, 125)));
        assert_eq!(parse_all_numbers("126 lunatik2\n"), None);
        assert_eq!(parse_all_numbers(""), None);
    }

    #[test]
    fn only_the_node_of_the_device_is_right() {
        let folder = std::env::temp_dir();
        let null = fs::metadata("/dev/null").unwrap();
        assert_eq!(
            wrong(&fs::metadata(folder).unwrap(), None),
            Some(Wrong::Kind("a directory"))
        );
        assert_eq!(
            wrong(&fs::metadata("/proc/self/exe").unwrap(), Some((10, 125))),
            Some(Wrong::Kind("an ordinary file"))
        );
        assert_eq!(wrong(&null, Some((1, 3))), None);
        assert_eq!(wrong(&null, Some((10, 125))), Some(Wrong::Number((1, 3))));
        assert_eq!(wrong(&null, None), Some(Wrong::Number((1, 3))));
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_do() {
        let text = |wrong, wanted| {
            let failure = wrong_failure(wrong, wanted);
            assert_eq!(failure.exit, Exit::NoDevice);
            String::from_utf8(failure.message).unwrap()
        };
        let loaded = text(Wrong::Kind("an ordinary file"), Some((10, 125)));
        assert!(loaded.contains("/dev/lunatik is an ordinary file"));
        assert!(loaded.contains("mknod -m 600 /dev/lunatik c 10 125"));
        let other = text(Wrong::Number((1, 3)), None);
        assert!(other.contains("another device (1:3)"));
        assert!(other.contains("lunatik load"));
    }
}
