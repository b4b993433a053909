-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Runs one program once and prints the nanoseconds that it took, without start-up and compilation. Arguments: the
-- folder tools/bench, and the program. Works in the kernel and in user space.

local folder, name = ...

-- Measures elapsed time on both sides, because some kernels account the CPU time of a process only by ticks.
local in_kernel, linux = pcall(require, "linux")
local clock = in_kernel and linux.ktime or nanoseconds

local program = assert(loadfile(folder .. "/programs/" .. name .. ".lua"))
collectgarbage()
local begun = clock()
program(folder)
print(clock() - begun)
