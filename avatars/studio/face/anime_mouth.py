"""Inside of a drawn mouth: a dark bag behind the lips, a row of teeth, the tongue; all flat in colour."""

import numpy as np

from face.morphs import JAW_FORWARD, JAW_SIDE, jaw_rotation
from face.skin import PATCH_MOUTH
from fields import outward, quad_grid, smoothstep
from part import Part, rigid

# Rings of the bag: depth behind the lips in cm, share of the width.
BAG_RINGS = ((0, 1.0), (-0.25, 1.0), (-1.1, 1.0), (-2.2, 0.9))
TEETH_COLUMNS, TONGUE_ROWS, TONGUE_COLUMNS = 17, 9, 14
TONGUE_SHARE = 0.72  # of the jaw's motion


def bag(mesh, shapes):
    """The lips' contact line drawn backwards; it is a slit while they are closed and opens as they do."""
    ring = mesh.loops[PATCH_MOUTH].rings[-1]
    contact, count = mesh.positions[ring], len(ring)

    def drawn(moved):
        points = contact + moved
        middle = points.mean(0)
        rings = [np.r_[middle[:1], middle[1:2], 0] * (1 - width) + points * [width, width, 1] for _, width in BAG_RINGS]
        rings = np.concatenate([r + [0, 0, depth] for r, (depth, _) in zip(rings, BAG_RINGS)])
        return np.r_[rings, rings[-count:].mean(0)[None]]

    rest = drawn(0 * contact)
    moved = {name: drawn(shape[ring]) - rest for name, shape in shapes.items()}
    faces = quad_grid(len(BAG_RINGS), count, wrap=True)
    last = (len(BAG_RINGS) - 1) * count + np.arange(count)
    cap = np.full(count, len(rest) - 1)
    faces = np.r_[faces, np.stack([last, cap, cap, np.roll(last, -1)], -1)]
    return Part("mouth", "mouth", rest, faces, rigid(rest, "head"), morphs=moved)


def _lip_front(face, mesh):
    """Depth of the lips' contact in the middle."""
    ring = mesh.loops[PATCH_MOUTH].rings[-1]
    points = mesh.positions[ring]
    return points[np.argmin(np.abs(points[:, 0])), 2]


def teeth(face, mesh):
    """The upper row as one white band; rounded lips hide it."""
    x = np.linspace(-1, 1, TEETH_COLUMNS) * (face.f.mouth_half_width + 0.35)
    front, my = _lip_front(face, mesh) - 0.30, face.f.mouth_y
    lower = my - 0.30 + 0.05 * (x / face.f.mouth_half_width) ** 2
    z = front - 0.16 * x**2
    positions = np.concatenate([np.stack([x, y + 0 * x, z], -1) for y in (my + 0.5, lower)])
    away = np.zeros_like(positions) + [0, 0.22, -0.2]
    up = np.zeros_like(positions) + [0, 0.10, 0]
    moved = {"mouthPucker": away, "mouthFunnel": away, "mouthUpperUpLeft": up, "mouthUpperUpRight": up}
    return Part("teethUpper", "teeth", positions, quad_grid(2, TEETH_COLUMNS), rigid(positions, "head"), morphs=moved)


def tongue(face, mesh):
    """A flat dome that rides on the jaw and can be put out."""
    t = np.linspace(0, 1, TONGUE_ROWS)[:, None]
    angle = np.linspace(0, 2 * np.pi, TONGUE_COLUMNS + 1)[:-1]
    width = 0.86 * face.f.mouth_half_width * np.sqrt(np.clip(1 - np.clip((t - 0.3) / 0.70, 0, 1) ** 2.4, 0, 1))
    height = 0.42 * np.sqrt(np.clip(1 - np.clip((t - 0.3) / 0.70, 0, 1) ** 2.2, 0, 1))
    front = _lip_front(face, mesh) - 0.95
    x, z = width * np.cos(angle), np.broadcast_to(front - 2.0 + 2.0 * t, (TONGUE_ROWS, TONGUE_COLUMNS))
    y = face.f.mouth_y - 0.55 + height * np.sin(angle)
    positions = np.stack([x, y, z], -1).reshape(-1, 3)
    faces = outward(positions, quad_grid(TONGUE_ROWS, TONGUE_COLUMNS, wrap=True))
    still, along = np.zeros_like(positions), np.repeat(t[:, 0], TONGUE_COLUMNS)
    out = still.copy()
    out[:, 1] = 0.55 * smoothstep(0.1, 0.6, along) - 0.45 * smoothstep(0.6, 1, along)
    out[:, 2] = 2.1 * smoothstep(0.05, 1, along)
    moved = {
        "jawOpen": TONGUE_SHARE * jaw_rotation(positions),
        "jawLeft": still + [0.5 * JAW_SIDE, 0, 0],
        "jawRight": still - [0.5 * JAW_SIDE, 0, 0],
        "jawForward": still + [0, 0, 0.5 * JAW_FORWARD],
        "tongueOut": out,
    }
    return Part("tongue", "tongue", positions, faces, rigid(positions, "head"), morphs=moved)


def build_mouth(face, mesh, shapes):
    """All parts inside the mouth."""
    return [bag(mesh, shapes), teeth(face, mesh), tongue(face, mesh)]
