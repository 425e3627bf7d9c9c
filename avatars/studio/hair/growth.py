"""What grows on one head: clumps are added strand by strand and become one part."""

import numpy as np

from fields import bell, smoothstep
from hair.scalp import CENTRE, CLOTHES
from hair.strand import curve, cut, longer, mesh, smooth
from part import Part, merge

TEXTURE_WIDTH, DRAWN_WIDTH = 24.0, 16.0  # cm of hair that the breadth of the picture shows
# In the picture: how much of it are strands, where the inner side lies in drawn ones, v of the ring of light.
STRANDS, INNER, RING_V = 0.92, 0.97, 0.22
RING, RING_JITTER = 44.0, 3.0  # degrees over the middle of the head at which light lies round the crown
PLAIN = 0.52  # shade of hair away from it


class Growth:
    """Collects the clumps of a style."""

    def __init__(self, scalp, seed, drawn=False):
        self.scalp, self.rng, self.drawn = scalp, np.random.default_rng(seed), drawn
        self.pieces, self.groups = [], []

    def add(self, control, clump, wave=None, off=0.25, lift=0.0, side=1, ease=24, part=(0.0, 1.0), more=0.0):
        """A clump along a curve through `control`; side -1 mirrors it, `off` is the least distance to the head in cm, `lift`
        moves it outwards, `part` is what is used of the curve's length, and `more` how many cm longer it is."""
        points = smooth(curve(np.asarray(control, float)), ease)
        points = longer(points, more) if more else points
        crest = None
        if part != (0.0, 1.0):
            points = cut(points, *part)
        if wave:
            points, crest = wave.applied(points, self.scalp.outwards(points))
        points = points * [side, 1, 1]
        points = points + self.scalp.outwards(points) * (lift * (0.35 + 0.65 * smoothstep(0.12, 0.45, np.linspace(0, 1, len(points)))))[:, None]
        points = smooth(self.scalp.keep_off(points, off), 12)
        self.flesh(points, clump, crest)

    def lay(self, control, clump, facing, wave=None, part=(0.0, 1.0)):
        """A clump along a curve, off the head, that faces one way: a lock of a tail, a ribbon."""
        points = cut(curve(np.asarray(control, float)), *part)
        outwards = np.broadcast_to(np.asarray(facing, float), points.shape)
        if wave:
            points, _ = wave.applied(points, outwards)
        self.flesh(points, clump, outwards=outwards)

    def flesh(self, points, clump, crest=None, outwards=None):
        """A clump along a finished curve."""
        outwards = self.scalp.outwards(points) if outwards is None else outwards
        clump.v_at = self._v_at(points, clump)
        breadth = 2 * clump.width / (DRAWN_WIDTH if self.drawn else TEXTURE_WIDTH)
        u = self.rng.uniform(0, max(STRANDS - breadth, 0.0))
        pieces = mesh(points, outwards, clump, (u, u + breadth), crest, INNER if self.drawn else None)
        ring = self.rng.normal(0, RING_JITTER)
        for positions, faces, uv, shade in pieces:
            positions = self.scalp.off_body(positions, 0.8 * CLOTHES)
            self.pieces.append((positions, faces, uv, shade * self._ring(positions, ring)))

    def _v_at(self, points, clump):
        """Where the picture's ring of light lies on a strand: shares of its length, and v there."""
        away = points - CENTRE
        elevation = np.degrees(np.arcsin(away[:, 1] / np.linalg.norm(away, axis=1)))
        below = np.flatnonzero(elevation < RING)
        if clump.v[0] > 0:
            return None
        if not len(below) or below[0] < 3:  # not under it
            return [0.0, 1.0], [RING_V + 0.16, clump.v[1]]
        return [0.0, below[0] / (len(points) - 1), 1.0], [0.0, RING_V, clump.v[1]]

    def _ring(self, positions, shift):
        """Light that lies round the crown, uneven from strand to strand."""
        away = positions - CENTRE
        elevation = np.degrees(np.arcsin(away[:, 1] / np.linalg.norm(away, axis=1)))
        return PLAIN + (1 - PLAIN) * bell(elevation, RING + shift, 13.0) + 0.16 * smoothstep(-4, -16, positions[:, 1])

    def cap(self, lift, sideburn=0.0):
        """The cap of short hair under everything; `sideburn` is how many cm above the painted hair it ends before the ears."""
        positions, faces, uv, shade = self.scalp.cap(lift, self.rng, sideburn)
        self.pieces.append((positions, faces, uv, shade * self._ring(positions, 0.0)))

    def close(self, weights):
        """Ends a group of clumps that hang alike; `weights` gives bones and weights of positions."""
        pieces = merge(self.pieces)
        self.groups.append((*pieces, dict(weights(pieces[0]))))
        self.pieces = []

    def part(self, name, material):
        """All closed groups as one part."""
        *mesh, _ = zip(*self.groups)
        positions, faces, uv, shade = merge(list(zip(*mesh)))
        table = {}
        start = 0
        for group in self.groups:
            for bone, weight in group[4].items():
                table.setdefault(bone, np.zeros(len(positions)))[start : start + len(weight)] = weight
            start += len(group[0])
        self.groups = []
        return Part(name, material, positions, faces, list(table.items()), uv, shade)


def jitter(rng, size):
    """A number around 0."""
    return float(np.clip(rng.normal(0, size), -2 * size, 2 * size))
