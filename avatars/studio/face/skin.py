"""The skin mesh: a quad grid over the loft with ring-shaped patches for mouth and eyes.

The grid is cut open in three rectangles. Each hole is filled with concentric
quad rings from the border of the rectangle to a contour: the line where the lips
touch, or the margin of the lids. So lips and lids have real edge loops.
"""

from dataclasses import dataclass, field

import numpy as np

from face.head import LAST_ROW, uv_of
from fields import bell, quad_grid, smooth_max, smoothstep

FRONT_COLUMNS, BACK_COLUMNS = 42, 12
# Distance of neighbouring rows in cm, at station numbers.
ROW_SPACING = ([0, 3, 4.6, 5, 12.6, 14, LAST_ROW], [1.8, 1.4, 0.8, 0.34, 0.34, 0.8, 1.8])
MOUTH_SKIN_RINGS, LIP_RINGS, EYE_RINGS = 6, 6, 8

PATCH_MOUTH, PATCH_LEFT_EYE, PATCH_RIGHT_EYE = 1, 2, 3


@dataclass
class Loop:
    """One patch: its rings of vertex indices, outermost first, upper half first."""

    rings: list
    is_upper: np.ndarray
    upper_count: int

    def halves(self, ring):
        """Indices of the upper and of the lower half, both in the same direction."""
        n = self.upper_count
        return ring[: n + 1], np.r_[ring[n:], ring[:1]][::-1]


@dataclass
class SkinMesh:
    """Vertices of the skin with what morphs and painter need to know of each."""

    positions: np.ndarray
    faces: np.ndarray
    phi: np.ndarray
    row: np.ndarray
    uv: np.ndarray
    patch: np.ndarray  # 0 grid, else PATCH_*
    ring: np.ndarray  # 0..1 towards the contour; 1..2 on the vermilion of the lips
    is_upper: np.ndarray
    loops: dict = field(default_factory=dict)


class _Builder:
    def __init__(self):
        self.positions, self.phi, self.row = [], [], []
        self.patch, self.ring, self.is_upper, self.faces = [], [], [], []
        self.count = 0

    def add(self, positions, phi, row, patch=0, ring=0.0, is_upper=None):
        n = len(positions)
        self.positions.append(positions)
        self.phi.append(phi)
        self.row.append(row)
        self.patch.append(np.full(n, patch))
        self.ring.append(np.full(n, float(ring)))
        self.is_upper.append(np.zeros(n) if is_upper is None else is_upper)
        ids = np.arange(self.count, self.count + n)
        self.count += n
        return ids

    def bridge(self, outer, inner):
        """Quads between two closed rings of the same length."""
        self.faces.append(np.stack([outer, inner, np.roll(inner, -1), np.roll(outer, -1)], -1))


def _columns():
    x = np.linspace(-1, 1, FRONT_COLUMNS + 1)
    front = np.sign(x) * (0.92 * np.abs(x) + 0.08 * np.abs(x) ** 3) * np.pi / 2
    back = np.linspace(np.pi / 2, 1.5 * np.pi, BACK_COLUMNS + 2)[1:-1]
    phi = np.r_[front, back]
    return np.sort(np.where(phi > np.pi, phi - 2 * np.pi, phi))


def _rows(face):
    station = np.linspace(0.02, LAST_ROW, 4000)
    path = face.head.loft(np.zeros_like(station), station)
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    spacing = np.interp(station, *ROW_SPACING)
    count = np.r_[0, np.cumsum(np.diff(length) / spacing[1:])]
    total = int(round(count[-1]))
    return np.interp(np.linspace(0, count[-1], total + 1), count, station)


def _grid(face, phi, row):
    """Grid points with the features of the face added."""
    phi, row = np.meshgrid(phi, row)
    grid = face.head.loft(phi, row)
    x, y = grid[..., 0], grid[..., 1]
    facing = np.cos(phi)
    grid[..., 2] += smoothstep(0.05, 0.35, facing) * (row < 14) * face.f.relief(x, y)
    near_eye = ((np.abs(x) - face.f.eye_middle[0]) ** 2 + y**2 < 3.2**2) & (facing > 0.05)
    over_ball = smooth_max(grid[..., 2], face.f.eye_sphere_z(x, y), 0.35)
    grid[..., 2] = np.where(near_eye, over_ball, grid[..., 2])
    return grid, phi, row


def _patch_rectangles(face, grid, phi, row):
    """(patch, side, first row, last row, first column, last column) of the three holes."""
    mouth, eyes = face.f.mouth, face.f.eyes
    centre = int(np.argmin(np.abs(phi)))
    behind = 100 * (np.cos(phi) <= 0.05)

    def row_at(y):
        return int(np.argmin(np.abs(grid[:, centre, 1] - y) + 100 * (row > 13)))

    def column_at(x, at_row):
        return int(np.argmin(np.abs(grid[at_row, :, 0] - x) + behind))

    def even(top, bottom):
        return bottom + (bottom - top) % 2

    top = row_at(mouth.y + 1.15)
    bottom = even(top, row_at(mouth.y - 1.65))
    half = column_at(mouth.half_width + 1.18, (top + bottom) // 2) - centre
    yield PATCH_MOUTH, 0, top, bottom, centre - half, centre + half
    top = row_at(eyes.y + eyes.upper + 1.10)
    bottom = even(top, row_at(eyes.y - eyes.lower - 1.24))
    for patch, side in ((PATCH_LEFT_EYE, 1), (PATCH_RIGHT_EYE, -1)):
        a, b = (column_at(side * x, row_at(0)) for x in (eyes.inner - 0.35, eyes.outer + 0.52))
        yield patch, side, top, bottom, min(a, b), max(a, b)


def _border(index, top, bottom, left, right):
    """Vertices round a rectangle, from the middle of the left side over the top."""
    middle = (top + bottom) // 2
    upper = [(r, left) for r in range(middle, top, -1)]
    upper += [(top, c) for c in range(left, right)] + [(r, right) for r in range(top, middle)]
    lower = [(r, right) for r in range(middle, bottom)]
    lower += [(bottom, c) for c in range(right, left, -1)]
    lower += [(r, left) for r in range(bottom, middle, -1)]
    ids = np.array([index[r, c] for r, c in upper + lower])
    return ids, len(upper), len(lower)


def _along(upper_count, lower_count):
    """0 at the left corner to 1 at the right one, the same on both halves."""

    def ease(t):
        return 0.45 * (0.5 - 0.5 * np.cos(np.pi * t)) + 0.55 * t

    upper = ease(np.arange(upper_count) / upper_count)
    lower = 1 - ease(np.arange(lower_count) / lower_count)
    return np.r_[upper, lower]


def _lip_depth(face, x, t, is_upper):
    """How far the vermilion stands out at ring parameter t; both lips end alike."""
    q = np.clip(np.abs(x) / face.f.mouth_half_width, 0, 1)
    envelope = (1 - q**3) ** 0.8
    upper = 0.27 * np.sin(np.pi * t * 0.87) ** 1.15
    lower = 0.40 * np.sin(np.pi * t * 0.87) ** 1.05
    meet = smoothstep(0.70, 1.0, t)  # at the contact line both lips have the same z
    swell = np.where(is_upper > 0, upper, lower) * (1 - meet) + 0.125 * meet
    return face.f.mouth.fullness * (envelope * swell - 0.20 * smoothstep(0.74, 1, t) * (0.35 + 0.65 * envelope))


def _fill_mouth(face, build, border, border_xy, along, is_upper):
    x = face.f.mouth_half_width * (2 * along - 1)
    contact = np.c_[x, face.f.lip_contact(x)]
    edge = contact[:, 1] + np.where(is_upper > 0, face.f.upper_lip_height(x), -face.f.lower_lip_height(x))
    vermilion = np.c_[1.02 * x, edge]
    rings, previous = [], border
    steps = [("skin", 1 - (1 - k / MOUTH_SKIN_RINGS) ** 1.25) for k in range(1, MOUTH_SKIN_RINGS + 1)]
    steps += [("lip", k / LIP_RINGS) for k in range(1, LIP_RINGS + 1)]
    for kind, t in steps:
        start, end = (border_xy, vermilion) if kind == "skin" else (vermilion, contact)
        x, y = ((1 - t) * start + t * end).T
        z, phi, row = face.head.front_of(x, y)
        z = z + face.f.relief(x, y)
        if kind == "lip":
            z = z + _lip_depth(face, x, t, is_upper)
        ring = t + (kind == "lip")
        ids = build.add(np.c_[x, y, z], phi, row, PATCH_MOUTH, ring, is_upper)
        build.bridge(previous, ids)
        rings.append(ids)
        previous = ids
    return rings


def _lid_z(face, x, y, bare_z, t):
    """Skin over the eyeball with the crease of the upper lid; the margin lies on the ball."""
    ax = np.abs(x)
    sphere = face.f.eye_sphere_z(x, y)
    z = smooth_max(bare_z + face.f.relief(x, y), sphere, 0.35)
    above = y - (face.f.eye_line(ax) + face.f.upper_lid_height(ax))
    within = smoothstep(face.f.eye_inner_x - 0.1, face.f.eye_inner_x + 0.5, ax)
    within = within * (1 - smoothstep(face.f.eye_outer_x - 0.1, face.f.eye_outer_x + 0.35, ax))
    crease, depth = face.f.eyes.crease, face.f.eyes.crease_depth * (face.f.eyes.crease > 0)
    z = z + within * depth * (0.4 * bell(above, crease + 0.28, 0.22) - bell(above, crease + 0.02, 0.13))
    margin = smoothstep(0.72, 1.0, t)
    return (1 - margin) * z + margin * sphere


def _fill_eye(face, build, border, border_xy, along, is_upper, upper_count, patch, side):
    span = face.f.eye_outer_x - face.f.eye_inner_x
    ax = np.where(side > 0, face.f.eye_inner_x + span * along, face.f.eye_outer_x - span * along)
    y = face.f.eye_line(ax)
    y = y + np.where(is_upper > 0, face.f.upper_lid_height(ax), -face.f.lower_lid_height(ax))
    for corner in (0, upper_count):
        y[corner] = face.f.eye_line(ax[corner])
    margin = np.c_[side * ax, y]
    rings, previous = [], border
    for k in range(1, EYE_RINGS + 1):
        t = 1 - (1 - k / EYE_RINGS) ** 1.5
        x, y = ((1 - t) * border_xy + t * margin).T
        bare, phi, row = face.head.front_of(x, y)
        points = np.c_[x, y, _lid_z(face, x, y, bare, t)]
        ids = build.add(points, phi, row, patch, t, is_upper)
        build.bridge(previous, ids)
        rings.append(ids)
        previous = ids
    # The thickness of the lid, then inwards along the ball so that no gap shows.
    centre = face.f.eye_centre[:2] * [side, 1]
    middle = face.f.eye_middle * [side, 1]
    for scale, radius, back in (
        (0.985, face.f.eye_radius + 0.03, 0),
        (1.02, face.f.eye_radius - 0.06, 0.25),
        (1.1, face.f.eye_radius - 0.12, 0.9),
    ):
        inner = points.copy()
        inner[:, :2] = middle + (points[:, :2] - middle) * scale
        d2 = ((inner[:, :2] - centre) ** 2).sum(1)
        on_ball = face.f.eye_centre[2] + np.sqrt(np.maximum(radius**2 - d2, 0.05)) - back
        inner[:, 2] = np.minimum(on_ball, points[:, 2])
        ids = build.add(inner, phi, row, patch, 1.0, is_upper)
        build.bridge(previous, ids)
        previous = ids
    return rings


def build_skin(face):
    """The whole skin mesh; about 11 000 triangles."""
    phi, row = _columns(), _rows(face)
    grid, grid_phi, grid_row = _grid(face, phi, row)
    rows, columns = grid_phi.shape
    build = _Builder()
    index = build.add(grid.reshape(-1, 3), grid_phi.ravel(), grid_row.ravel()).reshape(rows, columns)
    hole = np.zeros((rows, columns), bool)
    loops = {}
    for patch, side, top, bottom, left, right in _patch_rectangles(face, grid, phi, row):
        hole[top:bottom, left:right] = True
        border, upper, lower = _border(index, top, bottom, left, right)
        border_xy = grid.reshape(-1, 3)[border][:, :2]
        is_upper = np.r_[np.ones(upper), np.zeros(lower)]
        along = _along(upper, lower)
        if patch == PATCH_MOUTH:
            rings = _fill_mouth(face, build, border, border_xy, along, is_upper)
        else:
            rings = _fill_eye(face, build, border, border_xy, along, is_upper, upper, patch, side)
        loops[patch] = Loop(rings, is_upper, upper)
    quads = quad_grid(rows, columns, wrap=True)
    keep = ~hole[:-1].ravel()
    phi, row = np.concatenate(build.phi), np.concatenate(build.row)
    return SkinMesh(
        positions=np.concatenate(build.positions),
        faces=np.concatenate([*build.faces, quads[keep]]),
        phi=phi,
        row=row,
        uv=uv_of(phi, row),
        patch=np.concatenate(build.patch),
        ring=np.concatenate(build.ring),
        is_upper=np.concatenate(build.is_upper) > 0,
        loops=loops,
    )
