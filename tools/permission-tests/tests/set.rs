// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sets of permissions: what grants, rejections, seals and inheritance do.

use permission_tests::{
    name::Permission,
    prelude::fail_allocations,
    set::{Decision, Resolve, Set, MAX_ENTRIES, MAX_VALUES},
    spec::Origin,
};

/// A file system whose one link leads from `/link` to `/target`.
struct Links;

impl Resolve for Links {
    fn directory(&mut self, path: &[u8]) -> Option<&[u8]> {
        match path {
            b"/link" => Some(b"/target"),
            b"." => Some(b"/"),
            b"/nowhere" => None,
            b"/" => Some(b"/"),
            b"/a" => Some(b"/a"),
            b"/a/b" => Some(b"/a/b"),
            b"/c" => Some(b"/c"),
            b"/target" => Some(b"/target"),
            b"./a" => Some(b"/a"),
            _ => None,
        }
    }
}

fn pledge(set: &mut Set, spec: &str) -> Result<bool, String> {
    set.pledge(spec.as_bytes(), Origin::Script)
        .map_err(|error| error.to_string())
}

fn set(specs: &[&str]) -> Set {
    let mut set = Set::nothing();
    for spec in specs {
        assert_eq!(pledge(&mut set, spec), Ok(true), "{spec}");
    }
    set
}

fn reads(set: &Set, path: &str) -> bool {
    set.allows_path(Permission::FsRead, path.as_bytes(), &mut Links)
}

fn writes(set: &Set, path: &str) -> bool {
    set.allows_path(Permission::FsWrite, path.as_bytes(), &mut Links)
}

#[test]
fn a_fresh_set_permits_nothing_and_a_full_one_everything() {
    for permission in Permission::ALL {
        assert_eq!(Set::nothing().decide(permission), Decision::Denied);
        let everything = Set::everything().unwrap();
        assert_eq!(everything.decide(permission), Decision::Allowed);
    }
    assert_eq!(Set::nothing().to_string(), "none");
    assert_eq!(Set::everything().unwrap().to_string(), "all");
}

#[test]
fn errors_say_what_is_wrong() {
    let long = "x".repeat(256);
    let unanchored = "fs pledge pattern must be an absolute path, not an unanchored wildcard: ";
    for (spec, message) in [
        (
            "all".to_owned(),
            "permission \"all\" cannot be requested from scripts".to_owned(),
        ),
        (
            "~all".to_owned(),
            "permission \"all\" cannot be requested from scripts".to_owned(),
        ),
        (
            "all:x=y".to_owned(),
            "permission \"all\" cannot be requested from scripts".to_owned(),
        ),
        ("".to_owned(), "unknown permission: ''".to_owned()),
        (
            "nosuch".to_owned(),
            "unknown permission: 'nosuch'".to_owned(),
        ),
        ("FS".to_owned(), "unknown permission: 'FS'".to_owned()),
        (
            "fs:steal".to_owned(),
            "unknown fs subpermission: 'steal'".to_owned(),
        ),
        ("fs:".to_owned(), "unknown fs subpermission: ''".to_owned()),
        (
            "network:ip".to_owned(),
            "unknown network subpermission: 'ip'".to_owned(),
        ),
        (
            "env:x".to_owned(),
            "unknown env subpermission: 'x'".to_owned(),
        ),
        (
            "load:x".to_owned(),
            "unknown load subpermission: 'x'".to_owned(),
        ),
        (
            "fs:read=".to_owned(),
            "permission value is empty: 'fs:read='".to_owned(),
        ),
        ("fs=*".to_owned(), format!("{unanchored}'*'")),
        ("fs:write=?x".to_owned(), format!("{unanchored}'?x'")),
        (long.clone(), format!("permission name too long: '{long}'")),
        (
            format!("fs=/{}", "x".repeat(1023)),
            "permission value too long".to_owned(),
        ),
    ] {
        assert_eq!(pledge(&mut Set::nothing(), &spec), Err(message), "{spec}");
    }
    assert_eq!(
        pledge(&mut Set::nothing(), &format!("fs=/{}", "x".repeat(1022))),
        Ok(true)
    );
}

#[test]
fn restricted_then_unrestricted_stays_restricted() {
    let set = set(&["fs:read=/a/x", "fs:read"]);
    assert!(reads(&set, "/a/x"));
    assert!(!reads(&set, "/a/y"));
}

#[test]
fn unrestricted_then_restricted_narrows() {
    let set = set(&["fs:read", "fs:read=/a/x"]);
    assert!(reads(&set, "/a/x"));
    assert!(!reads(&set, "/a/y"));
}

#[test]
fn an_exact_entry_has_precedence_over_its_base() {
    let set = set(&["fs", "fs:read=/a/*"]);
    assert!(reads(&set, "/a/x") && !reads(&set, "/c/x"));
    assert!(writes(&set, "/c/x"));
    assert_eq!(set.decide(Permission::FsWrite), Decision::Allowed);
}

#[test]
fn a_check_changes_nothing() {
    let set = set(&["fs=/a/*"]);
    assert!(reads(&set, "/a/x"));
    assert!(!reads(&set, "/c/x"));
    assert_eq!(set.to_string(), "fs=/a/*");
}

#[test]
fn a_rejection_is_for_good() {
    let mut set = set(&["load", "~load"]);
    assert!(!set.allows(Permission::Load, None));
    let error = "permission \"load\" was rejected".to_owned();
    assert_eq!(pledge(&mut set, "load"), Err(error));
    assert_eq!(pledge(&mut set, "~load"), Ok(true));
    assert_eq!(pledge(&mut set, "~nosuch=x"), Ok(true));
    let error = "permission \"nosuch\" was rejected".to_owned();
    assert_eq!(pledge(&mut set, "nosuch"), Err(error));
}

#[test]
fn a_rejection_does_not_cascade() {
    let mut set = set(&["fs:read", "~fs"]);
    assert!(reads(&set, "/a/x"));
    assert!(!writes(&set, "/a/x"));
    assert_eq!(pledge(&mut set, "fs:write=/c/*"), Ok(true));
    assert!(writes(&set, "/c/x"));
    let documented = self::set(&["fs", "~fs:write"]);
    assert!(reads(&documented, "/a/x") && !writes(&documented, "/a/x"));
}

#[test]
fn a_sealed_set_says_no_to_everything() {
    let mut set = set(&["load", "seal", "seal"]);
    for spec in ["load", "rcu", "~load", "nosuch", "fs=*"] {
        assert_eq!(pledge(&mut set, spec), Ok(false), "{spec}");
    }
    assert!(set.allows(Permission::Load, None));
    assert!(pledge(&mut set, "all").is_err());
    assert!(set.is_sealed());
}

#[test]
fn the_command_line_seals_and_may_say_all() {
    let set = Set::of_command_line([&b"all"[..]].into_iter()).unwrap();
    for permission in Permission::ALL {
        assert_eq!(set.allows(permission, None), permission != Permission::Env);
    }
    assert!(set.is_sealed());
    let set = Set::of_command_line([&b"~fs:write"[..], b"fs", b"env=LANG*"].into_iter()).unwrap();
    assert!(reads(&set, "/c/x") && !writes(&set, "/c/x"));
    assert!(set.allows(Permission::Env, Some(b"LANGUAGE")));
    assert!(!set.allows(Permission::Env, Some(b"HOME")));
    assert_eq!(set.to_string(), "~fs:write fs env=LANG* (sealed)");
    let error = Set::of_command_line([&b"~fs"[..], b"fs"].into_iter()).err();
    assert_eq!(error.unwrap().to_string(), "permission \"fs\" was rejected");
}

#[test]
fn only_confined_sets_suit_a_lockdown() {
    let of = |specs: &[&str]| {
        Set::of_command_line(specs.iter().map(|spec| spec.as_bytes())).expect("these are specs")
    };
    for confined in [
        &["load"][..],
        &["load", "rcu", "thread", "runner", "env"],
        &["all", "~fs", "~exec", "~device", "~netfilter"],
    ] {
        assert!(of(confined).suits_lockdown(), "{confined:?}");
    }
    for power in [
        "all",
        "fs",
        "fs:read",
        "fs:read=/etc/passwd",
        "fs:write=/tmp/*",
        "exec",
        "device",
        "device=x",
        "netfilter",
        "netfilter:modify",
        "netfilter=ipv4/*",
    ] {
        assert!(!of(&["load", power]).suits_lockdown(), "{power}");
    }
    assert!(!of(&["all", "~fs"]).suits_lockdown());
    assert!(!set(&["load"]).suits_lockdown(), "it is not sealed");
    assert!(set(&["load", "seal"]).suits_lockdown());
}

#[test]
fn a_child_rejects_and_narrows_and_never_widens() {
    let parent = set(&["load", "fs:read=/a/*", "runner", "~rcu"]);
    let mut child = parent.inherit().unwrap();
    assert!(child.is_sealed());
    assert_eq!(pledge(&mut child, "thread"), Ok(false));
    assert_eq!(pledge(&mut child, "fs:write=/a/*"), Ok(false));
    assert_eq!(pledge(&mut child, "load"), Ok(true));
    assert_eq!(pledge(&mut child, "fs:read=/a/b/*"), Ok(true));
    assert_eq!(pledge(&mut child, "fs:read=/c/*"), Ok(true));
    assert!(reads(&child, "/a/b/x"));
    assert!(!reads(&child, "/a/x"), "narrowed");
    assert!(!reads(&child, "/c/x"), "the parent's pattern holds as well");
    assert_eq!(pledge(&mut child, "runner=net/*"), Ok(true));
    assert_eq!(pledge(&mut child, "runner=disk"), Ok(true));
    assert!(child.allows(Permission::Runner, Some(b"net/x")));
    assert!(child.allows(Permission::Runner, Some(b"disk")));
    assert!(!child.allows(Permission::Runner, Some(b"other")));
    assert_eq!(pledge(&mut child, "~load"), Ok(true));
    assert!(!child.allows(Permission::Load, None));
    assert!(pledge(&mut child, "rcu").is_err());
    assert!(reads(&parent, "/a/x") && parent.allows(Permission::Load, None));
    assert_eq!(pledge(&mut child, "seal"), Ok(true));
    assert_eq!(pledge(&mut child, "~runner"), Ok(false));
    assert_eq!(
        child.to_string(),
        "~load fs:read=/a/*&/a/b/*|/c/* runner=net/*|disk ~rcu (sealed)"
    );
}

#[test]
fn a_grandchild_is_held_to_what_its_parent_narrowed() {
    let mut child = set(&["fs=/a/*"]).inherit().unwrap();
    assert_eq!(pledge(&mut child, "fs:read=/a/b/*"), Ok(true));
    let mut grandchild = child.inherit().unwrap();
    assert_eq!(pledge(&mut grandchild, "fs:read=/a/*"), Ok(true));
    assert!(!reads(&grandchild, "/a/x"));
    assert!(reads(&grandchild, "/a/b/x"));
    assert!(writes(&grandchild, "/a/x"));
    assert!(!writes(&grandchild, "/c/x"));
}

#[test]
fn a_sealed_parents_child_may_narrow() {
    let parent = Set::of_command_line([&b"load"[..], b"fs"].into_iter()).unwrap();
    let mut child = parent.inherit().unwrap();
    assert_eq!(pledge(&mut child, "~fs"), Ok(true));
    assert_eq!(pledge(&mut child, "rcu"), Ok(false));
    assert!(!reads(&child, "/a/x"));
}

#[test]
fn directories_of_patterns_are_made_canonical() {
    let set = set(&[
        "fs:read=/link/*",
        "fs:write=./a/x",
        "fs=relative/*",
        "fs=/nowhere/*",
    ]);
    assert!(reads(&set, "/target/x") && !reads(&set, "/link/x"));
    assert!(writes(&set, "/a/x") && !writes(&set, "/x"));
    let other = self::set(&["fs=relative/*", "fs=/nowhere/*"]);
    assert!(!reads(&other, "/relative/x") && !reads(&other, "relative/x"));
    assert!(!reads(&other, "/nowhere/x"));
}

#[test]
fn values_that_mean_nothing_are_not_looked_at() {
    let set = set(&["load=x", "rcu=y"]);
    assert_eq!(set.decide(Permission::Load), Decision::Allowed);
    assert_eq!(set.decide(Permission::Rcu), Decision::Allowed);
}

#[test]
fn limits_are_errors() {
    let mut set = set(&["runner"]);
    for number in 0..MAX_VALUES {
        assert_eq!(pledge(&mut set, &format!("runner=n{number}")), Ok(true));
    }
    assert_eq!(
        pledge(&mut set, "runner=n0"),
        Ok(true),
        "it is there already"
    );
    let error = format!("permission \"runner\" has {MAX_VALUES} values already");
    assert_eq!(pledge(&mut set, "runner=more"), Err(error));
    for number in 1..MAX_ENTRIES {
        assert_eq!(pledge(&mut set, &format!("~n{number}")), Ok(true));
    }
    let mut long = self::set(&["fs"]);
    for number in 0..16 {
        let value = format!("fs=/{number:02}{}", "x".repeat(1020));
        assert_eq!(pledge(&mut long, &value), Ok(true));
    }
    let shown = long.to_string();
    let value = format!("fs=/{}", "y".repeat(1022));
    let error = "the permissions have more than 16384 bytes".to_owned();
    assert_eq!(pledge(&mut long, &value), Err(error.clone()));
    assert_eq!(long.to_string(), shown);
    let mut child = long.inherit().unwrap();
    assert_eq!(
        pledge(&mut child, "fs:read=/x"),
        Err(error),
        "it would copy the values"
    );
    assert!(pledge(&mut set, "~more").is_err());
    assert!(pledge(&mut set, "load").is_err());
    assert_eq!(pledge(&mut set, "~n1"), Ok(true));
}

#[test]
fn without_memory_nothing_changes() {
    for spec in ["rcu", "fs:read=/c/*", "runner=x", "~load", "~fs:write"] {
        let mut failed = 0;
        loop {
            let mut set = set(&["load", "fs=/a/*", "runner=y"]).inherit().unwrap();
            let before = set.to_string();
            fail_allocations(Some(failed));
            let result = set.pledge(spec.as_bytes(), Origin::Script).is_ok();
            fail_allocations(None);
            if result {
                break;
            }
            assert_eq!(set.to_string(), before, "{spec} {failed}");
            failed += 1;
        }
    }
    fail_allocations(Some(3));
    assert!(Set::everything().is_err());
    fail_allocations(None);
}

#[test]
fn what_scripts_name_is_shown_on_one_line() {
    let set = set(&["runner=a\nb\u{1b}[31m\0", "~x\ty"]);
    assert_eq!(set.to_string(), "runner=a\\nb\\u{1b}[31m\\u{0} ~x\\ty");
}
