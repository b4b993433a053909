-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A worker: calls the code in its second argument with what the first one makes.

local make, run = ...
return load(run)(load(make)("worker"))
