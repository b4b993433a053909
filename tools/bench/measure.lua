-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Runs one program once and prints the nanoseconds that it took, without start-up and compilation.
-- Arguments: the folder tools/bench, the program. Works in the kernel and in user space.

local folder, name = ...

-- In the kernel the time that passes; in user space the time of the process, which waits for nothing. A
-- machine that runs nothing else makes no difference between the two, and the first cannot flatter the kernel.
local clock
local in_kernel, linux = pcall(require, "linux")
if in_kernel then
	clock = linux.ktime
else
	clock = function()
		return math.floor(os.clock() * 1e9)
	end
end

local program = assert(loadfile(folder .. "/programs/" .. name .. ".lua"))
collectgarbage()
local begun = clock()
program(folder)
print(clock() - begun)
