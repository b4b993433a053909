-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta netfilter

---Functions that decide about packets.
---@class netfilterlib
local netfilter = {}

---Decides about a packet. Returns the verdict, and optionally a new mark of the packet. Anything else is a failure, for which `fallback` applies.
---@alias netfilter.function fun(skb: skb): verdict: integer?, mark: integer?

---Where and how a function is registered.
---@class netfilter.options
---@field hook netfilter.function The function.
---@field pf integer The family, of `linux.nf.proto`: INET (IPv4 and IPv6), IPV4, IPV6, ARP, BRIDGE or NETDEV.
---@field hooknum integer The hook point, of `linux.nf.inet`, or of `nf.arp`, `nf.br`, `nf.netdev` for these families.
---@field priority integer The place among the hooks of a point, smaller first: `linux.nf.ip.pri`, `nf.ip6.pri`, `nf.br.pri`.
---@field dev? string|integer The name or index of a device, for NETDEV and for INET with INGRESS.
---@field mark? integer The function gets only packets with this mark; all if it is nil.
---@field fallback? integer The verdict where there is none from the function: `nf.action.ACCEPT` unless given, or `nf.action.DROP`.
---@field name? string The name in logs and in `status`, 1 to 64 visible characters; that of the hook point unless given.

---Registers a function that decides about packets, from the moment when the script has returned.
---Only for scripts that were started with `-c softirq`, while they are loaded; others get `runtime context mismatch: netfilter needs softirq`.
---Raises `bad field …` for a wrong field, `failed to register netfilter hook` for a place that does not exist, `device not found`, and `EEXIST` if the script has a hook at this place already.
---Needs the permission `netfilter` for the hook, such as `inet/local_in`; with `netfilter:modify`, the function may also change packets.
---@param options netfilter.options Where and how.
---@return netfilter.hook
function netfilter.register(options) end

---A registered function. A `<close>` variable stops it.
---@class netfilter.hook
local hook = {}

---Ends the calls of the function, for ever.
---Works in hooks.
function hook:stop() end

---Does the same as `stop`.
---Works in hooks.
function hook:unregister() end

---Switches the calls of the function off, so that `fallback` applies, or on again.
---Only code that a process resumes can switch on what failures have disabled; other code gets an error.
---Works in hooks.
---@param on boolean Whether the function is to be called.
function hook:enable(on) end

---Returns what was counted until now.
---Works in hooks.
---@return netfilter.stats
function hook:stats() end

---The counters of a hook.
---@class netfilter.stats
---@field runs integer The calls of the function.
---@field failures integer Those that have failed.
---@field overruns integer Those that took too long and were ended.
---@field missed integer Calls that were not made, so that `fallback` applied.
---@field ns integer The nanoseconds of all calls, estimated.
---@field longest integer The nanoseconds of the longest call whose time was taken.
---@field sent integer Messages that the hooks of the script have sent.
---@field lost integer Messages for which there was no room.
---@field undelivered integer Messages whose receivers had ended, or for which there was no memory.

return netfilter
