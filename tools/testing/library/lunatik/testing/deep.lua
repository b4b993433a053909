-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Functions nested deeper than those that runtimes share: each runtime has its own, in the module's fixed buffer.

local LONG <const> = "another string of more than forty bytes, in a buffer"

-- Returns what it is given, the long string, and how deep it is.
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
