-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Futures and promises for the fibers of one actor: `internal/actor/futures.lua` has them.

local require = require
require("actor")
return require("actor.core").kept().fibers.part("futures")
