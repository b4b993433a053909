-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A module that returns the context that it sees, and whether it sees the functions of actors.

return { context = _CONTEXT, globals = type(spawn_vm) == "function" and type(this_fiber) == "table" }
