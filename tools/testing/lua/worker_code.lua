-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A worker that runs the code that is its first argument, with the others.

return assert(load((...), "=worker"))(select(2, ...))
