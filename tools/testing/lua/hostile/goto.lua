-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- An empty loop of a jump.

return function()
	::again::
	goto again
end
