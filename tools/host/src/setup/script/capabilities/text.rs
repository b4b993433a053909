// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sets of capabilities as text, in the form of cap_from_text(3).
//!
//! A text is a list of clauses with space between them. A clause names capabilities, with commas between them, or `all`;
//! then come actions: `=`, `+` or `-`, each with letters of the sets that it is about: `e`, `i`, `p`. `=` also empties
//! the sets that it does not name. It may stand without names, and means all capabilities then.

use super::capability;

/// The three sets of a process; capability *n* is bit *n*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sets {
    /// The capabilities that count.
    pub effective: u64,
    /// Those that the process can make effective.
    pub permitted: u64,
    /// Those that survive execve(2), if the file agrees.
    pub inheritable: u64,
}

impl Sets {
    /// Reads a text. Returns `None` if it is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let mut sets = Self::default();
        for clause in text.split_ascii_whitespace() {
            let names = clause.find(['=', '+', '-'])?;
            let (names, actions) = clause.split_at(names);
            sets.clause(names, actions)?;
        }
        Some(sets)
    }

    fn clause(&mut self, names: &str, mut actions: &str) -> Option<()> {
        let chosen = match names {
            "" if actions.starts_with('=') => all(),
            names => chosen(names)?,
        };
        let mut is_first = true;
        while let Some(action) = actions.chars().next() {
            let rest = &actions[1..];
            let end = rest.find(['=', '+', '-']).unwrap_or(rest.len());
            let letters = &rest[..end];
            if !letters.bytes().all(|letter| b"eip".contains(&letter)) {
                return None;
            }
            match action {
                '=' if is_first => {
                    self.each("eip", |set| *set &= !chosen);
                    self.each(letters, |set| *set |= chosen);
                }
                '=' => return None,
                _ if letters.is_empty() => return None,
                '+' => self.each(letters, |set| *set |= chosen),
                _ => self.each(letters, |set| *set &= !chosen),
            }
            actions = &rest[end..];
            is_first = false;
        }
        Some(())
    }

    fn each(&mut self, letters: &str, change: impl Fn(&mut u64)) {
        for letter in letters.chars() {
            change(match letter {
                'e' => &mut self.effective,
                'i' => &mut self.inheritable,
                _ => &mut self.permitted,
            });
        }
    }
}

/// All capabilities.
fn all() -> u64 {
    caps::all()
        .iter()
        .fold(0, |bits, capability| bits | 1 << capability.index())
}

/// The capabilities of a list of names.
fn chosen(names: &str) -> Option<u64> {
    names.split(',').try_fold(0, |bits, name| {
        if name.eq_ignore_ascii_case("all") {
            return Some(bits | all());
        }
        Some(bits | 1 << capability(name)?.index())
    })
}

#[cfg(test)]
mod tests {
    use super::{all, Sets};

    const KILL: u64 = 1 << 5;
    const NET_RAW: u64 = 1 << 13;

    fn sets(effective: u64, inheritable: u64, permitted: u64) -> Option<Sets> {
        Some(Sets {
            effective,
            permitted,
            inheritable,
        })
    }

    #[test]
    fn empty_text_and_equals_are_no_capabilities() {
        assert_eq!(Sets::parse(""), sets(0, 0, 0));
        assert_eq!(Sets::parse("="), sets(0, 0, 0));
        assert_eq!(Sets::parse("all="), sets(0, 0, 0));
    }

    #[test]
    fn clauses_are_applied_in_order() {
        let text = "cap_net_raw=eip cap_kill+ep";
        let wanted = sets(NET_RAW | KILL, NET_RAW, NET_RAW | KILL);
        assert_eq!(Sets::parse(text), wanted);
        let text = "=p cap_kill-p CAP_KILL,cap_net_raw+i";
        assert_eq!(Sets::parse(text), sets(0, KILL | NET_RAW, all() & !KILL));
        assert_eq!(Sets::parse("all=eip =p"), sets(0, 0, all()));
    }

    #[test]
    fn a_clause_can_have_several_actions() {
        assert_eq!(Sets::parse("cap_kill=eip-i"), sets(KILL, 0, KILL));
        assert_eq!(Sets::parse("cap_kill+e+p-e"), sets(0, 0, KILL));
    }

    #[test]
    fn wrong_texts_are_refused() {
        for text in [
            "cap_kill",
            "cap_nothing+e",
            "cap_kill+x",
            "cap_kill+",
            "cap_kill-",
            "+ep",
            "cap_kill,+e",
            ",=",
            "cap_kill+e=p",
            "kill+e",
            "cap_kill +e",
        ] {
            assert_eq!(Sets::parse(text), None, "{text}");
        }
    }
}
