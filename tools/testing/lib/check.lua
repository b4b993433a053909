-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks in Lua. Each prints a line that the suite's shell counts. Works in the kernel and in user space.

local check = {}

local function show(value)
	return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

local function report(good, name, why)
	name = tostring(name):gsub("[\n#]", " ")
	if good then
		print("ok " .. name)
	else
		print("not ok " .. name .. " # " .. tostring(why):gsub("\n", " | "))
	end
	return good
end

-- The values as tostring shows them, separated by spaces.
function check.joined(...)
	local values = table.pack(...)
	for i = 1, values.n do
		values[i] = tostring(values[i])
	end
	return table.concat(values, " ", 1, values.n)
end

-- Passes when the condition is true.
function check.ok(name, good, why)
	return report(good, name, why or "is " .. show(good))
end

-- Passes when both are the same value of the same (sub)type.
function check.same(name, got, want)
	local equal = got == want and math.type(got) == math.type(want) or (got ~= got and want ~= want)
	return report(equal, name, "expected " .. show(want) .. ", got " .. show(got))
end

-- Evaluates the expressions and compares their values, as check.joined shows them.
function check.gives(code, want)
	local chunk, err = load("return " .. code)
	local results = chunk and table.pack(pcall(chunk)) or { false, err, n = 2 }
	local got = (results[1] and "" or "error: ") .. check.joined(table.unpack(results, 2, results.n))
	return report(got == want, code .. " gives " .. want, "got " .. got)
end

-- Passes when the function raises an error whose text contains this one.
function check.raises(name, text, fn, ...)
	local good, err = pcall(fn, ...)
	if good then
		return report(false, name, "no error")
	end
	return report(tostring(err):find(text, 1, true) ~= nil, name, "the error is " .. show(err))
end

-- Passes when the code does not compile, or raises, with an error whose text contains this one.
function check.refused(code, text)
	local chunk, err = load(code)
	local good
	if chunk then
		good, err = pcall(chunk)
	end
	return report(not good and tostring(err):find(text, 1, true) ~= nil, code .. " is refused", show(err))
end

return check
