"""Drawn hair: a full pointed fringe, side locks, two side tails with ribbons over long hair, and one tuft that stands up."""

import numpy as np

from hair.growth import jitter
from hair.springs import chain, only, weights
from hair.strand import Clump, Family, Wave
from part import rigid

WHORL = -1.5  # z of the crown from which hair spreads
KNOT = np.array([8.3, 8.6, -3.2])  # of the left side tail
BOW = np.array([1.0, 0.7, 1.2])  # the middle of its ribbon against that
SIDE_LOCK = ((8.9, 0.5, 2.8), (8.6, -4, 4.0), (9.2, -9, 3.8), (8.6, -14, 5.0), (6.6, -19, 7.4))  # where the left one hangs
# Fringe: azimuth, height of the tip, half width, how far the tip bends sideways in degrees.
FRINGE = (
    (-56, -0.8, 2.2, 8), (-37, 1.0, 2.6, 8), (-18, 1.7, 2.5, 7), (0, 0.5, 2.2, 6), (17, 2.0, 2.4, -7), (37, 1.2, 2.6, -8), (56, -0.7, 2.2, -8),
)  # fmt: skip


def shell(scalp, volume):
    """Guides of the left side from the temple to the back: over the head, then down behind the shoulders."""

    def guide(azimuth, *hang):
        turn = np.radians(azimuth)
        start = scalp.top(-0.7 * np.sin(turn), WHORL - 0.7 * np.cos(turn), 2.5)
        over = [scalp.on(azimuth, 68, 3.3 * volume)]
        over += [scalp.at(azimuth, y, lift * volume) for y, lift in ((9.0, 3.1), (5.0, 2.7), (1.0, 2.2))]
        return [start, *over, *hang]

    return Family(
        [
            guide(70, (9.3, -4, 0.6), (9.7, -9, -1.4), (9.6, -14, -4.8), (9.7, -20, -8.8), (10.3, -26, -10.6), (10.8, -33, -11.2)),
            guide(96, (9.5, -4, -3.0), (9.9, -9, -4.2), (9.7, -14, -6.8), (9.8, -20, -10.0), (10.6, -26, -11.6), (11.4, -33, -12.2)),
            guide(122, (8.3, -4, -7.2), (8.7, -9, -8.2), (8.5, -14, -9.6), (8.6, -20, -11.4), (9.2, -26, -12.6), (10.0, -33, -13.0)),
            guide(150, (5.0, -4, -10.6), (5.2, -9, -11.0), (5.1, -14, -11.6), (5.2, -20, -12.6), (5.6, -26, -13.4), (6.0, -33, -13.6)),
            guide(180, (0, -4, -11.8), (0, -9, -11.8), (0, -14, -12.2), (0, -20, -13.0), (0, -26, -13.8), (0, -33, -14.0)),
        ]
    )


def _long(growth, params, family):
    rng = growth.rng
    for side in (1, -1):
        for place in (1.0, 1.8, 2.6, 3.5):
            clump = Clump(2.8, 0.2, rows=8, taper=0.8, tip=0.3, sides="inner", v=(0.0, 1.0))
            growth.add(family(place) * [0.9, 1, 0.95], clump, side=side, part=(0.15, 0.9), more=params.length)
        for k, place in enumerate((0.0, 0.75, 1.5, 2.3, 3.15, 4.0)[: 6 if side > 0 else 5]):
            clump = Clump(2.6, 0.55, rows=15, root=0.7, taper=0.60, blunt=0.95)
            soft = Wave(0.8 * params.wave, 16, 0.8 * k, 0.45, 0.9)
            end = 1.0 - 0.07 * (k % 2) + jitter(rng, 0.01)
            growth.add(family(place), clump, soft, side=side, lift=0.3 * (k % 2), part=(0, end), more=params.length)


def _fringe(growth, params):
    scalp, amount = growth.scalp, params.volume
    for k, (azimuth, tip, width, bend) in enumerate(FRINGE):
        control = [
            scalp.top(0.035 * azimuth, WHORL + 1.0, 2.5),
            scalp.on(0.7 * azimuth, 63, 3.2 * amount),
            scalp.at(0.9 * azimuth, 9.6, 2.9 * amount),
            scalp.at(azimuth, 6.4, 2.4 * amount),
            scalp.at(azimuth + 0.1 * bend, 3.8, 1.6 * amount),
            scalp.at(azimuth + bend, tip, 1.0),
        ]
        clump = Clump(width, 0.42, rows=12, root=0.55, rise=0.45, taper=0.46, blunt=1.4, v=(0.0, 0.74))
        growth.add(control, clump, ease=6, lift=0.22 * (k % 2), off=0.4)


def _side_locks(growth, params, chains):
    scalp = growth.scalp
    for side, hung in zip((1, -1), chains):
        for azimuth, width, low, lift, out in ((78, 1.6, 0.70, 0.0, 0.5), (64, 2.0, 1.0, 0.3, 0.0)):
            control = [
                scalp.top(1.0, 0.0, 2.0),
                scalp.on(0.6 * azimuth, 63, 2.8),
                scalp.at(0.9 * azimuth, 9.0, 2.9),
                scalp.at(azimuth, 5.0, 2.3),
                scalp.at(azimuth + 3, 0.5, 1.8),
                *(np.array(SIDE_LOCK[1:]) + np.array([[out], [out], [out], [0.0]]) * [1, 0, 0]),
            ]
            clump = Clump(width, 0.55, rows=17, root=0.6, taper=0.60, blunt=0.95, roll=side * 15)
            soft = Wave(0.7 * params.wave, 15, 2.0 - azimuth / 40, 0.3, 0.6)
            growth.add(control, clump, soft, side=side, lift=lift, part=(0, low))
        growth.close(lambda positions, hung=hung: only(hung, positions))


def _tails(growth, params, chains):
    """The side tails: four locks round a curve, held by a ribbon."""
    spread = np.array([0.0, 0.35, 0.9, 1.0, 1.1, 1.0, 0.5])[:, None]
    # Where each lies on the curve (x, z), which way it faces, half width, share of the length.
    locks = (
        ((0.2, -1.1), (0.8, 0, -0.7), 1.9, 0.92),
        ((-0.8, 0.4), (-0.5, 0, 0.9), 1.7, 0.90),
        ((1.1, 0.1), (1.0, 0, 0.3), 1.8, 1.0),
        ((0.2, 1.1), (0.35, 0, 1.0), 1.8, 0.86),
    )
    for side, hung in zip((1, -1), chains):
        mirror = np.array([side, 1, 1])
        for k, ((x, z), facing, width, length) in enumerate(locks):
            control = (_tail_line() + spread * [x, abs(x), z]) * mirror
            clump = Clump(width, 0.9, rows=15, root=0.35, taper=0.50, blunt=0.95)
            growth.lay(control, clump, np.array(facing) * mirror, Wave(0.8 * params.wave, 14, 0.6 * k, 0.3, 0.8), (0, length))
        growth.close(lambda positions, hung=hung: only(hung, positions))


def _tail_line():
    return KNOT + [
        (-1.2, 0.2, 0.0), (1.4, 1.4, 0.0), (3.6, -0.6, 0.2), (4.9, -6, 0.5), (5.2, -12, 0.6), (5.4, -18, 0.4), (4.4, -24, 0.2),
    ]  # fmt: skip


def _tuft(growth, hung):
    control = [(-0.4, 12.6, -1.2), (-0.5, 14.8, -1.2), (0.1, 16.6, -0.6), (1.6, 17.5, 0.4), (3.1, 16.9, 1.3), (3.7, 15.6, 1.7)]
    growth.add(control, Clump(0.62, 0.35, rows=11, root=0.35, rise=0.5, taper=0.5, v=(0.3, 0.8)), ease=2)
    growth.close(lambda positions: only(hung, positions))


def _ribbons(growth):
    """Bows at the side tails: two wings, two ends and a knot each."""
    for side in (1, -1):
        facing = np.array([0.55 * side, 0.25, 0.8])
        shapes = (
            ((0.0, 0.2, 1.0), (-0.4, 2.3, 2.0), (0.1, 4.4, 1.4), 1.7, 0.22, 0.90),
            ((0.3, 0.0, 1.0), (2.4, 0.6, 2.1), (4.3, 1.3, 1.5), 1.7, 0.22, 0.90),
            ((0.1, -0.1, 0.9), (-0.2, -2.6, 2.0), (-0.9, -5.2, 2.2), 0.95, 0.35, 0.96),
            ((0.3, -0.1, 0.9), (1.5, -2.2, 1.9), (2.0, -4.8, 2.0), 0.95, 0.35, 0.96),
            ((-0.6, -0.6, 1.6), (0.2, 0.2, 2.1), (0.9, 0.9, 1.6), 0.75, 0.8, 0.6),
        )
        for start, middle, end, width, root, taper in shapes:
            control = (KNOT + BOW + np.array([start, middle, end])) * [side, 1, 1]
            clump = Clump(width, 0.40, rows=7, root=root, rise=0.9, taper=taper, tip=0.7, blunt=0.5)
            growth.lay(control, clump, facing)
    growth.close(lambda positions: rigid(positions, "head"))


def _chains(family):
    spring = {"stiffness": 0.9, "gravity": 0.05, "drag": 0.45, "radius": 2.0}
    chains = {}
    for name, side in (("Left", 1), ("Right", -1)):
        mirror = np.array([side, 1, 1])
        chains["side" + name] = chain(f"hair{name}Side", np.array(SIDE_LOCK) * mirror, 4, **spring)
        chains["tail" + name] = chain(f"hair{name}Tail", _tail_line()[1:6] * mirror, 5, **spring)
        chains["back" + name] = chain(f"hair{name}Back", family(1.2)[5:] * mirror, 4, **spring)
    chains["back"] = chain("hairBack", family(4.0)[5:], 4, **spring)
    tuft = [(-0.4, 13.6, -1.2), (-0.2, 16.0, -0.9), (1.6, 17.5, 0.4), (3.7, 15.6, 1.7)]
    chains["tuft"] = chain("hairTuft", tuft, 3, stiffness=1.6, gravity=0.0, drag=0.35, radius=0.3)
    return chains


def grow(params, growth):
    """(parts, chains) of the style."""
    family = shell(growth.scalp, params.volume)
    chains = _chains(family)
    growth.cap(0.3)
    _long(growth, params, family)
    growth.close(lambda positions: weights([chains["backLeft"], chains["back"], chains["backRight"]], positions))
    _fringe(growth, params)
    growth.close(lambda positions: rigid(positions, "head"))
    _side_locks(growth, params, (chains["sideLeft"], chains["sideRight"]))
    _tails(growth, params, (chains["tailLeft"], chains["tailRight"]))
    _tuft(growth, chains["tuft"])
    hair = growth.part("hair", "hair")
    _ribbons(growth)
    return [hair, growth.part("hairRibbons", "hairRibbon")], list(chains.values())
