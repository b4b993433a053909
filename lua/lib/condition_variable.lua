-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Condition variables for the fibers of one actor: `internal/actor/conditions.lua` has them.

local require = require
require("actor")
return require("actor.core").kept().fibers.part("conditions")
