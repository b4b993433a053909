-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A service that is measured.

local ltask = require("ltask")

local S = {}
local received, wanted, token = 0, 0, {}
local following

function S.echo(value)
	return value
end

function S.count()
	received = received + 1
	if received == wanted then
		ltask.wakeup(token)
	end
end

-- Returns when so many more messages to `count` have come.
function S.await(more)
	wanted = wanted + more
	if received < wanted then
		ltask.wait(token)
	end
end

-- The one that this one passes the token of the ring to.
function S.follow(id)
	following = id
end

function S.pass(hops, home)
	if hops == 0 then
		ltask.send(home, "home")
	else
		ltask.send(following, "pass", hops - 1, home)
	end
end

function S.exit()
	ltask.quit()
end

return S
