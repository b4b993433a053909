-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Waits for a message.

worker.message("ready")
worker.peek()
