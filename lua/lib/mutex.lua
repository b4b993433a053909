-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Mutexes for the fibers of one actor: `internal/actor/mutexes.lua` has them.

require("actor")
return require("actor.core").fibers.part("mutexes").module
