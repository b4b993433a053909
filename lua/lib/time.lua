-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Waiting in the fibers of an actor: `internal/actor/times.lua`.

local require = require
require("actor")
return require("actor.core").kept().fibers.part("times")
