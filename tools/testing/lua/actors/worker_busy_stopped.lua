-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Stops a worker that is too busy to tell its actor.

local each = worker.create("./worker_busy")
worker.receive(each)
worker.stop(each)
print("stopped")
