"""What grows on one head: clumps are added strand by strand and become one part."""

import numpy as np

from hair.strand import curve, cut, frame, mesh, smooth
from part import Part, merge

TEXTURE_WIDTH = 14.0  # cm of hair that the breadth of the texture shows


class Growth:
    """Collects the clumps of a style."""

    def __init__(self, scalp, seed):
        self.scalp, self.rng, self.pieces = scalp, np.random.default_rng(seed), []

    def add(self, control, clump, wave=None, off=0.25, side=1, ease=24, part=(0.0, 1.0)):
        """A clump along a curve through `control`; side -1 mirrors it, `off` is the least distance to the head in cm,
        `part` what is used of the curve's length."""
        points = smooth(curve(np.asarray(control, float)), ease)
        if part != (0.0, 1.0):
            points = cut(points, *part)
        if wave:
            points = wave.applied(points, self.scalp.outwards(points))
        points = points * [side, 1, 1]
        points = smooth(self.scalp.keep_off(points, off), 4)
        self.flesh(points, clump)

    def flesh(self, points, clump, outwards=None):
        """A clump along a finished curve."""
        outwards = self.scalp.outwards(points) if outwards is None else outwards
        breadth = 2 * clump.width / TEXTURE_WIDTH
        u = self.rng.uniform(0, max(1 - breadth, 0.0))
        self.pieces += mesh(points, outwards, clump, (u, u + breadth))

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


__all__ = ["Growth", "jitter", "frame"]
