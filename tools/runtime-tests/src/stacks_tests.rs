// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tests of the table of stacks of a profile.

use std::collections::HashMap;

use crate::stacks::{Slot, Stacks};

type Table = Stacks<Vec<Slot>, Vec<u8>>;

fn table(slots: usize, bytes: usize) -> Table {
    Stacks::new(vec![Slot::default(); slots], vec![0; bytes])
}

fn found(table: &Table) -> HashMap<String, u64> {
    let text = |stack: &[u8]| String::from_utf8(stack.to_vec()).unwrap();
    let all: Vec<_> = table.iter().map(|(stack, n)| (text(stack), n)).collect();
    let map: HashMap<_, _> = all.iter().cloned().collect();
    assert_eq!(all.len(), map.len(), "each stack is there once");
    map
}

#[test]
fn equal_stacks_are_counted_together() {
    let mut table = table(8, 100);
    assert!(table.add(b"a", b"f;g", 1));
    assert!(table.add(b"a", b"f", 2));
    assert!(table.add(b"a", b"f;g", 3));
    assert!(table.add(b"a;f", b"g", 5));
    assert!(table.add(b"a", b"", 7));
    let expected = [("a;f;g", 9), ("a;f", 2), ("a", 7)];
    let expected = expected.map(|(stack, count)| (stack.to_owned(), count));
    assert_eq!(found(&table), HashMap::from(expected));
}

#[test]
fn a_full_table_counts_what_it_has_and_takes_nothing_new() {
    let mut table = table(16, 1000);
    let taken = (0..20u8)
        .filter(|n| table.add(b"r", &[b'a' + n], 1))
        .count();
    assert_eq!(taken, 12);
    assert!(table.add(b"r", b"a", 1));
    assert!(!table.add(b"r", b"new", 1));
    assert_eq!(found(&table)["r;a"], 2);
    assert_eq!(found(&table).len(), 12);
}

#[test]
fn without_room_for_its_bytes_a_stack_is_refused_whole() {
    let mut table = table(16, 8);
    assert!(table.add(b"r", b"abc", 1));
    assert!(!table.add(b"r", b"abcd", 1));
    assert!(table.add(b"r", b"x", 1));
    assert!(!table.add(b"", b"y", 1));
    assert_eq!(found(&table).len(), 2);
    assert_eq!(found(&table)["r;abc"], 1);
}

#[test]
fn a_table_without_slots_is_full() {
    assert!(!table(0, 10).add(b"r", b"x", 1));
    assert!(!table(1, 10).add(b"r", b"x", 1));
}

#[test]
fn counts_stay_at_the_greatest_number() {
    let mut table = table(4, 10);
    assert!(table.add(b"r", b"", u64::MAX));
    assert!(table.add(b"r", b"", 1));
    assert_eq!(found(&table)["r"], u64::MAX);
    assert!(!table.add(b"s", b"", 0));
}

#[test]
fn many_stacks_are_told_apart() {
    let mut table = table(4096, 1 << 16);
    for round in 1..=3u64 {
        for n in 0..3000u64 {
            assert!(table.add(b"r", n.to_string().as_bytes(), n % 7 + 1));
        }
        let found = found(&table);
        assert_eq!(found.len(), 3000);
        for n in 0..3000u64 {
            assert_eq!(found[&format!("r;{n}")], round * (n % 7 + 1));
        }
    }
}
