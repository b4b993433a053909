-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- For user-lua: types at `lunatik repl` in a pseudo terminal. Arguments: the folder tools/testing, and the seconds
-- that an answer may take.

local check = dofile(arg[1] .. "/lib/check.lua")
local limit = 1000 * math.tointeger(arg[2])
local terminal, process = terminal_start("lunatik", "repl")
local seen = ""

-- Returns whether the command writes this text within the time limit. Ignores escape sequences, unless `raw`, and drops
-- the output up to and including the text.
local function sees(text, raw)
	while true do
		local plain = raw and seen or seen:gsub("\27%[[%d;?]*%a", ""):gsub("\r", "")
		local _, last = plain:find(text, 1, true)
		if last then
			seen = plain:sub(last + 1)
			return true
		end
		local more = terminal_read(terminal, limit)
		if not more then
			print("# " .. ("%q"):format(plain))
			return false
		end
		seen = seen .. more
	end
end

local function answers(name, typed, ...)
	terminal_type(terminal, typed)
	for _, text in ipairs({ ... }) do
		if not check.ok(name, sees(text), "no " .. text) then
			return
		end
	end
end

check.ok("it says what it is, and asks", sees("in the kernel") and sees("> "))
answers("an expression gives its value", "20 + 22\r", "\n42", "\n> ")
answers("a statement that is not finished goes on on the next line", "function f(x)\r", ">> ")
answers("and on", "return x * 2\r", ">> ")
answers("until it is finished", "end\r", "\n> ")
answers("then it holds", "f(21.5)\r", "\n43.0", "\n> ")
answers("the rest of a name is shown that nothing else begins with", "corou", "corou", "tine")
answers("tab completes a global", "\t", "coroutine")
answers("and a field, the only one", ".wr\t", "wrap")
answers("into an expression that works", "\r", "\nfunction: ", "\n> ")
answers("tab lists what is possible", "string.re\t\t", "string.rep", "string.reverse", "> string.re")
answers("Ctrl-C drops what was typed", "\3", "\n> ")
answers("tab completes a reserved word", "repe\t", "repeat")
answers("which Ctrl-C drops, too", "\3", "\n> ")
answers("tab does nothing in a string", "'corou\t' == 'corou' .. ''\r", "\ntrue", "\n> ")
answers("tab completes the name of a module", "require('lunatik.ru\t').run\r", "lunatik.runner", "\nfunction: ", "\n> ")
answers("and that of a file", "require 'tick\t", "ticker")
answers("that is dropped", "\3", "\n> ")
answers("a global is known as soon as it is set", "likely, unlikely_name = 1, 5\r", "\n> ")
answers("and shown from then on", "unlik", "unlik", "ely_name")
answers("the arrow takes it", "\27[C + 1\r", "\n6", "\n> ")
answers("so is the rest of an earlier line", "likely, un", "likely, un", "likely_name = 1, 5")
answers("which Ctrl-C drops", "\3", "\n> ")
terminal_type(terminal, "f(1)\27[D")
check.ok("the partner of a bracket is marked", sees("\27[1;34m(\27[0m", true))
answers("and the line is the same", "\r", "\n2", "\n> ")
answers("an error is told", "error('oops', 0)\r", "\nlunatik: oops", "\n> ")
answers("and the next line works", "f(1)\r", "\n2", "\n> ")
answers("the arrow takes a line back from the history", "\27[A\r", "\n2", "\n> ")
answers("Ctrl-C ends what computes", "while true do end\r", "\n")
terminal_type(terminal, "\3")
check.ok("with a message", sees("interrupted") and sees("\n> "))
answers("the state has lasted", "f(4)\r", "\n8", "\n> ")
terminal_type(terminal, "\4")
while terminal_read(terminal, limit) do
end
check.same("Ctrl-D ends it well", terminal_end(terminal, process), 0)

-- A session with a limit for each line.
terminal, process = terminal_start("lunatik", "repl", "--slice", "500")
seen = ""
check.ok("repl with a slice asks", sees("> "))
answers("a line sets what lasts", "x = 21\r", "\n> ")
answers("an endless one ends at the slice", "while true do end\r", "CPU limit exceeded", "\n> ")
answers("and the next one has a slice of its own, and what was set", "x * 2\r", "\n42", "\n> ")
terminal_type(terminal, "\4")
while terminal_read(terminal, limit) do
end
check.same("it ends well", terminal_end(terminal, process), 0)
