"""A bob to the jaw: the parting, the fringe and the head of the long style, ends that turn in to the neck."""

import numpy as np

from hair import long_waves
from hair.growth import jitter
from hair.springs import chain, weights
from hair.strand import Clump

HEAD = 7  # control points of the long guides that a bob follows, down to the chin
SPRING = {"stiffness": 1.6, "gravity": 0.03, "drag": 0.5, "radius": 0.6}


def turned_in(control, inwards):
    """A guide of the long style down to the chin, and from there in to the neck by a share of its distance."""
    x, _, z = control[HEAD - 1]
    lower = [(x * (1 - 0.35 * inwards), -10.2, z * (1 - 0.2 * inwards)), (x * (1 - inwards), -12.4, z * (1 - 0.7 * inwards))]
    return np.concatenate([control[:HEAD], lower])


def _side(growth, side, front, back, params):
    rng, more = growth.rng, params.length
    for place in (0.8, 1.6, 2.4, 3.2, 4.0):
        clump = Clump(2.3, 0.3, rows=8, taper=0.9, tip=0.7, tone=0.9, v=(0.1, 0.9), sides="inner")
        growth.add(turned_in(back(place), 0.30) * [0.94, 1, 0.96], clump, side=side, part=(0.15, 0.96), more=more)
    for k, place in enumerate(np.linspace(0, 4, 9)[: 9 if side > 0 else 8]):
        clump = Clump(rng.uniform(1.8, 2.2), 0.42, rows=15, root=0.8, taper=0.82, tip=0.4, tone=1 + jitter(rng, 0.04))
        growth.add(turned_in(back(place), 0.26), clump, side=side, part=(0, 0.97 + 0.03 * (k % 2)), lift=0.25 * (k % 2), more=more)
    for k, place in enumerate((0.0, 0.5, 1.0, 1.5, 2.0)):
        clump = Clump(rng.uniform(1.5, 1.9), 0.45, rows=17, root=0.8, taper=0.78, tip=0.3, blunt=0.8, tone=1 + jitter(rng, 0.04), roll=side * 10)
        growth.add(turned_in(front(place), 0.22), clump, side=side, part=(0, 0.97 + 0.03 * (k % 2)), lift=0.25 * (k % 2), more=more)


def grow(params, growth):
    """(parts, chains) of the style."""
    growth.cap(0.25)
    chains = []
    for name, side in (("Left", 1), ("Right", -1)):
        front, back, fringe = long_waves.guides(growth.scalp, params.volume, side, params.part_side, False)
        _side(growth, side, front, back, params)
        long_waves.bangs(growth, side, fringe, params.fringe)
        mirror = np.array([side, 1, 1])
        chains.append(chain(f"hair{name}Front", turned_in(front(1.0), 0.22)[4:] * mirror, 3, **SPRING))
        chains.append(chain(f"hair{name}Back", turned_in(back(1.0), 0.26)[4:] * mirror, 3, **SPRING))
    chains.append(chain("hairBack", turned_in(back(4.0), 0.26)[4:], 3, **SPRING))
    long_waves.airy_fringe(growth, long_waves.PART_X * params.part_side, params.fringe)
    growth.close(lambda positions: weights(chains, positions))
    return [growth.part("hair", "hair")], chains
