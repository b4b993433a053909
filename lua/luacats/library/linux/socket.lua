-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta linux.socket

---Constants of sockets. They cannot be changed; a name that the kernel's headers do not have is nil.
---@class linux.socket
---@field ipproto linux.socket.ipproto Protocols over IP.
local socket = {}

---Protocols over IP: `IPPROTO_…` in C.
---@class linux.socket.ipproto
---@field AGGFRAG integer
---@field AH integer
---@field BEETPH integer
---@field COMP integer
---@field DCCP integer
---@field DSTOPTS integer
---@field EGP integer
---@field ENCAP integer
---@field ESP integer
---@field ETHERNET integer
---@field FRAGMENT integer
---@field GRE integer
---@field HOPOPTS integer
---@field ICMP integer
---@field ICMPV6 integer
---@field IDP integer
---@field IGMP integer
---@field IP integer
---@field IPIP integer
---@field IPV6 integer
---@field L2TP integer
---@field MAX integer
---@field MH integer
---@field MPLS integer
---@field MPTCP integer
---@field MTP integer
---@field NONE integer
---@field PIM integer
---@field PUP integer
---@field RAW integer
---@field ROUTING integer
---@field RSVP integer
---@field SCTP integer
---@field SMC integer
---@field TCP integer
---@field TP integer
---@field UDP integer
---@field UDPLITE integer

return socket
