-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A device whose requests are served by services. Each line that is written to /dev/services is a request:
-- `upper TEXT`, `reverse TEXT` or `crash`. The answer to the last one can be read.
--
--	lunatik run services_device.lua
--	echo upper hello >/dev/services; cat /dev/services
--
-- The service `services_text` is in a file of its own. It ends when it is asked to crash: then this request fails, and
-- the service that watches over it starts another one.

local device = require("device")
local bootstrap = require("ltask.bootstrap")

local context = bootstrap.start({
	root = { bootstrap = { { name = "services_watch", unique = true } } },
})

local answers = { last = "" }

local driver = { name = "services" }

function driver.write(_, text)
	local ok, answer = pcall(bootstrap.call, context, "services_watch", "request", text:match("^(%a+) ?([^\n]*)"))
	if not ok then
		print(answer)
		error({ errno = "EIO" })
	end
	answers.last = answer .. "\n"
	return #text
end

function driver.read(_, length, offset)
	return answers.last:sub(offset + 1, offset + length)
end

device.new(driver)
