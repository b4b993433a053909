-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module `inbox`: where an actor receives messages.

local require = require
require("actor")
return require("actor.core").kept().import_inbox()
