// SPDX-License-Identifier: GPL-2.0-only OR MIT

use crate::search::{Search, MAX_NEEDLE};

/// Where `needle` is in `text`, which comes in pieces of this size.
fn find(text: &[u8], needle: &[u8], size: usize) -> Option<usize> {
    let mut search = Search::new(needle).expect("the needle has a right size");
    text.chunks(size).find_map(|piece| search.read(piece))
}

fn naive(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len())
        .position(|window| window == needle)
}

#[test]
fn it_finds_what_a_naive_search_finds() {
    // All texts of ten letters and needles of up to five, of an alphabet of two.
    let word = |bits: usize, length: usize| -> Vec<u8> {
        (0..length)
            .map(|at| b'a' + (bits >> at & 1) as u8)
            .collect()
    };
    for text in (0..1 << 10).map(|bits| word(bits, 10)) {
        for length in 1..=5 {
            for needle in (0..1 << length).map(|bits| word(bits, length)) {
                let expected = naive(&text, &needle);
                for size in [1, 2, 3, 7, 10] {
                    assert_eq!(find(&text, &needle, size), expected, "{text:?} {needle:?}");
                }
            }
        }
    }
}

#[test]
fn needles_have_bounds() {
    assert!(Search::new(b"").is_none());
    assert!(Search::new(&[0; MAX_NEEDLE + 1]).is_none());
    let needle = [7; MAX_NEEDLE];
    let text = [&[7; 100][..], &[8], &[7; MAX_NEEDLE], &[9]].concat();
    assert_eq!(find(&text, &needle, 64), Some(101));
    assert_eq!(find(&text[..355], &needle, 64), None);
}

#[test]
fn no_text_makes_it_slow() {
    // A search that goes back would compare sixteen billion bytes.
    let text = vec![b'a'; 64 << 20];
    let mut needle = [b'a'; MAX_NEEDLE];
    needle[MAX_NEEDLE - 1] = b'b';
    assert_eq!(find(&text, &needle, 128), None);
}

#[test]
fn a_search_is_small_enough_for_the_stack() {
    assert!(size_of::<Search<'_>>() <= 320);
}
