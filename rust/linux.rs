// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Safe wrappers of kernel interfaces that the kernel crate lacks.

pub(crate) mod account;
pub(crate) mod c_text;
pub(crate) mod chardev;
pub(crate) mod clock;
pub(crate) mod context;
pub(crate) mod cpu;
pub(crate) mod cpu_owner;
pub(crate) mod credentials;
pub(crate) mod errno;
pub(crate) mod file;
pub(crate) mod file_bytes;
pub(crate) mod fire;
pub(crate) mod global;
pub(crate) mod hook;
pub(crate) mod kasan;
pub(crate) mod kthread;
pub(crate) mod large;
pub(crate) mod memcg;
pub(crate) mod memory;
pub(crate) mod namei;
pub(crate) mod net_namespace;
pub(crate) mod netfilter;
pub(crate) mod owner_word;
pub(crate) mod packet;
pub(crate) mod parker;
pub(crate) mod path;
pub(crate) mod percpu;
pub(crate) mod process;
pub(crate) mod random;
pub(crate) mod rcu;
pub(crate) mod security;
pub(crate) mod segment;
pub(crate) mod shared_file;
pub(crate) mod spinlock_bh;
pub(crate) mod stack;
pub(crate) mod task;
pub(crate) mod watch;
pub(crate) mod workqueue;
