// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What calls do to the rights of the process.

use std::{net::TcpListener, path::Path};

use lunatik_abi::wire::namespace;

use super::{look_after, mapped, run, succeeds, Folder};
use crate::{
    kernel::{possible, Order},
    probe::value,
    Verdict,
};

/// A reason to skip a test, if this user has not all rights.
fn restricted() -> Option<Verdict> {
    let is_root = nix::unistd::geteuid().is_root();
    (!is_root).then(|| Verdict::Skipped("this user is not root".into()))
}

pub fn users() -> Verdict {
    if let Some(skipped) = restricted() {
        return skipped;
    }
    let (text, errors) = look_after(
        "C.setgroups{ 7, 8 }
        C.setresgid(1001, 1002, 1003)
        C.setresuid(-1, 2002, 2003)
        errexit = false
        assert(select(2, C.setresuid(0, 5, -1)) == C.EPERM)
        assert(select(2, C.setgroups{}) == C.EPERM)
        errexit = true
        set_no_new_privs()",
    );
    assert_eq!(errors, "");
    assert_eq!(value(&text, "Uid"), "0\t2002\t2003\t2002");
    assert_eq!(value(&text, "Gid"), "1001\t1002\t1003\t1002");
    assert_eq!(value(&text, "Groups"), "7 8");
    assert_eq!(value(&text, "NoNewPrivs"), "1");
    Verdict::Passed
}

pub fn users_can_be_mapped() -> Verdict {
    let kinds = match possible(namespace::USER) {
        Ok(kinds) => kinds,
        Err(why) => return Verdict::Skipped(why),
    };
    for (script, user) in [(String::new(), "65534"), (mapped("", kinds), "0")] {
        let mut order = Order::new("look");
        order.namespaces = kinds;
        order.script = Some(&script);
        let process = order.start();
        process.ready();
        assert_eq!(value(&process.text(), "user"), user);
    }
    Verdict::Passed
}

pub fn sessions() -> Verdict {
    let out = succeeds(
        "local session = C.setsid()
        local stat = io.open('/proc/self/stat'):read('a'):gsub('^.*%) ', '')
        local group, own = stat:match('^%S+ %S+ (%S+) (%S+)')
        assert(tonumber(group) == session and tonumber(own) == session)
        errexit = false
        assert(select(2, C.setsid()) == C.EPERM)
        assert(select(2, C.setpgid(0, 0)) == C.EPERM)
        print 'done'",
    );
    assert_eq!(out, "done\n");
    let (text, errors) = look_after("C.setpgid(0, 0)");
    assert_eq!(errors, "");
    assert!(!value(&text, "pid").is_empty());
    Verdict::Passed
}

pub fn capabilities() -> Verdict {
    if let Some(skipped) = restricted() {
        return skipped;
    }
    let (text, errors) = look_after(
        "C.cap_drop_bound('cap_sys_boot')
        C.cap_set_secbits(C.SECBIT_NOROOT | C.SECBIT_NO_SETUID_FIXUP)
        C.cap_set_proc('cap_kill=eip cap_net_raw+ep cap_checkpoint_restore+p')
        errexit = false
        assert(select(2, C.cap_set_proc('cap_chown=ep')) == C.EPERM)
        assert(select(2, C.cap_drop_bound('cap_chown')) == C.EPERM)
        assert(select(2, C.chroot('/')) == C.EPERM)",
    );
    assert_eq!(errors, "");
    let set = |name: &str| u64::from_str_radix(value(&text, name), 16).unwrap();
    let (kill, raw, restore) = (1 << 5, 1 << 13, 1 << 40);
    assert_eq!(set("CapEff"), kill | raw);
    assert_eq!(set("CapPrm"), kill | raw | restore);
    assert_eq!(set("CapInh"), kill);
    assert_eq!(set("CapBnd") & (1 << 22), 0);
    let outcome = run("C.cap_set_secbits(C.SECBIT_NOROOT)
        C.cap_set_proc('=')
        C.execve('/bin/cat', { 'cat', '/proc/self/status' }, {})");
    assert!(
        outcome.out.contains("CapEff:\t0000000000000000"),
        "{}",
        outcome.out
    );
    Verdict::Passed
}

pub fn ambient_capabilities() -> Verdict {
    if let Some(skipped) = restricted() {
        return skipped;
    }
    let (text, errors) = look_after(
        "errexit = false
        assert(select(2, C.cap_set_ambient('cap_kill', true)) == C.EPERM)
        errexit = true
        C.cap_set_proc('cap_kill,cap_net_raw,cap_setpcap=eip')
        C.cap_set_ambient('cap_setpcap', true)
        C.cap_reset_ambient()
        C.cap_set_ambient('cap_kill', true)
        C.cap_set_ambient('CAP_NET_RAW', true)
        C.cap_set_ambient('cap_kill', false)",
    );
    assert_eq!(errors, "");
    assert_eq!(u64::from_str_radix(value(&text, "CapAmb"), 16), Ok(1 << 13));
    Verdict::Passed
}

/// Skips a test if this kernel has no Landlock, or too old a one.
fn without_landlock(version: i64) -> Option<Verdict> {
    let out = succeeds(
        "errexit = false
        print(C.landlock_create_ruleset(nil, { 'version' }))",
    );
    let (found, errno) = out.trim_end().split_once('\t').unwrap();
    match found.parse::<i64>().unwrap() {
        found if found >= version => None,
        -1 => Some(Verdict::Skipped(format!(
            "this kernel has no Landlock: errno {errno}"
        ))),
        found => Some(Verdict::Skipped(format!(
            "this kernel has version {found} of Landlock"
        ))),
    }
}

pub fn landlock_restricts_files() -> Verdict {
    if let Some(skipped) = without_landlock(1) {
        return skipped;
    }
    let folder = Folder::new("landlock");
    std::fs::write(folder.0.join("file"), "text").unwrap();
    std::fs::create_dir(folder.0.join("other")).unwrap();
    std::fs::write(folder.0.join("other/file"), "text").unwrap();
    let out = succeeds(&format!(
        "local folder = '{}'
        local rules = C.landlock_create_ruleset{{
            handled_access_fs = {{ 'read_file', 'write_file', 'make_reg' }},
        }}
        local other = C.open(folder .. '/other', C.O_PATH | C.O_DIRECTORY)
        C.landlock_add_rule(rules, 'path_beneath', {{ allowed_access = {{ 'read_file' }}, parent_fd = other }})
        errexit = false
        local result, errno = C.landlock_add_rule(rules, 'path_beneath', {{
            allowed_access = {{ 'execute' }}, parent_fd = other,
        }})
        assert(result == -1 and errno == C.EINVAL)
        errexit = true
        set_no_new_privs()
        C.landlock_restrict_self(rules)
        assert(io.open(folder .. '/other/file')):close()
        assert(select(3, io.open(folder .. '/file')) == C.EACCES)
        assert(select(3, io.open(folder .. '/other/new', 'w')) == C.EACCES)
        print 'done'",
        folder.path()
    ));
    assert_eq!(out, "done\n");
    Verdict::Passed
}

pub fn landlock_restricts_ports() -> Verdict {
    if let Some(skipped) = without_landlock(4) {
        return skipped;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // What connects, on machines with all commands and on those that have busybox alone.
    let (program, command) = match Path::new("/bin/bash").exists() {
        true => (
            "'/bin/bash', { 'bash', '-c'",
            format!("exec 2>/dev/null 3<>/dev/tcp/127.0.0.1/{port} && echo yes || echo no"),
        ),
        false => (
            "'/bin/busybox', { 'sh', '-c'",
            // Nobody answers, so a connection lasts until the time is over.
            format!(
                "/bin/busybox timeout 2 /bin/busybox nc 127.0.0.1 {port} </dev/null 2>/dev/null; \
                 [ $? = 143 ] && echo yes || echo no"
            ),
        ),
    };
    for (allowed, wanted) in [(port, "yes\n"), (port ^ 1, "no\n")] {
        let outcome = run(&format!(
            "local rules = C.landlock_create_ruleset{{ handled_access_net = {{ 'connect_tcp' }} }}
            C.landlock_add_rule(rules, 'net_port', {{ allowed_access = {{ 'connect_tcp' }}, port = {allowed} }})
            set_no_new_privs()
            C.landlock_restrict_self(rules)
            C.execve({program}, '{command}' }}, {{}})"
        ));
        // bash ends when `exec` fails.
        let out = match outcome.out.as_str() {
            "" => "no\n",
            out => out,
        };
        assert_eq!(out, wanted, "{}", outcome.err);
    }
    Verdict::Passed
}
