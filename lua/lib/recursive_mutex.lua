-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Mutexes that their owner may lock again, for the fibers of one actor: `internal/actor/recursive_mutexes.lua`.

local require = require
require("actor")
return require("actor.core").kept().fibers.part("recursive_mutexes")
