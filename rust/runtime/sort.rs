// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sorts in place with little stack.
//!
//! The core library's `sort_unstable()` recurses up to twice the logarithm of the length, and each
//! level takes more than a kilobyte of the kernel stack.

/// Sorts `items`; `less` says whether one item comes before another. Takes n log n comparisons for
/// any input.
pub(crate) fn sort<T>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let length = items.len();
    for root in (0..length / 2).rev() {
        sift_down(items, root, &less);
    }
    for end in (1..length).rev() {
        items.swap(0, end);
        if let Some(heap) = items.get_mut(..end) {
            sift_down(heap, 0, &less);
        }
    }
}

/// Moves the item at `root` down until `heap` is a heap. All other items are in heap order already.
fn sift_down<T>(heap: &mut [T], root: usize, less: &impl Fn(&T, &T) -> bool) {
    let mut at = root;
    loop {
        let left = at.saturating_mul(2).saturating_add(1);
        let right = left.saturating_add(1);
        let child = match (heap.get(left), heap.get(right)) {
            (Some(one), Some(other)) if less(one, other) => right,
            _ => left,
        };
        match (heap.get(at), heap.get(child)) {
            (Some(above), Some(below)) if less(above, below) => heap.swap(at, child),
            _ => return,
        }
        at = child;
    }
}
