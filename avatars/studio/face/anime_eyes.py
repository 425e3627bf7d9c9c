"""Drawn eyes: a white that stands still, an iris that slides on a large ball, lashes and brows as thin shapes."""

import numpy as np
from scipy.spatial import cKDTree

from face.skin import PATCH_LEFT_EYE, PATCH_RIGHT_EYE
from fields import bell, normalise, quad_grid, smoothstep
from part import Part, rigid

IRIS_SIZE = (1.17, 1.42)  # half width and half height in cm
IRIS_PLACE = (-0.06, 0.17)  # against the middle of the eye: towards the nose, upwards
IRIS_RINGS, IRIS_COLUMNS = 6, 40
WHITE_ROWS, WHITE_COLUMNS, WHITE_MARGIN, WHITE_BEHIND = 13, 15, 0.35, 0.07
LASH_COLUMNS, BROW_COLUMNS = 44, 22
# Spikes of the upper lash: place along the lid, height and width.
SPIKES = ((0.66, 0.10, 0.030), (0.79, 0.17, 0.032), (0.90, 0.20, 0.030))


def _on_ball(face, x, y, inside=0.0):
    """Points of the left eye's ball in front of (x, y)."""
    centre = face.f.eye_centre
    d2 = (x - centre[0]) ** 2 + (y - centre[1]) ** 2
    z = centre[2] + np.sqrt(np.maximum((face.f.eye_radius - inside) ** 2 - d2, 0.01))
    return np.stack([x, y, z], -1).reshape(-1, 3)


def _sided(name, material, positions, faces, bone, uv, side):
    """The part of one side from what was built for the left one."""
    label = "Left" if side > 0 else "Right"
    faces = faces if side > 0 else faces[:, ::-1].copy()
    bone = bone if bone == "head" else label.lower() + "Eye"
    positions = positions * [side, 1, 1]
    return Part(name + label, material, positions, faces, rigid(positions, bone), uv)


def iris_middle(face):
    """Where the iris of the left eye is when it looks ahead."""
    e = face.f.eyes
    along = (e.x - e.inner) / (e.outer - e.inner)
    y = float(face.f.eye_line(e.x)) + 0.5 * (e.upper - e.lower) * np.sin(np.pi * along) ** 0.7
    return e.x + IRIS_PLACE[0], y + IRIS_PLACE[1]


def iris(face, side):
    """The coloured plate, bound to its bone far behind."""
    ring = np.linspace(0, 1, IRIS_RINGS)
    angle = np.linspace(0, 2 * np.pi, IRIS_COLUMNS + 1)[:-1]
    r, a = np.meshgrid(ring, angle, indexing="ij")
    u, v = r * np.cos(a), r * np.sin(a)
    x, y = iris_middle(face)
    positions = _on_ball(face, x + IRIS_SIZE[0] * u, y + IRIS_SIZE[1] * v)
    # The drawing is not mirrored: its lights lie on the same side of both eyes.
    uv = np.stack([0.5 + 0.49 * side * u, 0.5 - 0.49 * v], -1).reshape(-1, 2)
    faces = quad_grid(IRIS_RINGS, IRIS_COLUMNS, wrap=True, flip=False)
    return _sided("iris", "iris", positions, faces, "eye", uv, side)


def white_frame(face):
    """Left, right, bottom, top of the white of the left eye."""
    e = face.f.eyes
    y = (float(face.f.eye_line(e.inner)), float(face.f.eye_line(e.outer)))
    return (
        e.inner - WHITE_MARGIN,
        e.outer + 0.5 * WHITE_MARGIN,
        min(y) - e.lower - WHITE_MARGIN,
        max(y) + e.upper + WHITE_MARGIN,
    )


def white(face, side):
    """The white of the eye, behind the iris."""
    left, right, bottom, top = white_frame(face)
    u, v = np.meshgrid(np.linspace(0, 1, WHITE_COLUMNS), np.linspace(0, 1, WHITE_ROWS))
    positions = _on_ball(face, left + (right - left) * u, top + (bottom - top) * v, WHITE_BEHIND)
    uv = np.stack([u, v], -1).reshape(-1, 2)
    return _sided("eyewhite", "eyewhite", positions, quad_grid(WHITE_ROWS, WHITE_COLUMNS), "head", uv, side)


class _Lid:
    """Lines on the skin from the margin of one lid outwards, at any state of the skin."""

    def __init__(self, face, mesh, side, upper, along):
        loop = mesh.loops[PATCH_LEFT_EYE if side > 0 else PATCH_RIGHT_EYE]
        half = 0 if upper else 1
        self.ids = [loop.halves(ring)[half][::side] for ring in loop.rings[::-1]]
        self.side, self.centre = side, face.f.eye_centre * [side, 1, 1]
        self.middle = np.r_[face.f.eye_middle * [side, 1], 0.0]
        x = np.abs(mesh.positions[self.ids[0], 0])
        span = face.f.eye_outer_x - face.f.eye_inner_x
        self.t = np.clip((x - face.f.eye_inner_x) / span, 0, 1)
        self.t[0], self.t[-1] = 0, 1
        self.along = along
        lines = self._lines(mesh.positions)
        steps = np.linalg.norm(np.diff(lines, axis=0), axis=2)
        self.distance = np.concatenate([np.zeros((1, len(along))), np.cumsum(steps, 0)])

    def _lines(self, positions):
        ring = [[np.interp(self.along, self.t, positions[ids, k]) for k in range(3)] for ids in self.ids]
        return np.moveaxis(np.array(ring), 1, 2)

    def points(self, positions, away, lift):
        """Points `away` cm from the margin along the skin, `lift` cm above it."""
        lines = self._lines(positions)
        columns = range(len(self.along))
        away = np.broadcast_to(away, len(self.along))
        inside = np.minimum(away, 0)
        away = np.maximum(away, 0)
        found = np.stack(
            [[np.interp(away[c], self.distance[:, c], lines[:, c, k]) for k in range(3)] for c in columns]
        )
        radial = normalise(found - self.centre)
        inwards = normalise((self.middle - lines[0]) * [1, 1, 0])
        return found + radial * lift + inwards * -inside[:, None]


def _lash_rows(lid, positions, upper):
    a = lid.along
    if upper:
        thick = 0.07 + 0.15 * smoothstep(0.02, 0.55, a) + 0.10 * smoothstep(0.55, 0.9, a) - 0.22 * smoothstep(0.95, 1, a)
        thick = thick * (1 - 0.6 * (1 - smoothstep(0, 0.08, a)))
        for place, height, width in SPIKES:
            thick = thick + height * np.clip(1 - np.abs(a - place) / width, 0, 1)
        wing = 0.46 * smoothstep(0.86, 0.975, a) * (1 - 0.75 * smoothstep(0.975, 1.0, a))
        rows = [lid.points(positions, -0.05, 0.03), lid.points(positions, 0.35 * thick, 0.15)]
        rows.append(lid.points(positions, thick + 0.3 * wing, 0.045))
        rows[2] = rows[2] + wing[:, None] * np.array([0.85 * lid.side, 0.42, 0.0])
        rows[1] = rows[1] + 0.35 * wing[:, None] * np.array([0.85 * lid.side, 0.30, 0.0])
        return np.concatenate(rows)
    thick = 0.028 + 0.045 * smoothstep(0.45, 0.9, a)
    thick = thick * smoothstep(a[0], a[0] + 0.25, a) + 0.002
    for place in (0.62, 0.78):
        thick = thick + 0.07 * np.clip(1 - np.abs(a - place) / 0.03, 0, 1)
    rows = [lid.points(positions, -0.3 * thick, 0.03), lid.points(positions, 0.4 * thick, 0.05), lid.points(positions, thick, 0.035)]
    return np.concatenate(rows)


def lash(face, mesh, shapes, side, upper):
    """The drawn lash of one lid; its shapes are drawn again on the moved lid."""
    along = np.linspace(0.0 if upper else 0.34, 1, LASH_COLUMNS)
    if upper:
        along = np.sort(np.r_[along, [p for p, _, _ in SPIKES], [0.975, 0.99]])
    lid = _Lid(face, mesh, side, upper, along)
    rest = _lash_rows(lid, mesh.positions, upper)
    moved = {name: _lash_rows(lid, mesh.positions + shape, upper) - rest for name, shape in shapes.items()}
    uv = np.stack(np.meshgrid(along, [0.0, 0.4, 1.0]), -1).reshape(-1, 2)
    faces = quad_grid(3, len(along))
    label = ("lashUpper" if upper else "lashLower") + ("Left" if side > 0 else "Right")
    return Part(label, "lash", rest, faces, rigid(rest, "head"), uv, None, moved)


def brow(face, mesh, shapes, side):
    """An eyebrow that rides on the skin."""
    b = face.f.brows
    t = np.linspace(0, 1, BROW_COLUMNS)
    x = b.inner + (b.outer - b.inner) * t
    middle = b.y + b.arch * np.sin(np.pi * t**1.15 * 0.80) - b.drop * t**3
    half = 0.5 * b.thickness * (0.35 + 0.65 * smoothstep(0, 0.25, t)) * (1 - 0.9 * smoothstep(0.35, 1, t))
    half = half * (1 - 0.35 * bell(t, 0, 0.05))
    rows = []
    for share, lift in ((-1, 0.05), (0, 0.10), (1, 0.05)):
        y = middle + share * half
        z = face.head.front_of(x, y)[0] + face.f.relief(x, y)
        rows.append(np.stack([x, y, z + lift], -1))
    positions = np.concatenate(rows) * [side, 1, 1]
    distance, near = cKDTree(mesh.positions).query(positions, 4)
    share = 1 / np.maximum(distance, 1e-3) ** 2
    share /= share.sum(1, keepdims=True)
    moved = {name: (shape[near] * share[..., None]).sum(1) for name, shape in shapes.items()}
    faces = quad_grid(3, BROW_COLUMNS)
    name = "browLeft" if side > 0 else "browRight"
    return Part(name, "brow", positions, faces, rigid(positions, "head"), None, None, moved)


def build_eyes(face, mesh, shapes):
    """All parts of both eyes, and the brows."""
    parts = []
    for side in (1, -1):
        parts += [white(face, side), iris(face, side), brow(face, mesh, shapes, side)]
        parts += [lash(face, mesh, shapes, side, upper) for upper in (True, False)]
    return parts
