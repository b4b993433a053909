-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A worker that runs the code in its first argument, with the other arguments.

return assert(load((...), "=worker"))(select(2, ...))
