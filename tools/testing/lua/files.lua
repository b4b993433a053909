-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Uses files in every way and prints the results. A run in the kernel and a run in user space must print the same. The
-- argument is an empty folder to work in.

local dir = ...
local path = dir .. "/file"

-- Addresses and the folder's name cannot be the same on both sides, so they are replaced.
local function show(label, ...)
	local out = { label .. ":" }
	for i = 1, select("#", ...) do
		out[#out + 1] = (tostring((select(i, ...))):gsub("0x%x+", "ADDRESS"):gsub(dir, "DIR", 1))
	end
	print(table.concat(out, "\t"))
end

local function try(label, fn, ...)
	show(label, pcall(fn, ...))
end

show("missing", io.open(dir .. "/missing"))
show("missing folder", io.open(dir .. "/no/file", "w"))
show("folder for writing", io.open(dir, "w"))
show("empty name", io.open(""))
try("bad mode", io.open, path, "rw")
try("nul in name", io.open, dir .. "/a\0b")
try("lines of missing", io.lines, dir .. "/missing")
show("loadfile of missing", loadfile(dir .. "/missing"))
try("dofile of missing", dofile, dir .. "/missing")
show("remove missing", os.remove(dir .. "/missing"))
show("rename missing", os.rename(dir .. "/missing", path))
show("name too long", io.open(dir .. "/" .. ("x"):rep(300)))

local file = assert(io.open(path, "w"))
show("type", io.type(file), io.type(io.stdout), io.type(1), tostring(file))
show("write", file:write("line 1\n", 2, " ", 3.5, "\n", "0x1F -7.25e2 nan\n", "last") == file)
show("seek", file:seek(), file:seek("set", 2), file:seek("end"), file:seek("cur", -1))
show("read from a file for writing", file:read(1))
show("buffering", file:setvbuf("full", 1024), file:setvbuf("line"), file:setvbuf("no"), file:setvbuf("full"))
show("flush", file:flush() == file)
show("close", file:close())
show("closed", io.type(file), tostring(file))
try("use after close", file.read, file)
try("close twice", file.close, file)

file = assert(io.open(path))
show("line", file:read())
show("line with its end", file:read("L"))
show("numbers", file:read("n", "n"))
show("not a number", file:read("n"))
show("rest of the line", file:read("l"))
show("bytes", file:read(2), file:read(0), file:read(10))
show("end", file:read(0), file:read(1), file:read("l"), file:read("a"), file:read("n"))
show("seek back", file:seek("set", 0), file:read("a"))
show("negative seek", file:seek("set", -1))
show("write to a file for reading", file:write("x"))
try("bad format", file.read, file, "*x")
try("bad whence", file.seek, file, "nowhere")
file:close()

for line, more in io.lines(path, "l", 1) do
	show("lines", line, more)
end
for a in io.lines(path) do
	show("io.lines", a)
end
try("lines of a closed file", function()
	local f = io.open(path)
	local next_line = f:lines()
	f:close()
	next_line()
end)
for number in io.lines(path, "n") do
	show("lines of numbers", number)
end

file = io.open(path, "a+")
show("append", file:seek("set", 0), file:read("l"), file:write("\nappended\n") ~= nil, file:seek("end"))
file:close()
file = io.open(path, "r+")
show("update", file:write("LINE") ~= nil, file:seek("set", 0), file:read("a"))
file:close()
file = io.open(path, "w+")
show("truncated", file:read("a"), file:seek("end"), file:write("abc") ~= nil, file:seek("set"), file:read("a"))
file:close()

-- Binary data, long lines, big files.
local bytes = {}
for i = 0, 255 do
	bytes[#bytes + 1] = string.char(i)
end
local all = table.concat(bytes):rep(300)
file = io.open(path, "wb")
file:write(all)
file:close()
file = io.open(path, "rb")
show("binary", file:read("a") == all)
show("far seek", file:seek("end"), file:seek("set", 70000), file:read(4):byte(1, -1))
file:close()
file = io.open(path, "w")
file:write(("y"):rep(100000), "\n", "z")
file:close()
show("long line", #io.lines(path)())
file = io.open(path)
show("two lines", #file:read("l"), file:read("l"), file:read("l"))
file:close()

-- Hexadecimal, signs and limits of read("n").
file = io.open(path, "w")
file:write("0x10 -0x.8p1 +5 .5 5. 1e5 1e 99999999999999999999 ", ("1"):rep(250), " 7")
file:close()
file = io.open(path)
for _ = 1, 8 do
	show("read n", file:read("n"))
end
show("after a bad number", file:read(8))
file:close()

-- Default files.
show("io.output", io.output(path) ~= nil, io.write("default\n") == io.output(), io.close())
show("io.input", io.input(path) ~= nil, io.read("a"), io.close(io.input()))
try("io.read from a closed file", io.read)
try("io.write to a closed file", io.write, "x")

-- loadfile, dofile.
file = io.open(path, "w")
file:write("#!/usr/bin/lua\nreturn 1 +, 2")
file:close()
show("syntax error", loadfile(path))
file = io.open(path, "w")
file:write("\xEF\xBB\xBF#!shebang\nreturn ..., 2")
file:close()
show("byte order mark and shebang", dofile(path))
show("loadfile with arguments", loadfile(path, "t", {})(7))
show("loadfile, text not allowed", loadfile(path, "b"))

-- os.
show("rename", os.rename(path, dir .. "/other"), io.open(path), io.open(dir .. "/other") ~= nil)
show("remove", os.remove(dir .. "/other"), os.remove(dir .. "/other"))
show(
	"remove folder that is not empty",
	(function()
		local f = io.open(dir .. "/x", "w")
		f:close()
		return os.remove(dir)
	end)()
)
os.remove(dir .. "/x")
show(
	"rename to a missing folder",
	(function()
		local f = io.open(path, "w")
		f:close()
		return os.rename(path, dir .. "/no/file")
	end)()
)
local temporary = os.tmpname()
show("tmpname", temporary:match("^/tmp/") ~= nil, temporary ~= os.tmpname())
os.remove(temporary)
local unnamed = io.tmpfile()
show("tmpfile", io.type(unnamed), unnamed:write("abc") ~= nil, unnamed:seek("set"), unnamed:read("a"), unnamed:close())
local kept
do
	local scoped <close> = io.open(path, "w")
	scoped:write("scoped")
	kept = scoped
end
show("closed at the end of its scope", io.type(kept))
file = io.open(path)
show("and written", file:read("a"))
file = nil
collectgarbage()
os.remove(path)
