"""What grows on one head: clumps are added strand by strand and become one part."""

import numpy as np

from fields import bell, smoothstep
from hair.scalp import CENTRE
from hair.strand import curve, cut, mesh, smooth
from part import Part, merge

TEXTURE_WIDTH = 24.0  # cm of hair that the breadth of the texture shows
RING, RING_JITTER = 44.0, 3.0  # degrees over the middle of the head at which light lies round the crown
PLAIN = 0.52  # shade of hair away from it


class Growth:
    """Collects the clumps of a style."""

    def __init__(self, scalp, seed):
        self.scalp, self.rng, self.pieces = scalp, np.random.default_rng(seed), []

    def add(self, control, clump, wave=None, off=0.25, lift=0.0, side=1, ease=24, part=(0.0, 1.0)):
        """A clump along a curve through `control`; side -1 mirrors it, `off` is the least distance to the head in cm, `lift`
        moves it outwards, `part` is what is used of the curve's length."""
        points = smooth(curve(np.asarray(control, float)), ease)
        crest = None
        if part != (0.0, 1.0):
            points = cut(points, *part)
        if wave:
            points, crest = wave.applied(points, self.scalp.outwards(points))
        points = points * [side, 1, 1]
        points = points + self.scalp.outwards(points) * (lift * smoothstep(0.12, 0.45, np.linspace(0, 1, len(points))))[:, None]
        points = smooth(self.scalp.keep_off(points, off), 12)
        self.flesh(points, clump, crest)

    def flesh(self, points, clump, crest=None, outwards=None):
        """A clump along a finished curve."""
        outwards = self.scalp.outwards(points) if outwards is None else outwards
        breadth = 2 * clump.width / TEXTURE_WIDTH
        u = self.rng.uniform(0, max(1 - breadth, 0.0))
        pieces = mesh(points, outwards, clump, (u, u + breadth), crest)
        ring = self.rng.normal(0, RING_JITTER)
        self.pieces += [(p, f, uv, shade * self._ring(p, ring)) for p, f, uv, shade in pieces]

    def _ring(self, positions, shift):
        """Light that lies round the crown, uneven from strand to strand."""
        away = positions - CENTRE
        elevation = np.degrees(np.arcsin(away[:, 1] / np.linalg.norm(away, axis=1)))
        return PLAIN + (1 - PLAIN) * bell(elevation, RING + shift, 13.0) + 0.14 * smoothstep(-4, -16, positions[:, 1])

    def cap(self, lift):
        """The cap of short hair under everything."""
        self.pieces.append(self.scalp.cap(lift, self.rng))

    def part(self, name, material, weights):
        """Everything added so far as one part; `weights` is a function of positions."""
        positions, faces, uv, shade = merge(self.pieces)
        self.pieces = []
        return Part(name, material, positions, faces, weights(positions), uv, shade)


def jitter(rng, size):
    """A number around 0."""
    return float(np.clip(rng.normal(0, size), -2 * size, 2 * size))
