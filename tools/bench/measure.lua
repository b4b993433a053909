-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Runs one program once and prints the nanoseconds that it took, without start-up and compilation.
-- Arguments: the folder tools/bench, the program. Works in the kernel and in user space.

local folder, name = ...

-- The time that passes on both sides: not all kernels account the time of a process more finely than by ticks.
local in_kernel, linux = pcall(require, "linux")
local clock = in_kernel and linux.ktime or nanoseconds

local program = assert(loadfile(folder .. "/programs/" .. name .. ".lua"))
collectgarbage()
local begun = clock()
program(folder)
print(clock() - begun)
