-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: float
-- Planets that attract each other: arithmetic on floats.

local bodies = {
	{ 0, 0, 0, 0, 0, 0, 39.478417604357432 },
	{
		4.84143144246472090,
		-1.16032004402742839,
		-0.10362204447112311,
		0.60632639299583202,
		2.81198684491626033,
		-0.02521836165988763,
		0.03769367487038949,
	},
	{
		8.34336671824457987,
		4.12479856412430479,
		-0.40352341711432138,
		-1.01077434617879236,
		1.82566237123041186,
		0.00841576137658415,
		0.01128632613196877,
	},
	{
		12.8943695621391310,
		-15.1111514016986312,
		-0.22330757889265573,
		1.08279100644153536,
		0.86871301816960822,
		-0.01083263740136364,
		0.00172372405705971,
	},
	{
		15.3796971148509165,
		-25.9193146099879641,
		0.17925877295037118,
		0.97909073224389798,
		0.59469899864767617,
		-0.03475595555078104,
		0.00203368686992463,
	},
}

local function advance(dt)
	for i = 1, #bodies do
		local a = bodies[i]
		for j = i + 1, #bodies do
			local b = bodies[j]
			local dx, dy, dz = a[1] - b[1], a[2] - b[2], a[3] - b[3]
			local square = dx * dx + dy * dy + dz * dz
			local force = dt / (square * square ^ 0.5)
			local fa, fb = b[7] * force, a[7] * force
			a[4], a[5], a[6] = a[4] - dx * fa, a[5] - dy * fa, a[6] - dz * fa
			b[4], b[5], b[6] = b[4] + dx * fb, b[5] + dy * fb, b[6] + dz * fb
		end
	end
	for i = 1, #bodies do
		local body = bodies[i]
		body[1], body[2], body[3] = body[1] + dt * body[4], body[2] + dt * body[5], body[3] + dt * body[6]
	end
end

for _ = 1, 130000 do
	advance(0.01)
end
assert(bodies[1][1] == bodies[1][1])
