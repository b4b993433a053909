-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta _

---A packet: that of the hook that runs, or a copy. The length is the number of its bytes from the network header on.
---Outside of a hook its methods raise `skb is not set`; what they return is for the same call.
---@class skb
---@field ip? skb.ip The IPv4 header; nil if the packet has none, as below.
---@field ipv6? skb.ipv6 The IPv6 header.
---@field tcp? skb.tcp The TCP header. Fragments but the first have none.
---@field udp? skb.udp The UDP header.
---@field icmp? skb.icmp The header of ICMP over IPv4.
---@field icmpv6? skb.icmp The header of ICMP over IPv6.
---@operator len: integer
local skb = {}

---Returns the index of the packet's device, or nil if it has none.
---Works in hooks.
---@return integer?
function skb:ifindex() end

---Returns the identifier of the packet's VLAN, if the tag was taken off the packet, or nil.
---Works in hooks.
---@return integer?
function skb:vlan() end

---Returns the type of the packet's Ethernet frame, of `linux.eth`.
---Works in hooks.
---@return integer
function skb:protocol() end

---Returns the number of the hook point, of `linux.nf.inet` and the like.
---Works in hooks.
---@return integer
function skb:hook() end

---Returns the bytes from a header to the end of the packet as a view.
---Raises `MAC header not set` if the packet has no such header.
---Works in hooks.
---@param header? "net"|"mac" The header, "net" unless given.
---@return skb.data
function skb:data(header) end

---Returns the header of this kind, or nil if the packet has none. `skb.tcp` is `skb:header("tcp")`, and so on.
---Works in hooks.
---@param kind "ip"|"ipv6"|"tcp"|"udp"|"icmp"|"icmpv6" The kind of header.
---@return skb.ip|skb.ipv6|skb.tcp|skb.udp|skb.icmp|nil
---@overload fun(self: skb, kind: "ip"): skb.ip?
---@overload fun(self: skb, kind: "ipv6"): skb.ipv6?
---@overload fun(self: skb, kind: "tcp"): skb.tcp?
---@overload fun(self: skb, kind: "udp"): skb.udp?
---@overload fun(self: skb, kind: "icmp"|"icmpv6"): skb.icmp?
function skb:header(kind) end

---Returns the bytes behind the header of TCP, UDP or ICMP as a string, or nil without such a header.
---With "data" it returns them as a view, which takes no memory.
---Works in hooks.
---@param form? "data" The form of the result.
---@return string|skb.data|nil
---@overload fun(self: skb): string?
---@overload fun(self: skb, form: "data"): skb.data?
function skb:payload(form) end

---Returns the state of the connection, of `linux.nf.ct.info`, or nil if nobody has looked for one.
---Raises an error if the kernel was built without CONFIG_NF_CONNTRACK.
---Works in hooks.
---@return integer?
function skb:ctinfo() end

---Returns the mark of the packet. With an argument it sets it first.
---Works in hooks. To set it needs the permission `netfilter:modify`.
---@param n? integer The new number, of which 32 bits are used.
---@return integer
function skb:mark(n) end

---Returns the priority of the packet. With an argument it sets it first.
---Works in hooks. To set it needs the permission `netfilter:modify`.
---@param n? integer The new number, of which 32 bits are used.
---@return integer
function skb:priority(n) end

---Returns the mark of the connection, or nil without a connection. With an argument it sets it first.
---Raises an error if the kernel was built without CONFIG_NF_CONNTRACK_MARK.
---Works in hooks. To set it needs the permission `netfilter:modify`.
---@param n? integer The new number, of which 32 bits are used.
---@return integer?
function skb:connmark(n) end

---Gives the packet another length. Zeros are appended, or bytes cut off at the end.
---Raises `GSO skb` for a packet of many, `insufficient tailroom`, and `out of bounds` if headers would be cut off.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param size integer The bytes from the network header on, 65535 at most.
function skb:resize(size) end

---Puts other bytes, of any number, in the place of some.
---Raises `out of bounds`, `read only` in headers that the kernel has checked, `GSO skb` and `insufficient tailroom`.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where the bytes are, from the network header on.
---@param length integer How many they are.
---@param bytes string The new bytes.
function skb:replace(offset, length, bytes) end

---Makes the checksums of IPv4, TCP and UDP right. To be called after a change.
---Raises `out of bounds` if a header lies about its length, and `GSO skb`.
---Works in hooks. Needs the permission `netfilter:modify`.
function skb:checksum() end

---Returns another packet with the same bytes, which ends with the call. All of its bytes can be changed.
---Raises `too many skb copies` after four, `FRAGLIST GSO skbs cannot be copied`, and `ENOMEM`.
---Works in hooks. Needs the permission `netfilter:modify`.
---@return skb
function skb:copy() end

---Sends the packet as it is now out of its device, with its MAC header, when the function has returned.
---Raises `skb has no device`, `MAC header not set`, `EMSGSIZE`, `ENETDOWN`, and `too many forwarded skbs` after 16.
---Works in hooks. Needs the permission `netfilter:modify`.
function skb:forward() end

---A view of the bytes of a packet from a header on. The length is the number of bytes; `tostring` gives them. Offsets count from 0. What is not in the view raises `out of bounds`. A view that was got in another call raises `closed object`.
---@class skb.data
---@operator len: integer
local data = {}

---Returns an integer of 8 bits without a sign.
---Works in hooks.
---@param offset integer Where it is.
---@return integer
function data:getbyte(offset) end

---Stores an integer of 8 bits without a sign.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value integer The integer, of which the low bits are stored.
function data:setbyte(offset, value) end

---Returns an integer of 8 bits.
---Works in hooks.
---@param offset integer Where it is.
---@return integer
function data:getint8(offset) end

---Stores an integer of 8 bits.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value integer The integer, of which the low bits are stored.
function data:setint8(offset, value) end

---Returns an integer of 8 bits without a sign.
---Works in hooks.
---@param offset integer Where it is.
---@return integer
function data:getuint8(offset) end

---Stores an integer of 8 bits without a sign.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value integer The integer, of which the low bits are stored.
function data:setuint8(offset, value) end

---Returns an integer of 16 bits, in the byte order of the machine.
---Works in hooks.
---@param offset integer Where it is.
---@return integer
function data:getint16(offset) end

---Stores an integer of 16 bits, in the byte order of the machine.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value integer The integer, of which the low bits are stored.
function data:setint16(offset, value) end

---Returns an integer of 16 bits without a sign, in the byte order of the machine.
---Works in hooks.
---@param offset integer Where it is.
---@return integer
function data:getuint16(offset) end

---Stores an integer of 16 bits without a sign, in the byte order of the machine.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value integer The integer, of which the low bits are stored.
function data:setuint16(offset, value) end

---Returns an integer of 32 bits, in the byte order of the machine.
---Works in hooks.
---@param offset integer Where it is.
---@return integer
function data:getint32(offset) end

---Stores an integer of 32 bits, in the byte order of the machine.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value integer The integer, of which the low bits are stored.
function data:setint32(offset, value) end

---Returns an integer of 32 bits without a sign, in the byte order of the machine.
---Works in hooks.
---@param offset integer Where it is.
---@return integer
function data:getuint32(offset) end

---Stores an integer of 32 bits without a sign, in the byte order of the machine.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value integer The integer, of which the low bits are stored.
function data:setuint32(offset, value) end

---Returns an integer of 64 bits, in the byte order of the machine.
---Works in hooks.
---@param offset integer Where it is.
---@return integer
function data:getint64(offset) end

---Stores an integer of 64 bits, in the byte order of the machine.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value integer The integer, of which the low bits are stored.
function data:setint64(offset, value) end

---Returns an integer of 64 bits, in the byte order of the machine.
---Works in hooks.
---@param offset integer Where it is.
---@return integer
function data:getnumber(offset) end

---Stores an integer of 64 bits, in the byte order of the machine.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value integer The integer, of which the low bits are stored.
function data:setnumber(offset, value) end

---Returns a float of 4 bytes, in the byte order of the machine.
---Works in hooks.
---@param offset integer Where it is.
---@return number
function data:getfloat(offset) end

---Stores a float of 4 bytes, in the byte order of the machine.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value number The float.
function data:setfloat(offset, value) end

---Returns a float of 8 bytes, in the byte order of the machine.
---Works in hooks.
---@param offset integer Where it is.
---@return number
function data:getdouble(offset) end

---Stores a float of 8 bytes, in the byte order of the machine.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param value number The float.
function data:setdouble(offset, value) end

---Returns some bytes as a string.
---Works in hooks.
---@param offset integer Where they are.
---@param length? integer How many; all to the end unless given.
---@return string
function data:getstring(offset, length) end

---Stores the bytes of a string.
---Raises `read only` where the kernel has checked the bytes.
---Works in hooks. Needs the permission `netfilter:modify`.
---@param offset integer Where to.
---@param bytes string The bytes, at least one.
function data:setstring(offset, bytes) end

---Returns where bytes are, or nil if they are nowhere. Makes no string.
---Works in hooks.
---@param bytes string The bytes to look for, 255 bytes at most.
---@param offset? integer Where to begin, 0 unless given.
---@return integer?
function data:find(bytes, offset) end

---Returns whether bytes are at this place. Makes no string.
---Works in hooks.
---@param offset integer The place.
---@param bytes string The bytes.
---@return boolean
function data:compare(offset, bytes) end

---Returns the internet checksum of some bytes, complemented, as `setuint16` stores it.
---Works in hooks.
---@param offset? integer Where they are, 0 unless given.
---@param length? integer How many; all to the end unless given.
---@return integer
function data:checksum(offset, length) end

---Raises `cannot resize external memory`: the packet has a method for that.
---Works in hooks.
---@deprecated
---@param size integer Without effect.
function data:resize(size) end

---An IPv4 header. Its fields are integers in host order unless said otherwise; flags are 0 or 1. To assign to one needs the permission `netfilter:modify`.
---@class skb.ip
---@field version integer The version. Read only.
---@field ihl integer Its length, in units of 4 bytes. Read only.
---@field tos integer The type of service.
---@field tot_len integer The bytes of the packet, with this header.
---@field len integer The same as `tot_len`.
---@field id integer The identification of fragments.
---@field frag_off integer The flags and the offset of a fragment.
---@field ttl integer How many hops are left.
---@field protocol integer The protocol above, of `linux.socket.ipproto`. Read only.
---@field proto integer The same as `protocol`.
---@field check integer The checksum.
---@field saddr integer The address of the sender.
---@field src integer The same as `saddr`.
---@field daddr integer The address of the receiver.
---@field dst integer The same as `daddr`.

---An IPv6 header. Its fields are integers in host order unless said otherwise; flags are 0 or 1. To assign to one needs the permission `netfilter:modify`.
---@class skb.ipv6
---@field version integer The version. Read only.
---@field tclass integer The traffic class.
---@field priority integer The same as `tclass`.
---@field flow integer The flow label.
---@field flow_lbl integer The same as `flow`.
---@field payload_len integer The bytes behind this header.
---@field nexthdr integer The type of the next header. Read only.
---@field hop_limit integer How many hops are left.
---@field saddr string The address of the sender, 16 bytes.
---@field src string The same as `saddr`.
---@field daddr string The address of the receiver, 16 bytes.
---@field dst string The same as `daddr`.

---A TCP header. Its fields are integers in host order unless said otherwise; flags are 0 or 1. To assign to one needs the permission `netfilter:modify`.
---@class skb.tcp
---@field source integer The port of the sender.
---@field sport integer The same as `source`.
---@field dest integer The port of the receiver.
---@field dport integer The same as `dest`.
---@field seq integer The sequence number.
---@field ack_seq integer The number that is acknowledged.
---@field ack integer The same as `ack_seq`.
---@field doff integer Its length, in units of 4 bytes.
---@field flags integer All flags, as in the packet.
---@field fin integer Whether the sender has no more data.
---@field syn integer Whether this begins a connection.
---@field rst integer Whether this resets the connection.
---@field psh integer Whether the receiver should pass the data on at once.
---@field ack_flag integer Whether `ack_seq` counts.
---@field urg integer Whether `urg_ptr` counts.
---@field ece integer The echo of congestion.
---@field cwr integer Whether the congestion window was reduced.
---@field window integer The bytes that the sender can receive, unscaled.
---@field check integer The checksum.
---@field urg_ptr integer Where urgent data end.

---A UDP header. Its fields are integers in host order unless said otherwise; flags are 0 or 1. To assign to one needs the permission `netfilter:modify`.
---@class skb.udp
---@field source integer The port of the sender.
---@field sport integer The same as `source`.
---@field dest integer The port of the receiver.
---@field dport integer The same as `dest`.
---@field len integer The bytes of the datagram, with this header.
---@field check integer The checksum.

---A header of ICMP, for IPv4 or IPv6. Its fields are integers in host order unless said otherwise; flags are 0 or 1. To assign to one needs the permission `netfilter:modify`.
---@class skb.icmp
---@field type integer The type of the message.
---@field code integer The code of the message.
---@field checksum integer The checksum.
---@field id integer The identifier of echo messages.
---@field sequence integer The number of the echo message.
