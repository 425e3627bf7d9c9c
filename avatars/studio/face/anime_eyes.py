"""Drawn eyes: a white that stands still, an iris that slides on a large ball, lashes and brows as thin shapes."""

import numpy as np
from scipy.spatial import cKDTree

from face.skin import PATCH_LEFT_EYE, PATCH_RIGHT_EYE
from fields import bell, normalise, quad_grid, smooth_max, smoothstep, triangles
from part import Part, rigid

IRIS_SIZE = (1.43, 1.76)  # half width and half height in cm
IRIS_PLACE = (-0.13, 0.24)  # against the middle of the eye: towards the nose, upwards
IRIS_RINGS, IRIS_COLUMNS = 6, 40
WHITE_ROWS, WHITE_COLUMNS, WHITE_MARGIN, WHITE_BEHIND = 13, 15, 0.35, 0.07
LASH_COLUMNS, BROW_COLUMNS = 44, 22
# Spikes of the lashes: both ends of the root as (place along the lid, share of the band's thickness), then how far the
# tip is outwards and away from the middle of the root, cm. The first of the upper ones is the wing at the corner.
UPPER_SPIKES = (
    ((0.83, 0.95), (1.0, 0.0), 0.80, 0.40),
    ((0.72, 0.8), (0.82, 0.8), 0.42, 0.34),
    ((0.60, 0.8), (0.68, 0.8), 0.24, 0.27),
)
INNER_RISE = 0.24  # cm that the inner ends of the brows are higher, which makes a friendly face
SINK = 0.12  # cm that the lower lash goes inwards in a blink
LOWER_SPIKES = (((0.71, 0.3), (0.77, 0.5), 0.20, -0.13),)


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
        self.along, self.rest = along, mesh.positions
        self.opening = face.f.eyes.upper + face.f.eyes.lower
        self.face = face
        lines = self._lines(mesh.positions)
        self.upper, self.rest_lid = upper, lines[0, :, 1:2]
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
        if self.upper:  # a closing lid takes its lash over the lower one
            lift = lift + 0.16 * np.clip((self.rest_lid - lines[0, :, 1:2]) / self.opening, 0, 1)
        inwards = normalise((self.middle - lines[0]) * [1, 1, 0])
        return found + radial * lift + inwards * -inside[:, None]

    def surface(self, x, y):
        """Depth of the skin at rest in front of (x, y)."""
        bare = self.face.head.front_of(x, y)[0] + self.face.f.relief(x, y)
        return float(smooth_max(bare, self.face.f.eye_sphere_z(x, y), 0.35)[0])

    def at(self, positions, place, away, lift):
        """One point at `place` along the lid, as `points`."""
        found = self.points(positions, away, lift)
        return np.array([np.interp(place, self.along, found[:, k]) for k in range(3)])


def _spikes(lid, positions, spikes, thick):
    """Pointed shapes that stand on the band: five points each."""
    points = []
    for first, last, out, up in spikes:
        root = [(at, share * np.interp(at, lid.along, thick)) for at, share in (first, last)]
        ends = [lid.at(positions, at, away, 0.08) for at, away in root]
        rest = [lid.at(lid.rest, at, away, 0.08) for at, away in root]
        moved = 0.15 * (ends[0] - rest[0]) + 0.85 * (ends[1] - rest[1])  # the wing stays with the corner
        half = 0.20 * (rest[0] - rest[1])
        middle, way = 0.5 * (rest[0] + rest[1]), np.array([lid.side * out, up, 0])
        hang = np.array([0, -0.6 * up, 0.06]) * np.clip((rest[0] - ends[0])[1] / lid.opening, 0, 1)  # from a closed lid they hang
        bend = middle + 0.5 * way - [0, 0.10 * out, 0]
        points += ends
        for point, share in ((bend + half, 0.4), (bend - half, 0.4), (middle + way, 1.0)):
            point[2] = lid.surface(point[0], point[1]) + 0.10
            points.append(point + moved + share * hang)
    return np.array(points)


def _lash_points(lid, positions, upper):
    a = lid.along
    if upper:
        thick = 0.05 + 0.23 * smoothstep(0.02, 0.50, a) + 0.10 * smoothstep(0.5, 0.85, a) - 0.20 * smoothstep(0.90, 1, a)
        thick = thick * smoothstep(-0.03, 0.16, a)
        rows = [lid.points(positions, -0.05, 0.03), lid.points(positions, 0.35 * thick, 0.15), lid.points(positions, thick, 0.05)]
        return np.concatenate([*rows, _spikes(lid, positions, UPPER_SPIKES, thick)])
    thick = 0.012 + (0.028 + 0.035 * smoothstep(0.45, 0.9, a)) * smoothstep(a[0], a[0] + 0.25, a)
    rows = [lid.points(positions, -0.3 * thick, 0.03), lid.points(positions, 0.4 * thick, 0.05), lid.points(positions, thick, 0.035)]
    return np.concatenate([*rows, _spikes(lid, positions, LOWER_SPIKES, thick)])


def lash(face, mesh, shapes, side, upper):
    """The drawn lash of one lid; its shapes are drawn again on the moved lid."""
    along = np.linspace(0.03 if upper else 0.30, 1, LASH_COLUMNS)
    lid = _Lid(face, mesh, side, upper, along)
    rest = _lash_points(lid, mesh.positions, upper)
    moved = {name: _lash_points(lid, mesh.positions + shape, upper) - rest for name, shape in shapes.items()}
    if not upper:  # it goes under the skin when the upper lid comes down on it
        away = normalise(rest - face.f.eye_centre * [side, 1, 1])
        moved = {name: shape - SINK * away * name.startswith("eyeBlink") for name, shape in moved.items()}
    spikes = UPPER_SPIKES if upper else LOWER_SPIKES
    u, v = np.meshgrid(along, [0.0, 0.4, 1.0])
    u, v = np.r_[u.ravel(), np.ones(5 * len(spikes))], np.r_[v.ravel(), np.zeros(5 * len(spikes))]
    uv = np.stack([u, 0.75 * v] if upper else [0.12 + 0 * u, 0.78 + 0 * v], -1)
    one = np.array([[0, 1, 3], [0, 3, 2], [2, 3, 4]])
    faces = [triangles(quad_grid(3, LASH_COLUMNS))] + [one + 3 * LASH_COLUMNS + 5 * k for k in range(len(spikes))]
    label = ("lashUpper" if upper else "lashLower") + ("Left" if side > 0 else "Right")
    return Part(label, "lash", rest, np.concatenate(faces), rigid(rest, "head"), uv, None, moved)


def brow(face, mesh, shapes, side):
    """An eyebrow that rides on the skin."""
    b = face.f.brows
    t = np.linspace(0, 1, BROW_COLUMNS)
    x = b.inner + (b.outer - b.inner) * t
    middle = face.f.brow_line(t) + INNER_RISE * (1 - t) ** 1.5
    half = 0.5 * b.thickness * (0.45 + 0.55 * smoothstep(0, 0.3, t)) * (1 - 0.88 * smoothstep(0.4, 1, t))
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
    moved = {name: (shape[near] * share[..., None]).sum(1) for name, shape in shapes.items() if name.startswith("brow")}
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
