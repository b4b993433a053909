// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a round trip costs.

use std::sync::atomic::Ordering;

use lunatik_abi::codec::Token;

use super::kernel::Kernel;

#[test]
fn a_round_trip_is_one_read_and_one_write() {
    let kernel = Kernel::start(
        r#"
		local inbox = require("inbox")
		local out = inbox:receive()
		for _ = 1, 100 do out:send(inbox:receive()) end
	"#,
    );
    kernel.grant();
    for n in 0..100 {
        kernel.send(&[Token::Integer(n)]);
        kernel.expect(&n.to_string());
    }
    let counters = kernel.counters.clone();
    kernel.ends_well();
    // The channel has come by the first read; the last writes close it and the inbox.
    assert_eq!(counters.reads.load(Ordering::SeqCst), 101);
    assert_eq!(counters.waits.load(Ordering::SeqCst), 0);
    let writes = counters.writes.load(Ordering::SeqCst);
    assert!((100..=102).contains(&writes), "{writes}");
}
