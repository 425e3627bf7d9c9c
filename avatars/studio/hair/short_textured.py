"""A man's short cut: a side parting, a fringe swept up and over like a comma, tapered sides and nape."""

import numpy as np

from fields import smoothstep
from hair.growth import jitter
from hair.strand import Clump, Family
from part import Chain


def crown(scalp, volume):
    """Guides round the head, drawn with the parting on the left: the fringe from the parting to the right, the back, the left."""

    def on(azimuth, elevation, lift):
        return scalp.on(azimuth, elevation, lift * volume)

    def at(azimuth, height, lift):
        return scalp.at(azimuth, height, lift * volume)

    def root(x, z):
        return scalp.top(x, z, 0.7 + 0.12 * max(z, 0))

    def behind(a):
        turn = np.radians(a)
        start = root(0.4 - 0.7 * np.sin(turn), -3 - 0.7 * np.cos(turn))
        return [start, on(a, 70, 2.0), at(a, 9.6, 2.3), at(a, 7.2, 2.0), at(a, 4.8, 1.1), at(a, 2.2, 0.35)]

    # fmt: off
    over = [
        [root(2.0, 6.0), on(12, 54, 2.3), at(3, 10.0, 2.6), at(-5, 7.8, 2.0), at(-6, 5.6, 1.2), at(0, 4.2, 0.8)],
        [root(1.9, 5.2), on(-2, 60, 2.8), at(-17, 10.6, 2.9), at(-27, 7.9, 2.3), at(-29, 5.0, 1.4), at(-21, 3.2, 0.9)],
        [root(1.7, 4.2), on(-18, 65, 3.0), at(-38, 10.6, 2.9), at(-47, 7.7, 2.3), at(-50, 4.6, 1.6), at(-43, 2.7, 1.1)],
        [root(1.5, 2.8), on(-42, 69, 2.9), at(-60, 10.2, 2.7), at(-67, 7.4, 2.1), at(-71, 4.6, 1.3), at(-69, 2.6, 0.7)],
        [root(1.1, 1.0), on(-68, 72, 2.7), at(-84, 9.8, 2.4), at(-88, 7.2, 1.9), at(-91, 4.8, 1.1), at(-92, 2.8, 0.5)],
    ]
    left = [
        [root(1.9, 1.4), on(70, 68, 2.4), at(88, 9.6, 2.2), at(94, 7.2, 1.8), at(97, 5.0, 1.1), at(98, 3.0, 0.5)],
        [root(2.1, 3.4), on(48, 63, 2.5), at(64, 9.8, 2.4), at(74, 7.6, 1.9), at(80, 5.4, 1.1), at(84, 3.2, 0.5)],
        [root(2.2, 4.8), on(30, 57, 2.4), at(43, 9.8, 2.4), at(55, 8.0, 2.0), at(64, 5.8, 1.3), at(70, 3.8, 0.6)],
        [root(2.2, 5.8), on(20, 52, 2.0), at(29, 9.6, 2.2), at(39, 8.2, 2.0), at(50, 6.6, 1.4), at(58, 5.0, 0.8)],
    ]
    # fmt: on
    back = [behind(a) for a in (-112, -138, -160, -180, -200, -222, -248)]
    return Family(over + back + left)


def _top(growth, params, ring):
    """A base layer that covers, and a looser layer of narrower locks on it."""
    rng, side = growth.rng, params.part_side
    for place in np.linspace(0, ring.last, 24):
        clump = Clump(1.35, 0.34, rows=8, root=0.8, taper=0.45, blunt=0.9, tone=0.88 + jitter(rng, 0.04), back=0.4)
        growth.add(ring(place), clump, side=side, ease=8, lift=0.0, off=0.35)
    for place in np.linspace(0.1, ring.last - 0.1, 25):
        rows = 9 if place < 4.2 else 6
        clump = Clump(rng.uniform(0.5, 0.95), 0.30, rows=rows, root=0.6, taper=0.35, blunt=0.95, sides="outer")
        clump.tone = 1 + jitter(rng, 0.05)
        length = rng.uniform(0.78, 1.0) if place > 3 else rng.uniform(0.9, 1.02)
        growth.add(ring(place + jitter(rng, 0.12)), clump, side=side, ease=6, lift=rng.uniform(0.18, 0.42), off=0.4, part=(0.03, min(length, 1)))


def _sides(growth):
    """Short hair round the sides and the nape in shingled rows, and sideburns."""
    rng, scalp = growth.rng, growth.scalp
    rows = ((4.6, 4.6, 0.75, (80, 180), 10), (1.8, 4.6, 0.6, (101, 180), 8), (-1.4, 4.8, 0.5, (116, 180), 6), (-4.8, 4.2, 0.36, (130, 180), 4))
    for top, length, lift, (start, end), count in rows:
        for side in (1, -1):
            for azimuth in np.linspace(start, end, count):
                azimuth += jitter(rng, 2)
                high, lean = top + jitter(rng, 0.55), 3.0 if azimuth < 150 else 0.0
                drop = min(length, high - 1.9) if azimuth < 116 else length  # clear of the ears
                control = [scalp.at(azimuth + lean * k, high - drop * k / 3, lift * (1 - 0.22 * k)) for k in range(4)]
                clump = Clump(rng.uniform(0.95, 1.25), 0.16, rows=4, root=0.9, taper=0.3, blunt=0.9, sides="outer")
                clump.tone = 0.84 + jitter(rng, 0.04)
                growth.add(control, clump, side=side, ease=2, off=0.05)
    for side in (1, -1):
        for azimuth, low in ((75, 0.9), (79, 0.0)):
            control = [scalp.at(azimuth - 2 + k, 4.6 + (low - 4.6) * k / 3, 0.55 - 0.15 * k) for k in range(4)]
            growth.add(control, Clump(0.5, 0.12, rows=4, root=0.9, taper=0.4, tone=0.86, sides="outer"), side=side, ease=2, off=0.05)


def _fringe_chain(side):
    """The fringe swings a little, from where it turns over to its tips."""
    joints = np.array([[-2.2, 9.8, 7.4], [-3.2, 7.2, 8.8], [-3.9, 4.2, 9.2]]) * [side, 1, 1]
    return Chain("hair_fringe", "head", joints, stiffness=2.6, gravity=0.03, drag=0.55, radius=0.4)


def _weights(chain, positions):
    """Only the tips of the fringe leave the head."""
    _, y, z = positions.T
    loose = 0.8 * smoothstep(8.6, 4.4, y) * smoothstep(4.5, 7.0, z)
    tip = smoothstep(7.6, 4.6, y)
    return [("head", 1 - loose), (chain.bone(0), loose * (1 - tip)), (chain.bone(1), loose * tip)]


def grow(params, growth):
    """(parts, chains) of the style; of short hair only the fringe swings."""
    growth.cap(0.35, sideburn=1.2)
    _top(growth, params, crown(growth.scalp, params.volume))
    _sides(growth)
    chain = _fringe_chain(params.part_side)
    growth.close(lambda positions: _weights(chain, positions))
    return [growth.part("hair", "hair")], [chain]
