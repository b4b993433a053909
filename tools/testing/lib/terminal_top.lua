-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- For user-lua: types keys to `lunatik top` in a pseudo terminal of 80 columns and 24 lines. Arguments: the folder
-- tools/testing, and the time limit of an answer in seconds.

local check = dofile(arg[1] .. "/lib/check.lua")
local limit = 1000 * math.tointeger(arg[2])
local terminal, process
local pending, screen, row, column, raw

-- Starts a command, which has an empty screen.
local function start(...)
	terminal, process = terminal_start(...)
	pending, screen, row, column, raw = "", {}, 1, 1, ""
end

-- Executes a control sequence that moves the cursor or clears; ignores others.
local function control(parameters, final)
	if final == "H" then
		local line, place = parameters:match("^(%d+);(%d+)$")
		row, column = math.tointeger(line) or 1, math.tointeger(place) or 1
	elseif final == "J" then
		screen = {}
	end
end

-- Writes text where the cursor is.
local function write(text)
	for _, code in utf8.codes(text) do
		if code == 13 then
			column = 1
		elseif code == 10 then
			row = row + 1
		elseif code >= 32 then
			screen[row] = screen[row] or {}
			screen[row][column] = utf8.char(code)
			column = column + 1
		end
	end
end

-- Shows the command's output on the screen. Keeps an incomplete sequence for later.
local function show()
	while pending ~= "" do
		local parameters, final, rest = pending:match("^\27%[([%d;?]*)(%a)()")
		if parameters then
			control(parameters, final)
			pending = pending:sub(rest)
		elseif pending:sub(1, 1) == "\27" then
			return
		else
			local last = (pending:find("\27", 1, true) or #pending + 1) - 1
			local text = pending:sub(1, last)
			if not utf8.len(text) then
				return
			end
			write(text)
			pending = pending:sub(last + 1)
		end
	end
end

-- A line of the screen.
local function line(number)
	local cells = {}
	for place = 1, 80 do
		cells[place] = screen[number] and screen[number][place] or " "
	end
	return (table.concat(cells):gsub(" +$", ""))
end

local function whole()
	local lines = {}
	for number = 1, 24 do
		lines[number] = line(number)
	end
	return table.concat(lines, "\n")
end

-- Waits until the function returns true. Returns whether it does within the time limit.
local function sees(condition)
	-- The table is drawn again and again, so a missing text does not mean that the output has ended.
	local last = os.time() + limit // 1000
	while not condition() do
		local more = os.time() <= last and terminal_read(terminal, limit)
		if not more then
			print(("# %q"):format(whole()))
			return false
		end
		raw, pending = raw .. more, pending .. more
		show()
	end
	return true
end

local function shows(text)
	return function()
		return whole():find(text, 1, true)
	end
end

-- Waits for the end of the command, and checks that the terminal is as it was.
local function ends(name, status)
	while true do
		local more = terminal_read(terminal, limit)
		if not more then
			break
		end
		raw = raw .. more
	end
	local shown = ("%q"):format(raw:sub(-200))
	check.ok(name .. ": the former screen is back", raw:find("\27[?1049l", 1, true), shown)
	check.ok(name .. ": the cursor is seen", raw:find("\27%[%?25h[^\27]*$"), shown)
	check.ok(name .. ": so is the mode of the terminal", raw:find("mode is the same", 1, true), shown)
	check.ok(name .. ": the status is " .. status, raw:find("status " .. status .. "\r", 1, true), shown)
	terminal_end(terminal, process)
end

local command = "before=$(stty -g); lunatik top --interval 200ms %s; echo status $?; "
	.. '[ "$(stty -g)" = "$before" ] && echo "the mode is the same"'

local function top(options)
	start("sh", "-c", command:format(options))
end

top("--sort name")
check.ok("the title counts", sees(shows("lunatik top: 3 runtimes")), whole())
check.ok("columns have headings", line(2):find("^NAME +STATE +CPU%% +TIME +MEMORY +MESSAGES +CALLS/s$"), line(2))
check.ok("lines are sorted by name", sees(function()
	return line(3):find("^busy") and line(4):find("^suite_idle") and line(5):find("^suite_stops")
end))
check.ok("a script that computes uses CPU time", sees(function()
	local percent = line(3):match("(%d+%.%d) +%d+%.%d+s")
	return percent and tonumber(percent) > 10
end))
check.ok("keys are told", line(24):find("q quit", 1, true), line(24))
terminal_type(terminal, "r")
check.ok("r reverses", sees(function()
	return line(3):find("^suite_stops") and line(5):find("^busy")
end))
terminal_type(terminal, "c")
check.ok("c sorts by CPU share, here the least first", sees(function()
	return line(5):find("^busy")
end))
terminal_type(terminal, "r")
check.ok("and r the greatest", sees(function()
	return line(3):find("^busy")
end))
terminal_type(terminal, "p")
check.ok("p pauses", sees(shows("PAUSED")))
terminal_type(terminal, " ")
check.ok("space goes on", sees(function()
	return not shows("PAUSED")()
end))
terminal_type(terminal, "s")
check.ok("without a selection nothing is stopped", sees(shows("Select a script first")))
terminal_type(terminal, "n\27[F")
terminal_type(terminal, "s")
check.ok("s asks", sees(shows("Stop suite_stops? y/n")))
terminal_type(terminal, "n")
check.ok("n takes it back", sees(shows("suite_stops was not stopped")))
terminal_type(terminal, "sy")
check.ok("y stops", sees(shows("suite_stops was stopped")))
check.ok("then it is gone", sees(shows("2 runtimes")))
terminal_type(terminal, "e")
check.ok("e shows what has ended", sees(shows("4 runtimes")) and sees(shows("finished")))
terminal_type(terminal, "q")
ends("q", 0)

top("")
check.ok("it starts again", sees(shows("runtimes")))
terminal_type(terminal, "\3")
ends("Ctrl-C", 130)
check.ok("Ctrl-C is told behind the screen", raw:find("lunatik: interrupted", 1, true))

top("")
check.ok("and again", sees(shows("runtimes")))
os.execute("kill -TERM $(pidof lunatik)")
ends("SIGTERM", 143)

top("-n 3")
check.ok("with a count", sees(shows("runtimes")))
ends("a count", 0)
