"""Strands: guide curves, what lies between them, waves, and the clumps of hair along them."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from fields import normalise, quad_grid, smoothstep

CREST = 0.24  # how much brighter the crest of a wave is
DENSE = 96  # points of a curve before rows are chosen
BEND_COST = 9.0  # cm of length that one radian of bend counts for when rows are spread


class Family:
    """Guide curves side by side, each with the same number of control points; strands lie between them."""

    def __init__(self, guides):
        guides = np.asarray(guides, float)
        self._between = PchipInterpolator(np.arange(len(guides)), guides)
        self.last = len(guides) - 1

    def __call__(self, place):
        """Control points at `place`, 0 the first guide .. `last`."""
        return self._between(np.clip(place, 0, self.last))


def curve(control, count=DENSE):
    """`count` points evenly along a smooth curve through the control points."""
    control = np.asarray(control, float)
    chord = np.sqrt(np.linalg.norm(np.diff(control, axis=0), axis=1))  # centripetal: no loops
    fine = CubicSpline(np.r_[0, np.cumsum(chord)], control)(np.linspace(0, chord.sum(), 4 * count))
    return even(fine, count)


def even(points, count):
    """`count` points evenly along a polyline."""
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    at = np.linspace(0, length[-1], count)
    return np.stack([np.interp(at, length, column) for column in points.T], -1)


def cut(points, start, end):
    """The part of a curve between two shares of its length."""
    whole = np.linspace(0, 1, len(points))
    return np.stack([np.interp(np.linspace(start, end, len(points)), whole, column) for column in points.T], -1)


def longer(points, cm):
    """A curve that goes on for `cm` more in its last direction, or ends that much earlier below 0."""
    length = np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
    if cm <= 0:
        return cut(points, 0, max(1 + cm / length, 0.1))
    return even(np.r_[points, [points[-1] + normalise(points[-1] - points[-6]) * cm]], len(points))


def smooth(points, rounds):
    """A curve without its small bends; the ends stay."""
    points = points.copy()
    for _ in range(rounds):
        points[1:-1] = 0.25 * points[:-2] + 0.5 * points[1:-1] + 0.25 * points[2:]
    return points


def frame(points, outwards):
    """Tangents, directions across, and normals of a curve; `outwards` says which side is seen."""
    tangent = normalise(np.gradient(points, axis=0))
    across = normalise(np.cross(tangent, outwards))
    return tangent, across, normalise(np.cross(across, tangent))


@dataclass
class Wave:
    """A wave that grows from the root to the tip: amplitude and length in cm, phase in radians."""

    size: float
    length: float = 10.0
    phase: float = 0.0
    start: float = 0.35  # share of the strand where it begins
    full: float = 0.8  # and where it has its whole size
    depth: float = 0.6  # share of the amplitude that goes in and out

    def applied(self, points, outwards):
        """The curve with the wave on it, and how far it swings outwards, -1..1."""
        _, across, normal = frame(points, outwards)
        t = np.linspace(0, 1, len(points))
        along = t * np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
        grown = self.size * smoothstep(self.start, self.full, t)
        angle = 2 * np.pi * along / self.length + self.phase
        move = across * np.sin(angle)[:, None] + normal * (self.depth * np.cos(angle))[:, None]
        return points + move * grown[:, None], np.cos(angle) * smoothstep(self.start, self.full, t)


@dataclass
class Clump:
    """How a strand is fleshed out. Lengths in cm; shares of its length where 0..1."""

    width: float  # half of the breadth
    height: float  # how far it arches
    rows: int = 12
    root: float = 0.6  # share of the width at the root
    rise: float = 0.28  # where it has its whole width
    taper: float = 0.5  # where it begins to narrow
    blunt: float = 0.7  # 1: a straight point, below: rounder
    tip: float = 0.0  # share of the width at the very end
    roll: float = 0.0  # degrees that it turns about itself towards the tip
    sides: str = "both"  # which are seen: both, outer or inner
    tone: float = 1.0  # shade of the whole
    back: float = 0.45  # shade of the inner side
    edge: float = 0.90  # shade of the edges
    v: tuple = (0.0, 1.0)  # texture coordinate at root and tip
    v_at: tuple | None = None  # or shares of the length, and texture coordinates there

    def widths(self, t):
        """Share of the width along the strand."""
        body = self.root + (1 - self.root) * smoothstep(0, self.rise, t)
        end = np.clip((t - self.taper) / (1 - self.taper), 0, 1)
        return body * (self.tip + (1 - self.tip) * np.maximum(1 - end**2.0, 0) ** self.blunt)


def _rows(points, count):
    """Indices into a dense curve: more rows where it bends."""
    step = np.linalg.norm(np.diff(points, axis=0), axis=1)
    direction = normalise(np.diff(points, axis=0))
    turn = np.arccos(np.clip((direction[1:] * direction[:-1]).sum(1), -1, 1))
    cost = np.r_[0, np.cumsum(step + BEND_COST * np.r_[0, turn])]
    places = np.interp(np.linspace(0, cost[-1], count - 1), cost, np.arange(len(points)))
    return np.r_[places[:-1], 0.5 * (places[-2] + places[-1]) if count > 4 else places[-2:-1], places[-1]][:count]


def mesh(points, outwards, clump, u, crest=None, inner_u=None):
    """Pieces (positions, faces, uv, shade) of a clump along a dense curve; `u` is its place in the texture, from and to,
    `crest` the shade along it, -1..1, `inner_u` the place of the inner side."""
    tangent, across, normal = frame(points, outwards)
    turn = np.radians(clump.roll) * np.linspace(0, 1, len(points)) ** 1.5
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    across, normal = across * cos + normal * sin, normal * cos - across * sin
    place = _rows(points, clump.rows)
    index = np.arange(len(points))

    def at(columns):
        return np.stack([np.interp(place, index, column) for column in columns.T], -1)

    points, across, normal = at(points), at(across), at(normal)
    t = place / index[-1]
    share = clump.widths(t)
    width = np.maximum(clump.width * share, 0.015)
    height = clump.height * share**0.8
    # Edges without an inner side sink into what lies below, so that nobody looks under them.
    sunk = -1.1 if clump.sides == "outer" else -0.30
    side, lift = np.array([-1.0, -0.42, 0.42, 1.0]), np.array([sunk, 0.70, 0.70, sunk])
    edge = np.array([clump.edge, 1.0, 1.0, clump.edge])
    ring = across[:, None] * (width[:, None] * side)[..., None] + normal[:, None] * (height[:, None] * lift)[..., None]
    positions = points[:, None] + ring
    v = np.interp(t, *(clump.v_at or ([0, 1], clump.v)))
    across_u = u[0] + (u[1] - u[0]) * (side + 1) / 2
    uv = np.stack(np.broadcast_arrays(across_u[None], v[:, None]), -1)
    tone = clump.tone * (1 + CREST * np.interp(place, index, crest)) if crest is not None else np.full(len(place), clump.tone)
    shade = tone[:, None] * edge
    rows, columns = len(place), len(side)
    faces = quad_grid(rows, columns, flip=True)
    outer = (positions.reshape(-1, 3), faces, uv.reshape(-1, 2), shade.reshape(-1))
    # The inner side is one dark quad between the edges in each row, with vertices of its own.
    ends, dark = positions[:, [3, 0]].reshape(-1, 3), np.full(2 * rows, clump.back * clump.tone)
    ends_uv = uv[:, [3, 0]].reshape(-1, 2)
    if inner_u is not None:
        ends_uv[:, 0] = inner_u
    inner = (ends, quad_grid(rows, 2, flip=True), ends_uv, dark)
    return {"both": [outer, inner], "outer": [outer], "inner": [inner]}[clump.sides]
