/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The hash of table keys that are addresses: C functions, tables, userdata, coroutines. A script sees the order of
 * a table's keys, and can find the remainder of a key's hash by collisions with integers. So the hash must reveal
 * nothing of the address. It is SipHash-1-3 of the one word, which the kernel uses for its own tables.
 */
#ifndef LUNATIK_POINTER_HASH_H
#define LUNATIK_POINTER_HASH_H

/* The state of SipHash after its key. Written once, before scripts run. */
extern unsigned long lunatik_pointer_key[4];

/* Gives all states of the module a random key. Call it before the first state is made. */
void lunatik_seed_pointer_hash(unsigned long first, unsigned long second);

static inline unsigned long lunatik_rotate(unsigned long word, int bits)
{
	return word << bits | word >> (64 - bits);
}

/* One round of SipHash. */
static inline void lunatik_sipround(unsigned long v[4])
{
	v[0] += v[1];
	v[1] = lunatik_rotate(v[1], 13) ^ v[0];
	v[0] = lunatik_rotate(v[0], 32);
	v[2] += v[3];
	v[3] = lunatik_rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = lunatik_rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = lunatik_rotate(v[1], 17) ^ v[2];
	v[2] = lunatik_rotate(v[2], 32);
}

/* The hash of an address. Never raises; for any context. */
static inline unsigned int lunatik_hash_pointer(const void *address)
{
	unsigned long word = (unsigned long)address;
	unsigned long v[4] = {
		lunatik_pointer_key[0],
		lunatik_pointer_key[1],
		lunatik_pointer_key[2],
		lunatik_pointer_key[3] ^ word,
	};

	lunatik_sipround(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	lunatik_sipround(v);
	lunatik_sipround(v);
	lunatik_sipround(v);
	return (unsigned int)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

#endif
