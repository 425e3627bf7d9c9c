"""A low ponytail: swept back over the ears to the nape, and forward over one shoulder; fringe as in the long style."""

import numpy as np

from hair import long_waves
from hair.growth import jitter
from hair.springs import chain, only
from hair.strand import Clump, Family, Wave
from part import rigid

KNOT = np.array([0.9, -7.2, -10.6])  # where it is tied; drawn for the left shoulder
# Locks of the tail: place against its middle, half width, share of the length, phase.
LOCKS = (
    ((0.0, 0.0, 0.7), 1.7, 1.0, 0.0),
    ((1.0, 0.2, -0.3), 1.5, 0.94, 0.7),
    ((-1.0, 0.1, 0.1), 1.5, 0.92, 1.2),
    ((0.3, -0.5, -0.9), 1.6, 0.90, 1.8),
)


def swept(scalp, volume, side, params, tail_side):
    """Guides of one side, drawn on the left, from the parting to the knot."""
    part = long_waves.PART_X * params.part_side * side
    knot = KNOT * [tail_side * side, 1, 1]

    def guide(t, azimuth, high, *below):
        start = scalp.top(part + (-0.9 - part) * t, 6.6 - 10.6 * t, 0.6)
        over = [scalp.on(azimuth * (0.55 + 0.4 * t), 62 + 10 * t, 1.4 * volume), scalp.at(azimuth, high, 1.3 * volume)]
        return [start, *over, *(scalp.at(a, y, lift * volume) for a, y, lift in below), knot + [0.5 * np.sin(np.radians(azimuth)), 0.3, 0.5]]

    return Family(
        [
            guide(0.08, 48, 7.4, (72, 5.0, 1.0), (96, 2.2, 0.9), (126, -1.4, 0.9), (154, -4.8, 1.0)),
            guide(0.25, 66, 8.0, (88, 5.2, 1.2), (110, 1.8, 1.1), (136, -1.8, 1.1), (158, -5.0, 1.1)),
            guide(0.50, 92, 8.4, (108, 5.0, 1.5), (126, 1.2, 1.4), (146, -2.4, 1.3), (164, -5.3, 1.2)),
            guide(0.75, 124, 8.4, (133, 4.8, 1.7), (145, 0.8, 1.6), (157, -2.8, 1.5), (169, -5.5, 1.3)),
            guide(0.92, 154, 8.2, (158, 4.6, 1.8), (163, 0.6, 1.7), (169, -3.0, 1.5), (174, -5.6, 1.3)),
            guide(1.0, 180, 8.0, (180, 4.5, 1.9), (180, 0.5, 1.7), (180, -3.0, 1.6), (180, -5.6, 1.4)),
        ]
    )


def _tail_line(side):
    x, y, z = KNOT
    line = [(x, y, z), (x + 2.4, y - 2.6, z - 0.2), (6.8, -12.7, -7.2), (8.0, -15.4, -1.2)]
    line += [(8.0, -19.2, 4.6), (7.6, -23.5, 8.6), (6.9, -28.5, 10.4), (6.4, -33.5, 10.8)]
    return np.array(line) * [side, 1, 1]


def _head(growth, params, tail_side):
    rng = growth.rng
    growth.cap(0.3)
    for side in (1, -1):
        family = swept(growth.scalp, params.volume, side, params, tail_side)
        for k, place in enumerate(np.linspace(0, family.last, 10)[: 10 if side > 0 else 9]):
            clump = Clump(rng.uniform(1.6, 2.0), 0.36, rows=12, root=0.8, taper=0.75, blunt=0.7, tip=0.4, tone=1 + jitter(rng, 0.04))
            growth.add(family(place), clump, side=side, lift=0.2 * (k % 2), ease=12)
        fringe = long_waves.guides(growth.scalp, params.volume, side, params.part_side, True)[2]
        long_waves.bangs(growth, side, fringe, params.fringe)
    long_waves.airy_fringe(growth, long_waves.PART_X * params.part_side, params.fringe)
    growth.close(lambda positions: rigid(positions, "head"))


def grow(params, growth):
    """(parts, chains) of the style; the tail lies on the shoulder away from the parting."""
    side = -1 if params.part_side > 0 else 1
    _head(growth, params, side)
    line = _tail_line(side)
    tail = chain("hairTail", line, 6, stiffness=1.2, gravity=0.05, drag=0.5, radius=2.0)
    for place, width, length, phase in LOCKS:
        spread = np.array([0.3, 0.9, 1, 1, 1, 1, 0.9, 0.6])[:, None] * place
        clump = Clump(width, 0.8, rows=22, root=0.45, rise=0.15, taper=0.6, blunt=0.85, tip=0.06, tone=1 + jitter(growth.rng, 0.04))
        growth.add(line + spread, clump, Wave(0.8 * params.wave, 12, phase, 0.3, 0.7), ease=10, part=(0, length), more=params.length)
    growth.close(lambda positions: only(tail, positions, rests=0.45))
    hair = growth.part("hair", "hair")
    for turn in (0, 120, 240):
        out = np.array([np.sin(np.radians(turn)), 0.0, np.cos(np.radians(turn))])
        ahead = np.array([np.cos(np.radians(turn)), 0.0, -np.sin(np.radians(turn))])
        middle = KNOT * [side, 1, 1] + [0.7 * side, -0.9, 0]
        control = [middle + 1.0 * out - 2.4 * ahead, middle + 1.7 * out, middle + 1.0 * out + 2.4 * ahead]
        growth.lay(control, Clump(0.75, 0.4, rows=6, root=0.9, taper=0.9, tip=0.9, sides="outer"), out)
    growth.close(lambda positions: rigid(positions, "head"))
    return [hair, growth.part("hairTie", "hairRibbon")], [tail]
