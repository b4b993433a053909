-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Functions that nest too deep for sharing: each runtime has its own copies, in the module's fixed buffer.

local LONG <const> = "another string of more than forty bytes, in a buffer"

-- Returns its argument, the long string, and the depth.
return function(value)
	return (function()
		return (function()
			return (function()
				return (function()
					return (function()
						return (function()
							return (function()
								return (function()
									return (function()
										return (function()
											return (function()
												return (function()
													return (function()
														return (function()
															return (function()
																return (function()
																	return (function()
																		return value, LONG, 17
																	end)()
																end)()
															end)()
														end)()
													end)()
												end)()
											end)()
										end)()
									end)()
								end)()
							end)()
						end)()
					end)()
				end)()
			end)()
		end)()
	end)()
end
