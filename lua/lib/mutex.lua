-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Mutexes for the fibers of one actor: `internal/actor/mutexes.lua` has them.

local require = require
require("actor")
return require("actor.core").kept().fibers.part("mutexes").module
