// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What holds for all sets, whatever is pledged.

use permission_tests::{
    name::Permission,
    set::{Resolve, Set},
    spec::{Origin, Spec},
};
use proptest::prelude::*;

/// A file system without links.
struct Plain(Vec<u8>);

impl Resolve for Plain {
    fn directory(&mut self, path: &[u8]) -> Option<&[u8]> {
        self.0 = path.to_vec();
        Some(&self.0)
    }
}

const PATHS: [&str; 6] = ["/a", "/a/b", "/a/b/c", "/b", "/b/a", "/"];
const NAMES: [&str; 4] = ["a", "b", "ab", "net/a"];

/// Everything that a set can be asked.
fn answers(set: &Set) -> Vec<bool> {
    let mut answers = Vec::new();
    for permission in Permission::ALL {
        answers.push(set.allows(permission, None));
        for name in NAMES {
            answers.push(set.allows(permission, Some(name.as_bytes())));
        }
    }
    for permission in [Permission::FsRead, Permission::FsWrite] {
        for path in PATHS {
            answers.push(set.allows_path(permission, path.as_bytes(), &mut Plain(Vec::new())));
        }
    }
    answers
}

/// Whether all that the first allows is allowed by the second.
fn within(first: &Set, second: &Set) -> bool {
    answers(first)
        .into_iter()
        .zip(answers(second))
        .all(|(first, second)| !first || second)
}

fn spec() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "fs", "fs:read", "fs:write", "load", "rcu", "runner", "device", "thread", "env", "exec",
    ]);
    let value = prop_oneof![
        Just(String::new()),
        "=/[ab/*?]{0,5}",
        "=[ab*?]{1,3}",
        "=\\./[ab*]{0,3}"
    ];
    let reject = prop_oneof![4 => Just(""), 1 => Just("~")];
    (reject, name, value).prop_map(|(reject, name, value)| format!("{reject}{name}{value}"))
}

fn specs() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(spec(), 0..10)
}

fn apply(set: &mut Set, specs: &[String]) {
    for spec in specs {
        let _ = set.pledge(spec.as_bytes(), Origin::Script);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_child_never_gets_beyond_its_parent(parents in specs(), childs in specs(), grandchilds in specs()) {
        let mut parent = Set::nothing();
        apply(&mut parent, &parents);
        let mut child = parent.inherit().unwrap();
        apply(&mut child, &childs);
        prop_assert!(within(&child, &parent), "{} {}", parent, child);
        let mut grandchild = child.inherit().unwrap();
        apply(&mut grandchild, &grandchilds);
        prop_assert!(within(&grandchild, &child), "{} {}", child, grandchild);
    }

    #[test]
    fn each_pledge_of_a_child_takes_away_or_adds_values_of_its_own(parents in specs(), spec in spec()) {
        let mut parent = Set::nothing();
        apply(&mut parent, &parents);
        let mut child = parent.inherit().unwrap();
        let _ = child.pledge(spec.as_bytes(), Origin::Script);
        prop_assert!(within(&child, &parent), "{} {}", parent, child);
    }

    #[test]
    fn a_sealed_set_never_changes(before in specs(), after in specs()) {
        let mut set = Set::nothing();
        apply(&mut set, &before);
        set.pledge(b"seal", Origin::Script).unwrap();
        let shown = set.to_string();
        apply(&mut set, &after);
        prop_assert_eq!(shown, set.to_string());
    }

    #[test]
    fn a_copy_answers_alike_and_is_independent(before in specs(), after in specs()) {
        let mut set = Set::nothing();
        apply(&mut set, &before);
        let mut copy = set.try_clone().unwrap();
        prop_assert_eq!(answers(&set), answers(&copy));
        let shown = set.to_string();
        apply(&mut copy, &after);
        prop_assert_eq!(shown, set.to_string());
    }

    #[test]
    fn what_was_rejected_stays_away(before in specs(), after in specs()) {
        let mut set = Set::nothing();
        apply(&mut set, &before);
        for name in ["load", "fs:read"] {
            set.pledge(format!("~{name}").as_bytes(), Origin::Script).unwrap();
        }
        apply(&mut set, &after);
        prop_assert!(!set.allows(Permission::Load, None));
        prop_assert!(!set.allows_path(Permission::FsRead, b"/a", &mut Plain(Vec::new())));
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes: Vec<u8>, rest in "[~a-z:=*/]{0,40}") {
        for text in [&bytes[..], rest.as_bytes()] {
            let _ = Spec::check(text, Origin::CommandLine);
            let mut set = Set::everything().unwrap();
            if let Err(error) = set.pledge(text, Origin::Script) {
                prop_assert!(!error.to_string().is_empty());
            }
            prop_assert!(!set.to_string().contains('\n'));
        }
    }
}
