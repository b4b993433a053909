-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Operations of actors without memory: in each, all allocations fail from the n-th on, for each n. The arguments are
-- the functions of check.lua and those of actors.lua. Returns a function that gets the operations: by name, code in
-- which `other` is an actor that runs code. What the code needs of the script is its second argument.

local check, common = ...
local ok, same = check.ok, check.same
local user, eval = common.user, common.eval

-- Runs the operation with all allocations failing from the n-th on. Returns the name of its error, if it has failed,
-- and that of the error of another try.
local TRY <const> = [[
	local other, code, n, extra = ...
	local testing = require("lunatik.testing")
	local chunk = assert(load("local other, extra = ... " .. code, "=operation", "t", _ENV))
	testing.fail_allocation(n, true)
	local good, err = pcall(chunk, other, extra)
	testing.fail_allocation(0)
	local first = not good and name_of(err) or nil
	good, err = pcall(chunk, other, extra)
	return first, not good and name_of(err) or nil
]]
local DEAD <const> = { channel_closed = true, no_senders = true }

-- Whether the error is one for lack of memory.
local function is_memory(name)
	return name:find("emory", 1, true) or name == "ENOMEM"
end

return function(OPERATIONS, extra)
	local names = {}
	for name in pairs(OPERATIONS) do
		names[#names + 1] = name
	end
	table.sort(names)
	for _, name in ipairs(names) do
		local code = OPERATIONS[name]
		local other = user()
		local n, failed, died, wrong = 0, 0, 0, nil
		repeat
			n = n + 1
			local actor = user()
			local good, first, second = pcall(eval, actor, TRY, other, code, n, extra)
			if not good then
				first = common.name_of(first)
				died = died + 1
				wrong = not DEAD[first] and first or common.gone(actor) ~= "channel_closed" and "it lives"
			elseif first then
				failed = failed + 1
				wrong = not is_memory(first) and first or second and "again: " .. second
			end
			actor:close()
		until good and not first or wrong or n == 1000
		ok(name .. ": its errors are those of memory", not wrong, ("allocation %d: %s"):format(n, wrong))
		ok(name .. ": it has failed, and succeeded", (failed > 0 or died > 0) and n < 1000, n)
		same(name .. ": the other actor is not harmed", eval(other, "return 'well'"), "well")
		print(("# %s: failed %d times, ended the actor %d times"):format(name, failed, died))
		other:close()
	end
end
