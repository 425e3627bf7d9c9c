"""Shapes as triangles: boxes with soft edges, turned vessels, tubes, sheets. Metres, +y up, +z towards the camera."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator


@dataclass
class Part:
    """Triangles: points and normals (n, 3, 3), texture coordinates (n, 3, 2)."""

    points: np.ndarray
    normals: np.ndarray
    uv: np.ndarray

    def moved(self, x=0.0, y=0.0, z=0.0):
        """The part elsewhere."""
        return Part(self.points + np.array([x, y, z]), self.normals, self.uv)

    def turned(self, axis, degrees):
        """The part turned about axis 0, 1 or 2 through the origin."""
        a, b = [(1, 2), (2, 0), (0, 1)][axis]
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        m = np.eye(3)
        m[a, a], m[a, b], m[b, a], m[b, b] = c, -s, s, c
        return Part(self.points @ m.T, self.normals @ m.T, self.uv)

    def scaled(self, x, y=None, z=None):
        """The part stretched along the axes."""
        s = np.array([x, x if y is None else y, x if z is None else z], float)
        normals = self.normals / s
        normals /= np.linalg.norm(normals, axis=2, keepdims=True) + 1e-12
        return Part(self.points * s, normals, self.uv)

    def __add__(self, other):
        return join([self, other])


def join(parts):
    """One part of many."""
    return Part(*(np.concatenate([getattr(p, k) for p in parts]) for k in ("points", "normals", "uv")))


def sheet(points, uv=None, closed=False, normals=None):
    """A smooth surface through a grid of points (rows, columns, 3); `closed` joins the last column to the first."""
    points = np.asarray(points, float)
    rows, columns = points.shape[:2]
    if uv is None:
        across = np.linalg.norm(np.diff(points, axis=1), axis=2).mean(0)
        along = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(1)
        u, v = np.r_[0, np.cumsum(across)], np.r_[0, np.cumsum(along)]
        uv = np.stack(np.broadcast_arrays(u[None, :], v[:, None]), -1)
    if normals is None:
        if closed:
            wide = np.concatenate([points[:, -2:-1], points, points[:, 1:2]], axis=1)
            du = (wide[:, 2:] - wide[:, :-2]) / 2
        else:
            du = np.gradient(points, axis=1)
        normals = np.cross(np.gradient(points, axis=0), du)
    size = np.linalg.norm(normals, axis=2, keepdims=True)
    normals = np.where(size > 1e-12, normals / np.maximum(size, 1e-12), [0.0, 1.0, 0.0])

    def triangles(a):
        p, q, r, s = a[:-1, :-1], a[:-1, 1:], a[1:, 1:], a[1:, :-1]
        both = np.stack([np.stack([p, q, r], 2), np.stack([p, r, s], 2)], 2)
        return both.reshape(-1, 3, a.shape[2])

    return Part(triangles(points), triangles(normals), triangles(np.asarray(uv, float)))


def plane(width, height):
    """An upright rectangle facing +z, its middle at the origin; texture in metres."""
    x, y = np.meshgrid([-width / 2, width / 2], [-height / 2, height / 2])
    points = np.stack([x, y, 0 * x], -1)
    return sheet(
        points, uv=np.stack([x + width / 2, y + height / 2], -1), normals=np.zeros((2, 2, 3)) + [0, 0, 1.0]
    )


def box(width, height, depth, soft=0.006, along=None):
    """A box that stands on the origin, its edges rounded by `soft`. Texture u runs along x, or along axis `along`."""
    half = np.array([width, height, depth]) / 2
    r = min(soft, 0.49 * half.min() * 2)
    parts = []
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        ga = np.array([-half[a], -half[a] + 0.4 * r, -half[a] + r, half[a] - r, half[a] - 0.4 * r, half[a]])
        gb = np.array([-half[b], -half[b] + 0.4 * r, -half[b] + r, half[b] - r, half[b] - 0.4 * r, half[b]])
        for sign in (-1.0, 1.0):
            grid = np.zeros((6, 6, 3))
            grid[..., a], grid[..., b] = ga[None, :], gb[:, None]
            grid[..., axis] = sign * half[axis]
            inner = np.clip(grid, -(half - r), half - r)
            away = grid - inner
            normals = away / np.linalg.norm(away, axis=2, keepdims=True)
            uv = np.stack([grid[..., a] + half[a], grid[..., b] + half[b]], -1)
            wanted = 0 if along is None else along
            if b == wanted or (axis == wanted and b == 0):
                uv = uv[..., ::-1]
            parts.append(sheet(inner + normals * r, uv=uv, normals=normals))
    return join(parts).moved(0, half[1], 0)


def turned_profile(profile, smooth=True, rows=28):
    """Radius and height along a profile [(radius, height), ..], rounded by a spline."""
    p = np.asarray(profile, float)
    if not smooth:
        return p
    t = np.r_[0, np.cumsum(np.linalg.norm(np.diff(p, axis=0), axis=1))]
    fine = np.linspace(0, t[-1], rows)
    return np.stack([np.maximum(PchipInterpolator(t, p[:, 0])(fine), 0), CubicSpline(t, p[:, 1])(fine)], 1)


def lathe(profile, smooth=True, rows=28, sides=40, lobes=0, depth=0.0):
    """A vessel turned about the y axis; `lobes` ripples of relative `depth` run round it."""
    p = turned_profile(profile, smooth, rows)
    if not smooth:
        # each straight piece by itself keeps its edges
        return join([_turn(p[i : i + 2], sides, lobes, depth) for i in range(len(p) - 1)])
    return _turn(p, sides, lobes, depth)


def _turn(p, sides, lobes, depth):
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    ripple = 1 + depth * np.abs(np.sin(lobes * angle / 2)) - depth if lobes else np.ones_like(angle)
    r = p[:, :1] * ripple
    points = np.stack([r * np.sin(angle), np.broadcast_to(p[:, 1:], r.shape), r * np.cos(angle)], -1)
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(p, axis=0), axis=1))]
    uv = np.stack(np.broadcast_arrays((angle * p[:, 0].max())[None, :], along[:, None]), -1)
    return sheet(points, uv=uv, closed=True)


def ball(radius, flat=1.0, sides=32):
    """A ball about the origin, `flat` times as high as wide."""
    a = np.linspace(-np.pi / 2, np.pi / 2, 20)
    return _turn(np.stack([radius * np.cos(a), radius * flat * np.sin(a)], 1), sides, 0, 0)


def rod(radius, height, sides=24, soft=0.0):
    """An upright cylinder on the origin with closed ends."""
    s = min(soft, radius * 0.9, height * 0.45)
    profile = [(0, 0), (radius - s, 0), (radius, s), (radius, height - s), (radius - s, height), (0, height)]
    return lathe(
        profile if s else [profile[0], profile[2], profile[3], profile[5]], smooth=False, sides=sides
    )


def tube(path, radius, sides=12):
    """A round tube along points (n, 3); `radius` is one number or one for each point."""
    path = np.asarray(path, float)
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along[0], [0.0, 1.0, 0.01])
    rings = []
    for tangent in along:
        side = side - tangent * (side @ tangent)
        side = side / np.linalg.norm(side)
        rings.append((side, np.cross(tangent, side)))
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    first, second = np.array([r[0] for r in rings]), np.array([r[1] for r in rings])
    out = np.cos(angle)[None, :, None] * first[:, None] + np.sin(angle)[None, :, None] * second[:, None]
    width = np.broadcast_to(np.asarray(radius, float), len(path))[:, None, None]
    return sheet(path[:, None] + out * width, closed=True, normals=out)


def curve(points, count=24):
    """A smooth path of `count` points through a few."""
    points = np.asarray(points, float)
    t = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    return CubicSpline(t, points)(np.linspace(0, t[-1], count))


def leaf(length, width, droop=0.5, fold=0.25, blunt=0.8):
    """A leaf from the origin along +z that bends down; `fold` lifts its sides."""
    t = np.linspace(0, 1, 9)
    bend = droop * t
    steps = length / 8 * np.stack([0 * t, np.cos(bend * 1.2) * 0 - np.sin(bend), np.cos(bend)], 1)
    spine = np.cumsum(steps, axis=0) - steps[0]
    half = width / 2 * np.sin(np.pi * np.clip(t, 0.03, 0.995) ** blunt)
    s = np.linspace(-1, 1, 5)
    points = spine[:, None] + np.stack(
        [half[:, None] * s, fold * half[:, None] * np.abs(s), np.zeros((9, 5))], -1
    )
    return sheet(points, uv=np.stack(np.broadcast_arrays(s[None, :] * 0.5 + 0.5, t[:, None]), -1))


def ring_wall(width, height, hole, centre, segments=72, thick=0.12):
    """A wall facing +z (lower edge at y = 0, middle at x = 0) with a round hole of radius `hole` at `centre`."""
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    # corners are among the directions, so that the outline is exact
    cx, cy = centre
    corners = [np.arctan2(y - cy, x - cx) for x in (-width / 2, width / 2) for y in (0, height)]
    angle = np.unique(np.r_[angle, np.mod(corners, 2 * np.pi)])
    c, s = np.cos(angle), np.sin(angle)
    with np.errstate(divide="ignore"):
        right = np.where(c > 0, (width / 2 - cx) / c, np.where(c < 0, (-width / 2 - cx) / c, np.inf))
        up = np.where(s > 0, (height - cy) / s, np.where(s < 0, -cy / s, np.inf))
    reach = np.minimum(np.abs(right), np.abs(up))
    inner = np.stack([cx + hole * c, cy + hole * s, 0 * c], -1)
    outer = np.stack([cx + reach * c, cy + reach * s, 0 * c], -1)
    face = np.stack([inner, outer])
    front = sheet(face, uv=face[..., :2], normals=np.zeros(face.shape) + [0, 0, 1.0])
    rim = np.stack([inner, inner - [0, 0, thick]])
    return front + sheet(rim, normals=np.broadcast_to(np.stack([-c, -s, 0 * c], -1), rim.shape))
