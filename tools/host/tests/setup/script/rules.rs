// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What holds for all scripts.

use std::io::Read;

use super::{look_after, run, run_with, succeeds};
use crate::{
    kernel::{pipe, rest, wait_to_read, Given, Order},
    probe::value,
    Verdict,
};

pub fn failing_calls_end_the_process() -> Verdict {
    for setting in ["", "errexit = true", "errexit = 0"] {
        let outcome = run(&format!("{setting}\nC.chdir('/there/is/none')\nprint 'on'"));
        assert_eq!(outcome.status, Some(1));
        assert_eq!(outcome.out, "");
        let wanted =
            "lunatik: init.script:2: chdir has failed: No such file or directory (ENOENT)\n";
        assert_eq!(outcome.err, wanted);
    }
    // pcall does not hide it, and globals count, too.
    let outcome = run("pcall(send_with_fd, 99, '', 1) print 'on'");
    assert_eq!((outcome.status, outcome.out.as_str()), (Some(1), ""));
    assert!(
        outcome.err.contains("send_with_fd has failed"),
        "{}",
        outcome.err
    );
    Verdict::Passed
}

pub fn failing_calls_can_be_handled() -> Verdict {
    succeeds(
        "errexit = false
        local result, errno = C.chdir('/there/is/none')
        assert(result == -1 and errno == C.ENOENT)
        result, errno = C.read(99, 10)
        assert(result == nil and errno == C.EBADF)
        result, errno = C.read(-1, 10)
        assert(result == nil and errno == C.EBADF)
        result, errno = C.read(0, -1)
        assert(result == nil and errno == C.EINVAL)
        local bytes, descriptor, errno = receive_with_fd(0, 10)
        assert(bytes == nil and descriptor == -1 and errno == C.ENOTSOCK)
        errexit = true
        result, errno = C.chdir('/')
        assert(result == 0 and errno == 0)",
    );
    Verdict::Passed
}

pub fn errors_end_the_process() -> Verdict {
    for (script, message) in [
        ("error('all is lost')", "init.script:1: all is lost"),
        ("local x = = 1", "init.script:1:"),
        ("\n\nnone.field = 1", "init.script:3:"),
        ("\x1bLua", "init.script"),
    ] {
        let outcome = run(script);
        assert_eq!(outcome.status, Some(1), "{script}");
        assert!(outcome.err.contains(message), "{}", outcome.err);
    }
    let outcome = run("os.exit(5)");
    assert_eq!(outcome.status, Some(5));
    Verdict::Passed
}

pub fn memory_is_bounded() -> Verdict {
    succeeds("local s = string.rep('x', 700 << 10)");
    for script in [
        "string.rep('x', 1 << 20)",
        "pcall(string.rep, 'x', 1 << 20) print 'on'",
        "xpcall(string.rep, print, 'x', 1 << 20) print 'on'",
        "pcall(coroutine.wrap(function() return string.rep('x', 1 << 20) end)) print 'on'",
        "coroutine.resume(coroutine.create(string.rep), 'x', 1 << 20) print 'on'",
        "local t = {} while true do t[#t + 1] = {} end",
        "pcall(function() local t = {} for i = 1, math.huge do t[i] = i end end) print 'on'",
        "pcall(C.read, C.open('/dev/zero', C.O_RDONLY), 1 << 30) print 'on'",
        "load(('x'):rep(300 << 10) .. '=' .. ('y'):rep(300 << 10)) print 'on'",
    ] {
        let outcome = run(script);
        assert_eq!(
            (outcome.status, outcome.out.as_str()),
            (Some(1), ""),
            "{script}"
        );
        let wanted = "lunatik: init.script needs more than 1024 KiB of memory\n";
        assert_eq!(outcome.err, wanted, "{script}");
    }
    Verdict::Passed
}

pub fn ready_comes_before_the_script() -> Verdict {
    let (read, write) = pipe();
    let mut order = Order::new("exit 0");
    order.argument = Some(read.into());
    order.script = Some("assert(C.read(arg, 1) == '')");
    let mut process = order.start();
    // The script waits for this end of the pipe to be closed.
    process.ready();
    drop(write);
    assert_eq!(process.wait().code(), Some(0));
    Verdict::Passed
}

pub fn lines_are_written_at_once() -> Verdict {
    let (read, write) = pipe();
    let (mut out, output) = pipe();
    let mut order = Order::new("exit 0");
    order.streams[1] = Given::File(output);
    order.argument = Some(read.into());
    order.script = Some("io.write('one line\\nmore') C.read(arg, 1)");
    let mut process = order.start();
    process.ready();
    // The script waits for the other pipe.
    wait_to_read(&out);
    let mut text = [0; 100];
    let length = out.read(&mut text).unwrap();
    assert_eq!(&text[..length], b"one line\n");
    drop(write);
    assert_eq!(process.wait().code(), Some(0));
    drop(process);
    assert_eq!(rest(out), "more");
    Verdict::Passed
}

pub fn descriptors_are_closed() -> Verdict {
    let (out, write) = pipe();
    let mut order = Order::new("look");
    order.argument = Some(write);
    order.script = Some(
        "assert(arg == 4)
        for number = 5, 20 do assert(C.open('/dev/null', C.O_RDONLY) == number) end
        file = io.open('/dev/null')
        C.write(arg, 'text')",
    );
    let mut process = order.start();
    process.ready();
    assert_eq!(value(&process.text(), "descriptors"), "0 1 2 3x");
    assert!(process.wait().success());
    drop(process);
    assert_eq!(rest(out), "text");
    Verdict::Passed
}

pub fn globals_are_there() -> Verdict {
    succeeds(
        "assert(arg == nil and errexit == true)
        assert(mode(7, 5, 1) == tonumber('751', 8))
        for _, name in ipairs{ 'string', 'table', 'math', 'io', 'os', 'utf8', 'coroutine', 'debug' } do
            assert(type(_G[name]) == 'table', name)
        end
        for name in ([[read write open mkdir chdir link symlink chown chmod umask mount umount umount2
            pivot_root chroot setsid setpgid setresuid setresgid setgroups sethostname setdomainname unshare
            setns execve fexecve cap_set_proc cap_drop_bound cap_set_ambient cap_reset_ambient
            cap_set_secbits landlock_create_ruleset landlock_add_rule landlock_restrict_self]]):gmatch('%S+') do
            assert(type(C[name]) == 'function', name)
        end
        assert(C.O_CREAT == 64 and C.S_IRWXU == 448 and C.MS_REC == 16384 and C.MNT_DETACH == 2)
        assert(C.CLONE_NEWUSER == 1 << 28 and C.SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED == 128)
        assert(C.EPERM == 1 and C.ENOTSUP == 95 and C.LANDLOCK_ACCESS_FS_MAKE_SYM == 1 << 12)
        assert(C.LANDLOCK_SCOPE_SIGNAL == 2 and C.LANDLOCK_ACCESS_NET_CONNECT_TCP == 2)
        assert(package.loadlib == nil and not pcall(require, 'missing'))",
    );
    Verdict::Passed
}

pub fn arguments_are_checked() -> Verdict {
    for script in [
        "C.mkdir()",
        "C.mkdir('a\\0b', 0)",
        "C.mkdir({}, 0)",
        "C.chown('/', -2, 0)",
        "C.chown('/', 1 << 32, 0)",
        "C.setgroups('none')",
        "C.execve('/bin/true', { 'a\\0b' }, {})",
        "C.execve('/bin/true', { 'true' })",
        "C.execve('/bin/true', { 'true' }, { A = 'b\\0c' })",
        "C.landlock_create_ruleset({ handled_access_fs = { 'fly' } })",
        "C.landlock_add_rule(0, 'upwards', {})",
        "send_with_fd(0, 'text')",
    ] {
        // Wrong arguments are mistakes of the script, so `errexit` does not matter.
        let outcome = run(&format!("errexit = false {script} print 'on'"));
        assert_eq!(
            (outcome.status, outcome.out.as_str()),
            (Some(1), ""),
            "{script}"
        );
        assert!(
            outcome.err.contains("init.script has failed"),
            "{}",
            outcome.err
        );
    }
    succeeds(
        "errexit = false
        for _, text in ipairs{ 'cap_fly=ep', 'cap_kill', '+ep' } do
            local result, errno = C.cap_set_proc(text)
            assert(result == -1 and errno == C.EINVAL)
        end
        assert(select(2, C.cap_drop_bound('fly')) == C.EINVAL)",
    );
    Verdict::Passed
}

pub fn output_is_not_written_twice() -> Verdict {
    // What the C library has not written yet must not be in both processes after a fork.
    let script = "io.stdout:setvbuf('full') io.write('once')";
    let (_, errors) = look_after("io.stderr:setvbuf('full') io.stderr:write('once')");
    assert_eq!(errors, "once");
    let mut order = Order::new("die 9");
    let (out, write) = pipe();
    order.streams[1] = Given::File(write);
    order.script = Some(script);
    let mut process = order.start();
    process.ready();
    process.wait();
    drop(process);
    assert_eq!(rest(out), "once");
    let namespaces = lunatik_abi::wire::namespace::PID;
    match run_with(script, None, namespaces) {
        Ok(outcome) => assert_eq!(outcome.out, "once"),
        Err(why) => return Verdict::Skipped(why),
    }
    Verdict::Passed
}
