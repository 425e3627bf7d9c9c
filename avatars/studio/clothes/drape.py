"""How cloth lies over a body: the dressed torso, the armhole, the sleeve, and drawing on the front."""

import numpy as np
from body.form import LAST_ROW
from fields import bell, normalise, quad_grid, triangles
from raster import draw
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

QUARTER = np.pi / 2


class Dressed:
    """The torso as cloth sees it: hollows between forms are bridged; `ease(phi, row)` cm of room are added."""

    def __init__(self, form, ease):
        self.form, self.ease = form, ease
        phi, row = np.meshgrid(np.linspace(-np.pi, np.pi, 145), np.linspace(0, LAST_ROW, 90), indexing="ij")
        bare = form.torso(phi, row)
        centre = np.array([0, 0, -2.0])
        x, z = bare[..., 0], bare[..., 2] - centre[2]
        radius, angle = np.hypot(x, z), np.arctan2(x, z)
        turn = np.linspace(-np.pi, np.pi, 181)
        support = (x[..., None] * np.sin(turn) + z[..., None] * np.cos(turn)).max(0)  # (row, turn)
        away = np.cos(angle[..., None] - turn)
        reach = np.where(away > 0.1, support[None] / np.maximum(away, 0.1), np.inf).min(-1)
        grow = np.maximum(reach / radius, 1.0)
        self._grow = RegularGridInterpolator((phi[:, 0], row[0]), grow, bounds_error=False, fill_value=None)

    def _base(self, phi, row):
        point = self.form.torso(phi, row)
        wrapped = (phi + np.pi) % (2 * np.pi) - np.pi
        grow = self._grow(np.stack([wrapped, np.clip(row, 0, LAST_ROW)], -1)).reshape(np.shape(phi))
        point[..., 0] *= grow
        point[..., 2] = -2.0 + (point[..., 2] + 2.0) * grow
        return point

    def __call__(self, phi, row, extra=0.0):
        """Points of the cloth, `extra` cm further out."""
        phi, row, extra = np.broadcast_arrays(np.asarray(phi, float), np.asarray(row, float), extra)
        point, step = self._base(phi, row), 2e-2
        normal = normalise(np.cross(self._base(phi, row + step) - point, self._base(phi + step, row) - point))
        return point + normal * (self.ease(phi, row) + extra)[..., None]

    def phi_of(self, row, x, half=1):
        """The angle at which the front of station `row` has the coordinate `x` (arrays alike)."""
        row, x = np.broadcast_arrays(np.asarray(row, float), np.asarray(x, float))
        phi = np.linspace(-QUARTER, QUARTER, 181)
        points = self(phi[None], row.reshape(-1, 1))[..., 0]
        return np.array([np.interp(v, p, phi) for v, p in zip(x.ravel(), points)]).reshape(row.shape)

    def phi_on_line(self, row, top, bottom):
        """The angle at which the front of station `row` meets the line from `top` to `bottom` (x, y) in front view."""
        phi = np.linspace(-QUARTER, QUARTER, 361)
        points = self(phi[None], np.asarray(row, float)[:, None])
        line = top[0] + (bottom[0] - top[0]) * (points[..., 1] - top[1]) / (bottom[1] - top[1])
        beyond = points[..., 0] - line
        return np.array([np.interp(0.0, b, phi) if (np.diff(b) > 0).all() else phi[np.abs(b).argmin()] for b in beyond])

    def row_of(self, phi, y):
        """The station at which the column `phi` is at the height `y`."""
        rows = np.linspace(0, LAST_ROW, 400)
        phi, y = np.broadcast_arrays(np.asarray(phi, float), np.asarray(y, float))
        heights = self(phi.reshape(-1, 1), rows[None])[..., 1]
        return np.array([np.interp(-v, -np.minimum.accumulate(h), rows) for v, h in zip(y.ravel(), heights)]).reshape(
            y.shape
        )


class Armhole:
    """An egg-shaped opening at the side: `top` and `bottom` are stations, `front` and `back` half widths as angles."""

    def __init__(self, dressed, top, bottom, front=0.62, back=0.62, pad=0.0):
        self.dressed, self.top, self.bottom, self.front, self.back, self.pad = dressed, top, bottom, front, back, pad

    def side(self, row, front):
        """Angle at which a panel ends at the side: the side seam, the armhole, the shoulder seam."""
        share = np.clip((np.asarray(row, float) - self.top) / (self.bottom - self.top), 0, 1)
        width = (self.front if front else -self.back) * np.sqrt(4 * share * (1 - share))
        return QUARTER - width

    def ring(self, alpha):
        """Points of the edge; alpha 0 is the top, +pi/2 the front (the host's left side)."""
        row = self.top + (self.bottom - self.top) * (1 - np.cos(alpha)) / 2
        phi = QUARTER - np.where(np.sin(alpha) > 0, self.front, self.back) * np.sin(alpha)
        return self.dressed(phi, row)

    def rows(self, count):
        """Stations between its ends that follow its curve."""
        return self.top + (self.bottom - self.top) * (1 - np.cos(np.linspace(0, np.pi, count))) / 2


def clear_of_arm(form, side, points, room):
    """`points` at least `room` cm outside of the arm."""
    t = np.linspace(-0.15, 2.0, 120)
    axis, _, front, outer = form.arm_axis(side, t)
    near = np.linalg.norm(points[:, None] - axis, axis=2).argmin(1)
    breadth, depth = form.arm_radius(t[near])
    away = points - axis[near]
    a, b = (away * outer[near]).sum(1), (away * front[near]).sum(1)
    reach = np.hypot(a / (breadth + room), b / (depth + room))
    grow = np.where((reach < 1) & (near > 0), 1 / np.maximum(reach, 0.2), 1.0) - 1
    return points + grow[:, None] * (a[:, None] * outer[near] + b[:, None] * front[near])


def sleeve(form, armhole, end, room, columns=18, joined=0.46, cap=0.35, rows=(7, 17), folds=1.0, slack=None):
    """Grid (rows, columns + 1, 3) of the left sleeve from the armhole to `end` (t of the arm, 2 is the wrist).

    `room(t)` is the width that it has over the arm in cm; `cap` the height of the sleeve head over the seam. Columns start
    under the arm and run over the back to the outside and to the front.
    """
    alpha = -np.pi + 2 * np.pi * np.linspace(0, 1, columns + 1)
    start = armhole.ring(alpha)
    top = np.clip((1 + np.cos(alpha)) / 2, 0, 1)
    finish = form.arm(1, joined, alpha, room(np.array(joined)))
    _, down, _, _ = form.arm_axis(1, np.array(joined))
    slope = normalise(armhole.dressed(QUARTER, armhole.top) - armhole.dressed(QUARTER, armhole.top - 0.5))
    slope = normalise(slope + [0.1, -0.40 + 0.5 * cap, 0])
    share = top[:, None] ** 0.7
    out = normalise(slope[None] * share + down[None] * (1 - share))
    length = np.linalg.norm(finish - start, axis=1, keepdims=True)
    tangent0, tangent1 = out * length * (0.50 + 0.12 * top[:, None]), down[None] * length * (0.9 + 0.35 * top[:, None])
    s = np.linspace(0, 1, rows[0])[:, None, None] ** 1.15
    upper = (
        (2 * s**3 - 3 * s**2 + 1) * start
        + (s**3 - 2 * s**2 + s) * tangent0
        + (3 * s**2 - 2 * s**3) * finish
        + (s**3 - s**2) * tangent1
    )
    flat = upper[1:].reshape(-1, 3)
    upper[1:] = clear_of_arm(form, 1, flat, 0.35).reshape(upper[1:].shape)
    t = np.unique(np.r_[np.linspace(joined, end, rows[1] - 4), 0.86, 0.94, 1.02, 1.10])
    t = t[t <= end]
    t2, a2 = np.meshgrid(t, alpha, indexing="ij")
    width = room(t2) + folds * sleeve_folds(t2, a2)
    lower = form.arm(1, t2, a2, width)
    if slack is not None:
        lower = lower + slack(t2, a2)
    return np.concatenate([upper[:-1], lower]), np.r_[np.linspace(0, joined, rows[0])[:-1], t], alpha


def sleeve_folds(t, alpha):
    """Height in cm of the folds that a sleeve has at the bent elbow and under the shoulder."""
    inner = np.clip(np.sin(alpha + 0.25), 0, 1)  # the crook of the arm is in front
    outer = np.clip(-np.sin(alpha + 0.25), 0, 1)
    crook = np.cos((t - 1.0) * 24 + 1.4 * np.cos(alpha)) * bell(t, 1.0, 0.20) * inner**0.7
    hang = np.cos((t - 0.62) * 15 - 1.6 * alpha) * bell(t, 0.62, 0.2) * (0.3 + 0.7 * np.abs(np.sin(alpha)))
    fore = np.cos((t - 1.45) * 13 + 2.0 * alpha) * bell(t, 1.5, 0.25)
    return 0.42 * crook + 0.17 * hang + 0.15 * fore + 0.25 * outer * bell(t, 0.98, 0.14)


class Above:
    """Keeps points outside of a dressed torso."""

    def __init__(self, dressed, rows=(0.0, LAST_ROW)):
        phi, row = np.meshgrid(np.linspace(-np.pi, np.pi, 241)[:-1], np.linspace(*rows, 200))
        points = dressed(phi, row)
        self._normals = grid_normals(points).reshape(-1, 3)
        self._points = points.reshape(-1, 3)
        self._tree = cKDTree(self._points)

    def __call__(self, points, margin):
        """`points`, at least `margin` cm outside."""
        flat = np.asarray(points, float).reshape(-1, 3)
        _, near = self._tree.query(flat, k=4)
        normal = normalise(self._normals[near].mean(1))
        depth = ((flat[:, None] - self._points[near]) * normal[:, None]).sum(2).mean(1)
        lack = np.maximum(np.broadcast_to(margin, np.shape(points)[:-1]).reshape(-1) - depth, 0)
        return (flat + lack[:, None] * normal).reshape(np.shape(points))


class Front:
    """The front of dressed points as a height z over (x, y): where lapels, plackets, buttons and frogs are drawn."""

    STEP, WIDE, HIGH, LOW = 0.3, 18.0, -12.0, -72.0  # cm

    def __init__(self, dressed, extra=0.0):
        phi, row = np.meshgrid(np.linspace(-1.55, 1.55, 121), np.linspace(0.0, LAST_ROW, 140))
        points = dressed(phi, row, extra(phi, row) if callable(extra) else extra).reshape(-1, 3)
        flat = np.stack(
            [(points[:, 0] + self.WIDE) / self.STEP + 0.5, (self.HIGH - points[:, 1]) / self.STEP + 0.5, -points[:, 2]],
            -1,
        )
        size = round(2 * self.WIDE / self.STEP) + 1, round((self.HIGH - self.LOW) / self.STEP) + 1
        depth, _, _ = draw(flat, triangles(quad_grid(*phi.shape)).astype(np.int64), np.zeros((len(flat), 1)), *size)
        self._heights = np.where(depth < 1e8, -depth, -2.0)

    def _z(self, x, y):
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        place = [(self.HIGH - y.ravel()) / self.STEP, (x.ravel() + self.WIDE) / self.STEP]
        return map_coordinates(self._heights, place, order=1, mode="nearest").reshape(x.shape)

    def normal(self, x, y):
        """Unit normals at (x, y)."""
        step = 0.35
        dx = (self._z(x + step, y) - self._z(x - step, y)) / (2 * step)
        dy = (self._z(x, y + step) - self._z(x, y - step)) / (2 * step)
        return normalise(np.stack([-dx, -dy, np.ones_like(dx)], -1))

    def __call__(self, x, y, lift=0.0):
        """Points over (x, y), `lift` cm along the normal."""
        x, y, lift = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float), lift)
        flat = np.stack([x, y, self._z(x, y)], -1)
        return flat + self.normal(x, y) * lift[..., None]


def turned(grid, depth, shrink, flip=False):
    """`grid` with a turned-in edge below its last row: a row `shrink` cm inside and one `depth` cm back up, for thickness."""
    normal = grid_normals(grid, flip)
    last, back = grid[-1], normalise(grid[-2] - grid[-1])
    fold = last - normal[-1] * shrink
    inner = fold + back * depth - normal[-1] * 0.05
    return np.concatenate([grid, fold[None], inner[None]])


def grid_normals(grid, flip=False):
    """Unit normals of a grid whose rows run down and whose columns run to the right."""
    down, right = np.gradient(grid, axis=0), np.gradient(grid, axis=1)
    normal = normalise(np.cross(down, right))
    return -normal if flip else normal


def spread(count, edge=0.0):
    """`count` shares from 0 to 1; `edge` adds one close to each end."""
    s = np.linspace(0, 1, count)
    return np.unique(np.r_[s, edge, 1 - edge]) if edge else s
