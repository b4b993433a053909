// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What calls do to files, mounts, programs and descriptors.

use std::{
    fs::{self, File},
    io::Write,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{
            fs::{MetadataExt, PermissionsExt},
            net::UnixStream,
        },
    },
};

use lunatik_abi::wire::namespace;

use super::{look_after, mapped, run, run_with, succeeds, Folder};
use crate::{
    kernel::{pipe, possible, rest, Order},
    probe::value,
    Verdict,
};

pub fn files() -> Verdict {
    let folder = Folder::new("files");
    let script = format!(
        "C.chdir('{}')
        assert(C.umask(mode(0, 2, 7)) ~= nil)
        assert(C.umask(mode(0, 2, 7)) == mode(0, 2, 7))
        C.mkdir('sub', mode(7, 7, 7))
        local fd = C.open('sub/file', C.O_CREAT | C.O_WRONLY | C.O_EXCL, mode(6, 6, 6))
        assert(C.write(fd, 'some text\\0') == 10)
        C.link('sub/file', 'hard')
        C.symlink('sub/file', 'soft')
        C.chmod('hard', mode(6, 4, 0))
        assert(C.read(C.open('soft', C.O_RDONLY), 4) == 'some')
        errexit = false
        local result, errno = C.open('sub/file', C.O_CREAT | C.O_WRONLY | C.O_EXCL, 0)
        assert(result == -1 and errno == C.EEXIST)
        local result, errno = C.chown('hard', 1234, -1)
        print(errno)",
        folder.path()
    );
    let chowned = succeeds(&script);
    let at = |name: &str| folder.0.join(name);
    assert_eq!(fs::read(at("sub/file")).unwrap(), b"some text\0");
    let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("sub"), 0o750);
    assert_eq!(mode("sub/file"), 0o640);
    let inode = |name: &str| fs::metadata(at(name)).unwrap().ino();
    assert_eq!(inode("hard"), inode("sub/file"));
    assert_eq!(
        fs::read_link(at("soft")).unwrap().to_str(),
        Some("sub/file")
    );
    let metadata = fs::metadata(at("hard")).unwrap();
    if chowned == "0\n" {
        assert_eq!(metadata.uid(), 1234);
    } else {
        assert_eq!(chowned, "1\n", "this user may not change owners");
    }
    assert_eq!(metadata.gid(), fs::metadata(at("sub")).unwrap().gid());
    Verdict::Passed
}

pub fn mounts() -> Verdict {
    let folder = Folder::new("mounts");
    let script = format!(
        "local folder = '{}'
        C.mount(nil, '/', nil, C.MS_REC | C.MS_PRIVATE, nil)
        C.mount('none', folder, 'tmpfs', C.MS_NOSUID | C.MS_NODEV, 'size=64k')
        C.mkdir(folder .. '/inside', 448)
        assert(io.open(folder .. '/file', 'w')):close()
        C.mount(folder .. '/inside', folder .. '/inside', nil, C.MS_BIND)
        errexit = false
        local result, errno = C.umount(folder)
        assert(result == -1 and errno == C.EBUSY, errno)
        errexit = true
        C.umount(folder .. '/inside')
        C.umount2(folder, C.MNT_DETACH)
        assert(not io.open(folder .. '/file'))
        C.mount('none', folder, 'tmpfs', 0)
        C.mkdir(folder .. '/left', 448)",
        folder.path()
    );
    match run_with(&script, None, namespace::MOUNT) {
        Err(why) => return Verdict::Skipped(why),
        Ok(outcome) => assert_eq!((outcome.status, outcome.err.as_str()), (Some(0), "")),
    }
    // All of it was in the namespace.
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
    Verdict::Passed
}

pub fn roots() -> Verdict {
    let folder = Folder::new("roots");
    let path = folder.path();
    let pivot = format!(
        "C.mount(nil, '/', nil, C.MS_REC | C.MS_PRIVATE)
        C.mount('none', '{path}', 'tmpfs', 0)
        C.mkdir('{path}/old', 448)
        C.mkdir('{path}/new', 448)
        C.pivot_root('{path}', '{path}/old')
        C.chdir('/new')
        C.umount2('/old', C.MNT_DETACH)
        assert(not io.open('{path}') and not io.open('/proc/self/status'))"
    );
    let mut order = Order::new("look");
    order.namespaces = match possible(namespace::MOUNT) {
        Ok(kinds) => kinds,
        Err(why) => return Verdict::Skipped(why),
    };
    let pivot = mapped(&pivot, order.namespaces);
    order.script = Some(&pivot);
    let mut process = order.start();
    process.ready();
    assert_eq!(value(&process.text(), "folder"), "/new");
    assert!(process.wait().success());
    let chroot = format!("C.chroot('{path}') C.chdir('/')");
    let mut order = Order::new("look");
    order.namespaces = possible(namespace::MOUNT).unwrap();
    let chroot = mapped(&chroot, order.namespaces);
    order.script = Some(&chroot);
    let process = order.start();
    process.ready();
    let text = process.text();
    assert_eq!(value(&text, "folder"), "/");
    assert!(!text.contains("SigBlk"), "/proc is still there");
    Verdict::Passed
}

pub fn programs() -> Verdict {
    let outcome = run("io.write('before ')
        C.execve('/bin/sh', { 'sh', '-c', 'echo $0 $A $B; exit 3', 'zero' }, { A = 'a', 'B=b' })");
    assert_eq!(outcome.status, Some(3));
    assert_eq!(outcome.out, "before zero a b\n");
    let outcome =
        run("C.fexecve(C.open('/bin/cat', C.O_RDONLY), { 'cat', '/proc/self/status' }, {})");
    // Programs do not expect that SIGPIPE is ignored.
    assert!(
        outcome.out.contains("SigIgn:\t0000000000000000"),
        "{}",
        outcome.out
    );
    let outcome = run("errexit = false
        local result, errno = C.execve('/there/is/none', { 'none' }, {})
        print(result, errno == C.ENOENT)");
    assert_eq!(
        (outcome.status, outcome.out.as_str()),
        (Some(0), "-1\ttrue\n")
    );
    let (text, _) = look_after("errexit = false C.execve('/there/is/none', { 'none' }, {})");
    assert_eq!(value(&text, "SigIgn"), "0000000000001000");
    let outcome = run("C.execve('/there/is/none', { 'none' }, {})");
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.err.contains("execve has failed"), "{}", outcome.err);
    Verdict::Passed
}

pub fn namespaces() -> Verdict {
    let own = nix::unistd::gethostname().unwrap();
    let script = "errexit = false
        local result, errno = C.unshare(C.CLONE_NEWUTS)
        if errno == C.EPERM then print 'EPERM' return end
        errexit = true
        assert(errno == 0)
        C.sethostname('elsewhere')
        C.setns(C.open('/proc/' .. parent .. '/ns/uts', C.O_RDONLY), C.CLONE_NEWUTS)
        print(assert(io.open('/proc/sys/kernel/hostname')):read('l'))";
    let out = succeeds(&format!("parent = {}\n{script}", std::process::id()));
    if out == "EPERM\n" {
        return Verdict::Skipped("this user cannot make namespaces".into());
    }
    assert_eq!(out.trim_end(), own.to_str().unwrap());
    let (text, errors) = look_after(
        "C.unshare(C.CLONE_NEWUTS) C.sethostname('elsewhere') C.setdomainname('beyond')",
    );
    assert_eq!((value(&text, "host"), errors.as_str()), ("elsewhere", ""));
    assert_eq!(nix::unistd::gethostname().unwrap(), own);
    Verdict::Passed
}

pub fn descriptors_travel() -> Verdict {
    let (socket, argument) = UnixStream::pair().unwrap();
    let (out, write) = pipe();
    send_descriptor(&socket, b"take it", &write);
    drop(write);
    let mut order = Order::new("exit 0");
    order.argument = Some(OwnedFd::from(argument));
    order.script = Some(
        "local bytes, descriptor, errno = receive_with_fd(arg, 100)
        assert(bytes == 'take it' and descriptor == 5 and errno == 0)
        C.write(descriptor, 'text')
        local file = C.open('/proc/self/status', C.O_RDONLY)
        local count, errno = send_with_fd(arg, 'this one', file)
        assert(count == 8 and errno == 0)
        bytes, descriptor, errno = receive_with_fd(arg, 4)
        assert(bytes == 'none' and descriptor == -1 and errno == 0)",
    );
    let mut process = order.start();
    process.ready();
    (&socket).write_all(b"none").unwrap();
    assert_eq!(process.wait().code(), Some(0));
    drop(process);
    assert_eq!(rest(out), "text");
    let (bytes, file) = receive_descriptor(&socket);
    assert_eq!(bytes, b"this one");
    let path = fs::read_link(format!(
        "/proc/self/fd/{}",
        std::os::fd::AsRawFd::as_raw_fd(&file)
    ));
    assert!(path.unwrap().ends_with("status"));
    Verdict::Passed
}

fn send_descriptor(socket: &UnixStream, bytes: &[u8], descriptor: &OwnedFd) {
    use nix::sys::socket::{sendmsg, ControlMessage, MsgFlags, UnixAddr};
    use std::{io::IoSlice, os::fd::AsRawFd};
    let numbers = [descriptor.as_fd().as_raw_fd()];
    let control = [ControlMessage::ScmRights(&numbers)];
    let parts = [IoSlice::new(bytes)];
    sendmsg::<UnixAddr>(
        socket.as_raw_fd(),
        &parts,
        &control,
        MsgFlags::empty(),
        None,
    )
    .unwrap();
}

fn receive_descriptor(socket: &UnixStream) -> (Vec<u8>, File) {
    use nix::sys::socket::{cmsg_space, recvmsg, ControlMessageOwned, MsgFlags, UnixAddr};
    use std::{
        io::IoSliceMut,
        os::fd::{AsRawFd, FromRawFd},
    };
    let mut bytes = vec![0; 100];
    let mut control = vec![0; cmsg_space::<i32>()];
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let flags = MsgFlags::empty();
    let message =
        recvmsg::<UnixAddr>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags).unwrap();
    let length = message.bytes;
    let Some(ControlMessageOwned::ScmRights(numbers)) = message.cmsgs().unwrap().next() else {
        panic!("no descriptor came");
    };
    // SAFETY: The call has just made this descriptor, and nothing else owns it.
    let file = unsafe { File::from_raw_fd(numbers[0]) };
    bytes.truncate(length);
    (bytes, file)
}
