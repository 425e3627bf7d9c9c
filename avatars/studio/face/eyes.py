"""Eyeballs and lashes."""

import numpy as np

from fields import normalise, outward, quad_grid, smoothstep
from part import Part, rigid
from face.skin import PATCH_LEFT_EYE, PATCH_RIGHT_EYE

BALL_ROWS, BALL_COLUMNS = 15, 26
BALL_REACH = 0.62 * np.pi  # the back of the ball is never seen
CORNEA_BULGE = 0.045
LASH_COLUMNS = 40


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
    """Lash sheet grown from the lid margin of a (morphed) skin."""
    loop = mesh.loops[PATCH_LEFT_EYE if side > 0 else PATCH_RIGHT_EYE]
    ids = loop.halves(loop.rings[-1])[0 if upper else 1]
    ids = ids if side > 0 else ids[::-1]  # inner to outer corner on both sides
    margin = skin_positions[ids]
    rest_x = np.abs(mesh.positions[ids, 0])
    t = np.clip((rest_x - face.f.eye_inner_x) / (face.f.eye_outer_x - face.f.eye_inner_x), 0, 1)
    t[0], t[-1] = 0, 1
    along = np.linspace(0.05, 1, LASH_COLUMNS)
    base = np.stack([np.interp(along, t, margin[:, k]) for k in range(3)], -1)
    centre = face.f.eye_centre * [side, 1, 1]
    radial = normalise(base - centre)
    a = along[:, None]
    out = np.array([side, 0.0, 0.0])
    up = np.array([0, 1.0 if upper else -1.0, 0])
    if upper:
        length = (0.08 + 0.31 * along**1.5) * (1 - 0.45 * smoothstep(0.88, 1.0, along))
        spike = 0.82 + 0.18 * np.abs(np.sin(along * np.pi * 11))
        lift = np.clip((base[:, 1:2] - centre[1]) / 0.6, -1, 1) * 0.5 + 0.5  # folds down when closed
    else:
        length, lift = 0.03 + 0.09 * along, 1.0
        spike = 0.5 + 0.5 * np.abs(np.sin(along * np.pi * 9))
    first = normalise(radial + out * (0.1 + 0.9 * a**2) + up * 0.10)
    second = normalise(radial * 0.55 + out * (0.15 + 1.1 * a**2) + up * (0.95 - 0.2 * a) * lift)
    bend = base + first * (0.45 * length)[:, None]
    rows = [
        base - up * 0.035 - radial * 0.03,
        base + up * 0.03 + radial * 0.03,
        bend + up * 0.06,
        bend + second * (0.7 * length * spike)[:, None] + up * 0.03,
    ]
    return np.concatenate(rows)


def lashes(face, mesh, skin_shapes, side, upper):
    """Lashes of one lid; their morphs are regrown from the morphed margin."""
    rest = _lash_points(face, mesh, mesh.positions, side, upper)
    name = "Left" if side > 0 else "Right"
    morphs = {
        key: _lash_points(face, mesh, mesh.positions + shape, side, upper) - rest
        for key, shape in skin_shapes.items()
        if key.startswith("eye") and key.endswith(name)
    }
    shade = np.full(len(rest), 0.16 if upper else 1.0)
    label = ("lashUpper" if upper else "lashLower") + name
    faces = quad_grid(4, LASH_COLUMNS)
    return Part(label, "lash", rest, faces, rigid(rest, "head"), shade=shade, morphs=morphs)


def build_eyes(face, mesh, skin_shapes):
    """Both eyeballs and the four rows of lashes."""
    balls = [eyeball(face, 1), eyeball(face, -1)]
    rows = [lashes(face, mesh, skin_shapes, s, u) for s in (1, -1) for u in (True, False)]
    return balls, rows
