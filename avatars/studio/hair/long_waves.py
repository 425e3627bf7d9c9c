"""Long hair to the chest: side parting, curtain bangs over an airy fringe, soft waves at the ends."""

import numpy as np

from hair.growth import jitter
from hair.springs import chain, weights
from hair.strand import Clump, Family, Wave


def guides(scalp, volume, side, part_side):
    """Guide curves of one side, drawn on the left: those that fall before the shoulder, and those that fall behind."""
    part = 1.5 * part_side * side  # |x| of the parting, seen from this side

    def root(t, lift=0.45):
        return scalp.top(*(np.array([part, 6.6]) + np.array([0.1 - part, -10.6]) * t), lift)

    def on(azimuth, elevation, lift):
        return scalp.on(azimuth, elevation, lift * volume)

    def at(azimuth, height, lift):
        return scalp.at(azimuth, height, lift * volume)

    # fmt: off
    front = [
        [root(.06), on(27, 52, 1.3), at(44, 7.9, 1.5), at(57, 4.8, 1.4), at(65, 1.2, 1.3),
         (8.0, -3, 4.4), (8.1, -7.5, 4.2), (7.5, -12, 5.2), (6.5, -16.5, 7.4), (5.9, -21, 9.6), (5.4, -25, 10.9), (5.0, -29, 11.5)],
        [root(.22), on(36, 60, 1.6), at(56, 8.1, 1.8), at(69, 4.8, 1.7), at(75, 1.2, 1.5),
         (9.1, -3, 2.4), (9.6, -7.5, 2.0), (9.3, -12, 3.0), (8.7, -16.5, 5.6), (8.6, -21, 8.2), (8.1, -25, 9.7), (7.4, -29, 10.4)],
        [root(.38), on(48, 68, 1.7), at(70, 8.4, 1.9), at(82, 5.0, 1.8), at(87, 1.2, 1.7),
         (9.8, -3, 0.0), (10.5, -7.5, -0.6), (10.6, -12, 0.4), (10.6, -16.5, 3.4), (11.0, -21, 6.2), (10.7, -25, 7.8), (9.8, -29, 8.6)],
    ]
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
    fringe = [
        [root(.02, .5), on(14, 46, 1.6), at(22, 7.0, 1.4), at(34, 4.4, 1.3), at(46, 1.8, 1.1), at(54, -1.0, 0.9), at(59, -4.0, 0.9), at(62, -7.0, 1.5)],
        [root(.09, .5), on(20, 50, 1.8), at(32, 7.3, 1.7), at(44, 4.4, 1.6), at(54, 1.2, 1.3), at(60, -2.4, 1.2), at(64, -6.2, 1.4), at(67, -9.6, 2.4)],
        [root(.16, .5), on(28, 55, 1.9), at(44, 7.5, 1.9), at(56, 4.0, 1.7), at(63, 0.0, 1.5), at(66, -4.4, 1.6), at(67, -8.6, 2.2), at(70, -12.0, 3.4)],
    ]
    # fmt: on
    return Family(front), Family(back), Family(fringe)


def _behind(growth, side, back, wave):
    """The inner layer behind the neck, and the back."""
    rng = growth.rng
    for place in (0.1, 0.9, 1.9, 2.9, 3.8):
        clump = Clump(2.3, 0.3, rows=9, taper=0.75, tip=0.45, tone=0.62, v=(0.1, 0.85))
        growth.add(back(place) * [0.90, 1, 0.94], clump, side=side, part=(0.12, 0.90))
    places = np.linspace(0, 4, 8)[: 8 if side > 0 else 7]
    for k, place in enumerate(places):
        place += jitter(rng, 0.05)
        width = rng.uniform(1.7, 2.3)
        clump = Clump(width, 0.42, rows=15, root=0.75, taper=0.72, tip=0.2, tone=1 + jitter(rng, 0.05))
        soft = Wave(0.7 * wave, 11, 0.7 + 0.35 * place + jitter(rng, 0.2), 0.45, 0.85)
        growth.add(back(place), clump, soft, side=side, part=(0, 0.95 + 0.04 * (k % 2) + jitter(rng, 0.01)), off=0.3 + 0.12 * (k % 2))


def _before(growth, side, front, wave):
    """The locks that fall before the shoulder."""
    rng = growth.rng
    for place, width, length in ((0.0, 1.35, 0.93), (0.45, 1.8, 0.97), (1.0, 2.0, 1.0), (1.5, 1.9, 0.98), (2.0, 1.8, 0.95)):
        clump = Clump(width, 0.5, rows=19, root=0.75, taper=0.68, tip=0.15, tone=1 + jitter(rng, 0.05), roll=side * 25)
        soft = Wave(1.0 * wave, 10.5, 0.5 * place + 0.5 * (side < 0) + jitter(rng, 0.12), 0.42, 0.70)
        growth.add(front(place + jitter(rng, 0.04)), clump, soft, side=side, part=(0, length))
    for _ in range(4):
        place = rng.uniform(0, 2)
        clump = Clump(rng.uniform(0.3, 0.5), 0.1, rows=18, root=0.8, taper=0.6, flat=True, tone=1.08)
        soft = Wave(1.1 * wave, 10.5, 0.5 * place + rng.uniform(-0.5, 0.7), 0.40, 0.70)
        growth.add(front(place) + [0.15, 0, 0.3], clump, soft, side=side, part=(0.25, rng.uniform(0.9, 1.0)), off=0.6)


def _fringe(growth, side, fringe, amount):
    """Curtain bangs, longer towards the temples, and thin strands before the forehead."""
    rng = growth.rng
    for place, width in ((2.0, 1.2), (1.55, 1.1), (1.05, 0.95), (0.55, 0.75), (0.1, 0.5)):
        clump = Clump(width, 0.34, rows=14, root=0.7, taper=0.45, blunt=0.85, tone=1 + jitter(rng, 0.04))
        growth.add(fringe(place + jitter(rng, 0.05)), clump, side=side, off=0.35 + 0.25 * place / 2)
    for _ in range(round(3 * amount)):
        place = rng.uniform(-0.0, 1.4)
        clump = Clump(rng.uniform(0.14, 0.26), 0.1, rows=11, root=0.9, taper=0.4, blunt=1.0, flat=True, tone=1.05)
        growth.add(fringe(place), clump, side=side, part=(0.0, rng.uniform(0.75, 0.95)), off=0.3)


def _air(growth, root_x, amount):
    """The see-through fringe: separate thin strands from the parting down to the brows."""
    rng, scalp = growth.rng, growth.scalp
    for k in range(round(9 * amount)):
        end = -30 + 60 * (k + 0.5) / (9 * amount) + jitter(rng, 2.5)
        start = scalp.top(root_x + end * 0.03, 6.3 + jitter(rng, 0.2), 0.5)
        low = 2.3 + abs(end) * 0.01 + jitter(rng, 0.5)
        bend = end * 1.25 + (3 if end > 0 else -3)
        control = [start, scalp.at(end * 0.55 + 2, 9.3, 1.3), scalp.at(end * 0.85, 6.8, 1.25), scalp.at(end, 4.6, 0.95), scalp.at(bend, low, 0.75)]
        clump = Clump(rng.uniform(0.22, 0.42), 0.1, rows=9, root=0.8, taper=0.35, blunt=1.0, flat=True, tone=1.0)
        growth.add(control, clump, off=0.25)


def _mass(growth, params, families):
    growth.cap(0.25)
    for side, (front, back, fringe) in families.items():
        _behind(growth, side, back, params.wave)
        _before(growth, side, front, params.wave)
        _fringe(growth, side, fringe, params.fringe)
    _air(growth, 1.5 * params.part_side, params.fringe)


def grow(params, growth):
    """(parts, chains) of the style."""
    families = {side: guides(growth.scalp, params.volume, side, params.part_side) for side in (1, -1)}
    _mass(growth, params, families)
    front, back, _ = families[1]
    chains = []
    for name, side in (("Left", 1), ("Right", -1)):
        mirror = np.array([side, 1, 1])
        spring = {"stiffness": 1.1, "gravity": 0.05, "drag": 0.5, "radius": 0.8}
        chains.append(chain(f"hair{name}Front", front(1.0)[5:] * mirror, 5, **spring))
        chains.append(chain(f"hair{name}Back", back(0.8)[5:] * mirror, 4, **spring))
    chains.append(chain("hairBack", back(4.0)[5:], 4, stiffness=1.2, gravity=0.05, drag=0.5, radius=0.8))
    part = growth.part("hair", "hair", lambda positions: weights(chains, positions))
    return [part], chains
