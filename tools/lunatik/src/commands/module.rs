// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `load`, `unload` and `version`.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use lunatik_abi::abi::DEVICE;

use crate::{
    cli::LoadArgs,
    device,
    failure::{Exit, Failure},
    session::Session,
};

/// Exists as soon as the module is in the kernel.
const LOADED: &str = "/sys/module/lunatik";

/// The number of files and others that use the module.
const USERS: &str = "/sys/module/lunatik/refcnt";

/// How long `unload` waits until nobody uses the module. A process that was killed closes its files as it ends, which
/// takes a while if its memory is large.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn load(args: &LoadArgs) -> Result<(), Failure> {
    if is_loaded() {
        return Ok(());
    }
    let done = match &args.file {
        Some(file) => call("insmod", [file])?,
        None => match call("modprobe", ["lunatik"]) {
            Err(failure) if failure.exit == Exit::NoDevice => match installed_module() {
                Some(file) => call("insmod", [file])?,
                None => return Err(failure),
            },
            other => other?,
        },
    };
    if done {
        return Ok(());
    }
    let what = match &args.file {
        Some(file) => format!("{} was not loaded", file.display()),
        None => "the module was not loaded".to_owned(),
    };
    let advice = if nix::unistd::geteuid().is_root() {
        "is it installed for this kernel ('make install'), built for it, and signed if the kernel asks for that? \
         The end of 'dmesg' says more"
    } else {
        "run this as root"
    };
    Err(Failure::new(Exit::NoDevice, format!("{what}: {advice}")))
}

pub(super) fn unload() -> Result<(), Failure> {
    if !is_loaded() {
        return Err(Failure::new(Exit::NoDevice, "the module is not loaded"));
    }
    // The processes of user-space actors have the device open. If this fails, so does the next command, which says why.
    let released = Session::open().and_then(|mut session| super::stop::release(&mut session));
    if released.is_ok() {
        wait_until_unused(Path::new(USERS), PATIENCE);
    }
    if call("rmmod", ["lunatik"])? {
        return Ok(());
    }
    let advice = if nix::unistd::geteuid().is_root() {
        "it is in use: end all running 'lunatik' commands ('repl', 'logs -f', 'run --follow', 'top'), and close the devices of scripts"
    } else {
        "run this as root"
    };
    Err(Failure::new(
        Exit::NoDevice,
        format!("the module was not removed: {advice}"),
    ))
}

pub(super) fn version() -> Result<(), Failure> {
    let mut text = format!("command: lunatik {}\n", env!("CARGO_PKG_VERSION"));
    let absent = !Path::new(DEVICE).exists();
    let session = if absent { None } else { Some(Session::open()) };
    match &session {
        None => text.push_str("module:  not loaded\n"),
        Some(Ok(session)) => {
            let versions = session.versions();
            text.push_str(&format!(
                "module:  {}\nLua:     {}\n",
                versions.module, versions.lua
            ));
        }
        Some(Err(_)) => {}
    }
    super::print(text.as_bytes())?;
    session.transpose().map(|_| ())
}

/// Waits until the file at `users` has the number 0, at most for `patience`. The kernel announces no change of it.
fn wait_until_unused(users: &Path, patience: Duration) {
    let end = Instant::now() + patience;
    // A kernel that counts no users has no such file.
    while std::fs::read_to_string(users).is_ok_and(|count| count.trim() != "0")
        && Instant::now() < end
    {
        thread::sleep(Duration::from_millis(5));
    }
}

fn is_loaded() -> bool {
    Path::new(LOADED).exists() || device::exists()
}

/// Runs one of the commands that every system with modules has. Returns whether it succeeded.
fn call<A: AsRef<OsStr>>(
    program: &str,
    args: impl IntoIterator<Item = A>,
) -> Result<bool, Failure> {
    // These commands are not always in the path of a user who became root.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let path = std::env::join_paths(folders).unwrap_or(path);
    match Command::new(program).args(args).env("PATH", path).status() {
        Ok(status) => Ok(status.success()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::new(
            Exit::NoDevice,
            format!("there is no '{program}' command here: install kmod (or busybox)"),
        )),
        Err(error) => Err(Failure::new(Exit::NoDevice, format!("{program}: {error}"))),
    }
}

/// The file of the installed module, for systems without `modprobe`.
fn installed_module() -> Option<PathBuf> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let folder = Path::new("/lib/modules").join(release.trim());
    ["updates", "extra", "kernel/extra", "."]
        .iter()
        .map(|place| folder.join(place).join("lunatik.ko"))
        .find(|file| file.exists())
}
