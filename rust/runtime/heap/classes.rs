// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The sizes of small blocks.

/// The largest block that is taken from a span.
const MAX_SMALL: usize = 2016;

/// The distance between two size classes.
const STEP: usize = 16;

/// Number of classes below the coarse ones: 16, 32, … 256 bytes.
const FINE_CLASSES: usize = 16;

/// The sizes of the coarse classes, chosen so that a page holds from twelve blocks down to two.
const COARSE: [usize; 9] = [320, 384, 448, 512, 640, 768, 1008, 1344, MAX_SMALL];

/// Number of classes.
pub(super) const CLASSES: usize = FINE_CLASSES + COARSE.len();

/// The class of blocks of `size` bytes.
#[inline]
pub(super) fn class_of(size: usize) -> usize {
    if size <= FINE_CLASSES * STEP {
        size.saturating_sub(1) / STEP
    } else {
        let mut class = 0;
        while class < COARSE.len() - 1 && COARSE.get(class).is_some_and(|&limit| limit < size) {
            class += 1;
        }
        FINE_CLASSES + class
    }
}

/// The greatest class whose blocks have at most `size` bytes. `size` is at least 16.
#[inline]
pub(super) fn class_within(size: usize) -> usize {
    let class = class_of(size);
    if class_size(class) > size {
        class.saturating_sub(1)
    } else {
        class
    }
}

/// The bytes of a block of `class`.
#[inline]
pub(super) fn class_size(class: usize) -> usize {
    if class < FINE_CLASSES {
        (class + 1) * STEP
    } else {
        COARSE
            .get(class - FINE_CLASSES)
            .copied()
            .unwrap_or(MAX_SMALL)
    }
}

/// Whether blocks of `size` bytes come from spans.
#[inline]
pub(super) fn is_small(size: usize) -> bool {
    size <= MAX_SMALL
}
