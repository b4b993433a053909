-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Sends its argument and ends.

worker.message((...))
