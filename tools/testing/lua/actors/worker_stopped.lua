-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Stops a worker whose actor waits.

local each = worker.create("./worker_actors")
worker.receive(each)
worker.stop(each)
print("stopped")
