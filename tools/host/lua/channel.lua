-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The library loads this part in every actor, for the channels of actors in the kernel. Those of a process are in the
-- part `channel_objects`, which the first of them loads.

local _, fibers = ...

local ENDED <const> = 7

-- Until there are channels, nobody waits for room.
fibers.on_event[ENDED] = function() end

return {
	-- What is sent to a process, or by one, is checked by its encoder.
	set_values = function() end,
}
