-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Asks an actor again and again, one question at a time, until it is told to report how many answers have come and how
-- long the slowest took. The first message says whom to ask and where to report.

local inbox, time = require("inbox"), require("time")
local first = inbox:receive()
local echo = first.echo
echo:send({ home = inbox })

local rounds, longest, is_over = 0, 0, false
while not is_over do
	rounds = rounds + 1
	local begun = time.now()
	echo:send(rounds)
	local answer
	repeat
		answer = inbox:receive()
		if type(answer) == "table" then
			is_over = true
		end
	until type(answer) ~= "table"
	if answer ~= rounds then
		error("asked " .. rounds .. ", answered " .. tostring(answer))
	end
	longest = math.max(longest, time.now() - begun)
	-- Others need the processor, too.
	time.sleep(0.001)
end
first.home:send({ slot = first.slot, rounds = rounds, longest = longest })
inbox:close()
