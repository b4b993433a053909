-- SPDX-License-Identifier: GPL-2.0-only OR MIT
while true do
end
