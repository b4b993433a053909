/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The key of pointer_hash.h. */

#include "edge.h"

unsigned long lunatik_pointer_key[4];

void lunatik_seed_pointer_hash(unsigned long first, unsigned long second)
{
	/* SipHash's constants: "somepseudorandomlygeneratedbytes". */
	lunatik_pointer_key[0] = first ^ 0x736f6d6570736575;
	lunatik_pointer_key[1] = second ^ 0x646f72616e646f6d;
	lunatik_pointer_key[2] = first ^ 0x6c7967656e657261;
	lunatik_pointer_key[3] = second ^ 0x7465646279746573;
}
