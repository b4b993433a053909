-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The service `timer`, which lists of services to start name. The kernel has timers, so it has nothing to do.

return {}
