"""Long hair to the chest: side parting, curtain bangs over an airy fringe, soft waves at the ends."""

import numpy as np

from hair.growth import jitter
from hair.springs import chain, weights
from hair.strand import Clump, Family, Wave

PART_X = 1.5  # of the parting at the forehead, cm
SPRING = {"stiffness": 1.1, "gravity": 0.05, "drag": 0.5, "radius": 3.0}


def guides(scalp, volume, side, part_side, tuck):
    """Guide curves of one side, drawn on the left: those that fall before the shoulder, and those that fall behind."""
    part = PART_X * part_side * side  # |x| of the parting, seen from this side

    def root(t, lift=0.6):
        lift += max(t - 0.4, 0) * 0.6
        return scalp.top(part + (-0.9 - part) * t, 6.6 - 10.6 * t, lift)

    def on(azimuth, elevation, lift):
        return scalp.on(azimuth, elevation, lift * volume)

    def at(azimuth, height, lift):
        return scalp.at(azimuth, height, lift * volume)

    # fmt: off
    front = [
        [root(.06), on(27, 52, 1.3), at(44, 7.9, 1.5), at(57, 4.8, 1.4), at(65, 1.2, 1.3),
         (8.0, -3, 4.4), (8.1, -7.5, 4.2), (7.7, -12, 5.0), (7.0, -16.5, 7.2), (6.5, -21, 9.4), (6.2, -25, 10.7), (6.2, -29, 11.2)],
        [root(.22), on(36, 60, 1.6), at(56, 8.1, 1.8), at(69, 4.8, 1.7), at(75, 1.2, 1.5),
         (9.1, -3, 2.4), (9.6, -7.5, 2.0), (9.3, -12, 3.0), (8.7, -16.5, 5.6), (8.4, -21, 8.2), (7.7, -25, 9.8), (7.0, -29, 10.6)],
        [root(.38), on(48, 68, 1.7), at(70, 8.4, 1.9), at(82, 5.0, 1.8), at(87, 1.2, 1.7),
         (9.7, -3, 0.0), (10.3, -7.5, -0.6), (10.4, -12, 0.4), (10.4, -16.5, 3.4), (10.4, -21, 6.6), (9.6, -25, 8.6), (8.2, -29, 9.8)],
    ]
    tucked = [
        [root(.06), on(28, 52, 1.1), at(48, 7.9, 1.1), at(68, 5.2, 0.9), at(86, 2.6, 0.9),
         (8.4, -0.6, -3.3), (8.5, -5.5, -4.2), (8.7, -11, -1.6), (8.2, -16.5, 4.2), (7.8, -21, 7.8), (7.2, -25, 9.6), (6.6, -29, 10.6)],
        [root(.22), on(38, 60, 1.5), at(60, 8.1, 1.5), at(77, 5.4, 1.3), at(92, 2.8, 1.2),
         (8.9, -1.0, -3.6), (9.2, -6, -4.4), (9.5, -11, -2.2), (9.3, -16.5, 3.4), (8.9, -21, 7.2), (8.2, -25, 9.1), (7.4, -29, 10.0)],
        [root(.38), on(50, 68, 1.7), at(72, 8.4, 1.8), at(86, 5.4, 1.6), at(97, 2.6, 1.5),
         (9.4, -1.6, -3.8), (9.9, -6.5, -4.6), (10.2, -11, -2.6), (10.2, -16.5, 2.6), (10.0, -21, 6.2), (9.2, -25, 8.2), (8.0, -29, 9.4)],
    ]
    if tuck:
        front = tucked
    back = [
        [root(.46), on(64, 75, 1.8), at(86, 8.6, 2.0), at(97, 5.0, 1.9), at(100, 1.2, 1.8),
         (9.7, -3, -2.4), (10.2, -7.5, -3.6), (9.9, -12, -5.0), (9.4, -16.5, -7.6), (9.5, -21, -9.8), (9.4, -25, -10.8), (8.6, -29, -10.8)],
        [root(.68), on(112, 74, 2.0), at(113, 8.4, 2.2), at(114, 5.0, 2.1), at(114, 1.2, 1.9),
         (8.5, -3, -5.8), (8.8, -7.5, -6.6), (8.5, -12, -7.4), (8.1, -16.5, -9.2), (8.1, -21, -10.9), (8.1, -25, -11.4), (7.6, -29, -11.2)],
        [root(.82), on(145, 71, 2.0), at(140, 8.2, 2.3), at(138, 5.0, 2.2), at(138, 1.2, 1.9),
         (5.8, -3, -9.1), (5.9, -7.5, -9.4), (5.7, -12, -9.8), (5.4, -16.5, -10.8), (5.3, -21, -11.8), (5.4, -25, -12.0), (5.2, -29, -11.8)],
        [root(.93), on(168, 67, 2.0), at(163, 8.0, 2.3), at(160, 5.0, 2.2), at(160, 1.2, 1.8),
         (3.0, -3, -10.7), (3.0, -7.5, -10.6), (2.9, -12, -10.6), (2.7, -16.5, -11.4), (2.7, -21, -12.2), (2.8, -25, -12.4), (2.7, -29, -12.2)],
        [root(1.0), on(180, 66, 2.0), at(180, 8.0, 2.3), at(180, 5.0, 2.2), at(180, 1.2, 1.8),
         (0, -3, -11.1), (0, -7.5, -10.9), (0, -12, -10.9), (0, -16.5, -11.6), (0, -21, -12.4), (0, -25, -12.6), (0, -29, -12.4)],
    ]
    close = 0.55 if tuck else 1.0  # hair before a bare ear lies nearer to the cheek
    fringe = [
        [root(.02, .5), on(14, 46, 1.6), at(22, 7.0, 1.4), at(34, 4.4, 1.3),
         at(46, 1.8, 1.1), at(54, -1.0, 0.9), at(59, -4.0, 0.9 * close), at(62, -7.0, 1.5 * close)],
        [root(.09, .5), on(20, 50, 1.8), at(32, 7.3, 1.7), at(44, 4.4, 1.6),
         at(54, 1.2, 1.3 * close), at(60, -2.4, 1.2 * close), at(64, -6.2, 1.4 * close), at(67, -9.6, 2.4 * close)],
        [root(.16, .5), on(28, 55, 1.9), at(44, 7.5, 1.7), at(56, 4.0, 1.7 * close),
         at(63, 0.0, 1.5 * close), at(66, -4.4, 1.6 * close), at(67, -8.6, 2.2 * close), at(70, -12.0, 3.4 * close)],
    ]
    # fmt: on
    return Family(front), Family(back), Family(fringe)


def _behind(growth, side, back, params):
    """The inner layer behind the neck, and the back."""
    rng, wave, more = growth.rng, params.wave, params.length
    for place in (0.8, 1.5, 2.2, 3.0, 3.8):
        clump = Clump(2.4, 0.3, rows=9, taper=0.85, tip=0.6, tone=0.9, v=(0.1, 0.85), sides="inner")
        growth.add(back(place) * [0.90, 1, 0.94], clump, side=side, part=(0.12, 0.93), more=more)
    places = np.linspace(0, 4, 8)[: 8 if side > 0 else 7]
    for k, place in enumerate(places):
        place += jitter(rng, 0.05)
        width = rng.uniform(2.0, 2.5)
        clump = Clump(width, 0.40, rows=18, root=0.8, taper=0.80, tip=0.45, tone=1 + jitter(rng, 0.04))
        soft = Wave(0.7 * wave, 11, 0.7 + 0.35 * place + jitter(rng, 0.2), 0.45, 0.85)
        end = 0.94 + 0.05 * (k % 2) + jitter(rng, 0.01)
        growth.add(back(place), clump, soft, side=side, part=(0, end), lift=0.28 * (k % 2), more=more)


# Locks before the shoulder: place between the guides, half width, share of the length, lift.
BEFORE = ((0.5, 2.3, 0.95, -0.4), (1.5, 2.4, 0.93, -0.4), (0.05, 1.7, 0.96, 0.0), (1.95, 2.0, 0.97, 0.05), (0.95, 2.0, 1.0, 0.5))


def _before(growth, side, front, params):
    """The locks that fall before the shoulder: two broad ones below, three in front, and thin strands on them."""
    rng, wave, more = growth.rng, params.wave, params.length
    for place, width, length, lift in BEFORE:
        hero = lift > 0.4
        clump = Clump(width, 0.42, rows=28 if hero else 24, root=0.8, taper=0.60, blunt=0.85, tip=0.06, roll=side * 20)
        clump.tone = 1 + jitter(rng, 0.04) + 0.25 * min(lift, 0)
        soft = Wave(1.2 * wave, 11.5, 0.16 * place + 0.5 * (side < 0) + jitter(rng, 0.06), 0.38, 0.68)
        growth.add(front(place), clump, soft, side=side, part=(0, length), lift=lift, more=more)
    for place in (0.35, 1.3):
        clump = Clump(rng.uniform(0.45, 0.7), 0.16, rows=13, root=0.1, taper=0.5, sides="outer")
        soft = Wave(1.0 * wave, 11.5, rng.uniform(0, 6), 0.1, 0.4)
        growth.add(front(place), clump, soft, side=side, part=(0.42, rng.uniform(0.9, 1.0)), lift=0.4, more=more)


def bangs(growth, side, fringe, amount):
    """Curtain bangs, longer towards the temples."""
    rng = growth.rng
    for place, width, lift in ((2.0, 1.3, 0.0), (1.4, 1.2, 0.2), (0.8, 0.95, 0.35), (0.25, 0.7, 0.45)):
        clump = Clump(width, 0.34, rows=16, root=0.8, taper=0.42, blunt=0.85, tone=1 + jitter(rng, 0.04))
        growth.add(fringe(place + jitter(rng, 0.05)), clump, side=side, off=0.35, lift=lift)
    for _ in range(round(2 * amount)):
        clump = Clump(rng.uniform(0.18, 0.3), 0.1, rows=12, root=0.9, taper=0.3, blunt=1.0)
        growth.add(fringe(rng.uniform(0.0, 1.6)), clump, side=side, part=(0.0, rng.uniform(0.8, 1.0)), off=0.3, lift=0.2)


def airy_fringe(growth, root_x, amount):
    """The see-through fringe: locks that are broad over the hairline and fine at the brows."""
    rng, scalp = growth.rng, growth.scalp
    count = round(11 * amount)
    for k in range(count):
        end = -34 + 68 * (k + 0.5) / count + jitter(rng, 2.0)
        start = scalp.top(root_x + end * 0.035, 5.6 + jitter(rng, 0.2), 0.7)
        low = 2.2 + abs(end) * 0.005 + jitter(rng, 0.45)
        bend = end * 1.22 + (4 if end > 0 else -4)
        places = ((end * 0.62 + 2, 9.6, 1.15), (end * 0.85, 7.2, 1.1), (end, 4.8, 0.85), (bend, low, 0.7))
        control = [start, *(scalp.at(*place) for place in places)]
        clump = Clump(rng.uniform(0.42, 0.62), 0.14, rows=9, root=1.0, taper=0.15, blunt=1.15, sides="outer", v=(0.3, 1.0))
        growth.add(control, clump, off=0.22, lift=0.1 * (k % 2))


def _mass(growth, params, families):
    growth.cap(0.25)
    for side, (front, back, fringe) in families.items():
        _behind(growth, side, back, params)
        _before(growth, side, front, params)
        bangs(growth, side, fringe, params.fringe)
    airy_fringe(growth, PART_X * params.part_side, params.fringe)


def grow(params, growth):
    """(parts, chains) of the style."""
    families = {}
    for side in (1, -1):
        tuck = params.tuck and side * params.part_side > 0
        families[side] = guides(growth.scalp, params.volume, side, params.part_side, tuck)
    _mass(growth, params, families)
    chains = []
    for name, side in (("Left", 1), ("Right", -1)):
        front, back, _ = families[side]
        mirror = np.array([side, 1, 1])
        chains.append(chain(f"hair{name}Front", front(1.0)[5:] * mirror, 5, **SPRING | {"radius": 2.4}))
        chains.append(chain(f"hair{name}Back", back(0.8)[5:] * mirror, 4, **SPRING))
    chains.append(chain("hairBack", families[1][1](4.0)[5:], 4, **SPRING))
    growth.close(lambda positions: weights(chains, positions, rests=0.45))
    return [growth.part("hair", "hair")], chains
