"""Eyeballs and lashes."""

import numpy as np

from fields import normalise, outward, quad_grid, smoothstep, triangles
from part import Part, rigid
from face.skin import PATCH_LEFT_EYE, PATCH_RIGHT_EYE

BALL_ROWS, BALL_COLUMNS = 12, 22
BALL_REACH = 0.62 * np.pi  # the back of the ball is never seen
CORNEA_BULGE = 0.035
LASH_COLUMNS, UPPER_HAIRS, LOWER_HAIRS = 26, 13, 6


def eyeball(face, side):
    """One eye, bound to its bone; the shade is the soft shadow of the lids."""
    angle = np.linspace(0, 2 * np.pi, BALL_COLUMNS + 1)[:-1]
    polar, angle = np.meshgrid(np.linspace(0, 1, BALL_ROWS) ** 1.15 * BALL_REACH, angle, indexing="ij")
    unit = np.stack([np.sin(polar) * np.cos(angle), np.sin(polar) * np.sin(angle), np.cos(polar)], -1)
    ball = unit * face.f.eye_radius
    in_iris = np.hypot(unit[..., 0], unit[..., 1]) / face.f.eyes.iris
    ball[..., 2] += CORNEA_BULGE * np.clip(1 - in_iris**2, 0, 1) ** 1.2 * (unit[..., 2] > 0)
    spread = np.sin(np.minimum(polar, np.pi / 2))
    uv = np.stack([0.5 + 0.5 * spread * np.cos(angle), 0.5 - 0.5 * spread * np.sin(angle)], -1)
    centre = face.f.eye_centre * [side, 1, 1]
    positions = ball.reshape(-1, 3) + centre
    x, y = positions[:, 0] - centre[0], positions[:, 1] - centre[1]
    upper = face.f.eye_line(np.abs(positions[:, 0])) + face.f.upper_lid_height(np.abs(positions[:, 0]))
    shade = 1 - 0.55 * smoothstep(0.55, -0.05, upper - positions[:, 1])  # under the upper lid
    shade *= 1 - 0.32 * smoothstep(1.0, 1.75, np.abs(x))
    shade *= 1 - 0.18 * smoothstep(0.45, 0.85, -y)
    name = "eyeLeft" if side > 0 else "eyeRight"
    faces = outward(positions, quad_grid(BALL_ROWS, BALL_COLUMNS, wrap=True))
    bone = "leftEye" if side > 0 else "rightEye"
    return Part(name, "eye", positions, faces, rigid(positions, bone), uv.reshape(-1, 2), shade)


def _lash_points(face, mesh, skin_positions, side, upper):
    """Lashes grown from the lid margin of a (morphed) skin: a band along it, and hairs that swing outwards."""
    loop = mesh.loops[PATCH_LEFT_EYE if side > 0 else PATCH_RIGHT_EYE]
    ids = loop.halves(loop.rings[-1])[0 if upper else 1]
    ids = ids if side > 0 else ids[::-1]  # inner to outer corner on both sides
    margin = skin_positions[ids]
    rest_x = np.abs(mesh.positions[ids, 0])
    t = np.clip((rest_x - face.f.eye_inner_x) / (face.f.eye_outer_x - face.f.eye_inner_x), 0, 1)
    t[0], t[-1] = 0, 1
    centre = face.f.eye_centre * [side, 1, 1]
    out, up = np.array([side, 0.0, 0.0]), np.array([0, 1.0 if upper else -1.0, 0])

    def base(along):
        return np.stack([np.interp(along, t, margin[:, k]) for k in range(3)], -1)

    # The band: a liner that grows thicker outwards and ends in a small wing.
    along = np.linspace(0.02, 1, LASH_COLUMNS)
    root = base(along)
    radial = normalise(root - centre)
    if upper:
        thick = 0.025 + 0.10 * smoothstep(0.05, 0.75, along) + 0.02 * smoothstep(0.8, 1, along)
        wing = 0.30 * smoothstep(0.86, 1.0, along) ** 2
    else:
        thick, wing = 0.004 + 0.022 * smoothstep(0.5, 1.0, along), 0 * along
    thick, wing = thick * face.f.eyes.lash_line, wing * face.f.eyes.lash_line
    tip = root + (up * thick[:, None] + radial * 0.05) + (out * 0.9 + up * 0.42) * wing[:, None]
    band = np.concatenate([root - up * 0.03 - radial * 0.02, root + radial * 0.07, tip])
    # The hairs: three points each, broad at the root.
    count = UPPER_HAIRS if upper else LOWER_HAIRS
    at = np.linspace(0.20 if upper else 0.48, 0.975, count)
    length = (0.15 + 0.34 * at**1.3) * (1 - 0.30 * smoothstep(0.86, 1, at)) if upper else 0.05 + 0.09 * at
    length = length * (0.86 + 0.14 * np.cos(np.arange(count) * 2.4))
    length = length * face.f.eyes.lashes
    step = (0.30 if upper else 0.10) / count
    first, middle, last = base(at - step), base(at), base(at + step)
    radial = normalise(middle - centre)
    # How far the lid is open decides whether the hairs stand up or hang.
    lift = np.clip((middle[:, 1:2] - centre[1] + 0.25) / 0.9, -0.55, 1) if upper else 1.0
    lean = (at[:, None] - 0.38) * 1.5
    grow = normalise(radial * 0.85 + out * lean + up * 0.62 * lift)
    curl = normalise(radial * 0.25 + out * lean * 1.15 + up * 1.1 * lift)
    bend = middle + grow * (0.55 * length)[:, None]
    end = bend + curl * (0.5 * length)[:, None]
    half = (last - first) * 0.16
    raise_root = up * (0.5 * np.interp(at, along, thick))[:, None] + radial * 0.04
    hairs = np.stack([first + raise_root, last + raise_root, bend - half, bend + half, end], 1).reshape(-1, 3)
    return np.concatenate([band, hairs])


def _lash_faces(count):
    band = triangles(quad_grid(3, LASH_COLUMNS))
    one = np.array([[0, 1, 3], [0, 3, 2], [2, 3, 4]])
    hairs = (one[None] + 5 * np.arange(count)[:, None, None]).reshape(-1, 3)
    return np.concatenate([band, hairs + 3 * LASH_COLUMNS])


def lashes(face, mesh, skin_shapes, side, upper):
    """Lashes of one lid; their morphs are regrown from the morphed margin."""
    rest = _lash_points(face, mesh, mesh.positions, side, upper)
    name = "Left" if side > 0 else "Right"
    morphs = {
        key: _lash_points(face, mesh, mesh.positions + shape, side, upper) - rest
        for key, shape in skin_shapes.items()
        if key.startswith("eye") and key.endswith(name)
    }
    shade = np.full(len(rest), 0.55 if upper else 2.4)
    label = ("lashUpper" if upper else "lashLower") + name
    faces = _lash_faces(UPPER_HAIRS if upper else LOWER_HAIRS)
    return Part(label, "lash", rest, faces, rigid(rest, "head"), shade=shade, morphs=morphs)


def build_eyes(face, mesh, skin_shapes):
    """Both eyeballs and the four rows of lashes."""
    balls = [eyeball(face, 1), eyeball(face, -1)]
    rows = [lashes(face, mesh, skin_shapes, s, u) for s in (1, -1) for u in (True, False)]
    return balls, rows
