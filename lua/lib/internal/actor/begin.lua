-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Begins an actor that `spawn_vm` has made. The chunk gets the native core and the function of the actor's module,
-- which it runs as the main fiber.

local core, main = ...
-- Here, so that the stack stays small.
local errors = core.part("errors")(core)
local fibers = core.part("fibers")(core, errors)
package.loaded.actor = core.part("runtime")(core, "worker", errors, fibers)
return main()
