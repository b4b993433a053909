-- SPDX-License-Identifier: GPL-2.0-only OR MIT
std = "max"
max_line_length = 120
-- The first argument of a driver's callback is the driver, whether it is used or not.
self = false
-- A function of every runtime.
read_globals = { "pledge" }
