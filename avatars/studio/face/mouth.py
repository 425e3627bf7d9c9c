"""Inside of the mouth: bag behind the lips, teeth, gums, tongue, with their morphs.

The interior is lit by painted vertex shades only: deeper is darker.
"""

import numpy as np

from fields import bell, outward, quad_grid, smoothstep
from face.morphs import JAW_FORWARD, JAW_SIDE, jaw_rotation
from part import Part, rigid
from face.skin import PATCH_MOUTH

ARCH_COLUMNS = 39
TONGUE_ROWS, TONGUE_COLUMNS = 12, 12

# Rings of the bag behind the lip contact: rise, depth, width factor, share of the jaw's own motion.
# First the space between lips and teeth (back before wide), then the cavity.
BAG_RINGS = (
    (0, 0, 1.0, 0.0),
    (0.30, -0.22, 1.0, 0.06),
    (1.15, -0.45, 1.02, 0.35),
    (1.75, -1.3, 1.04, 0.9),
    (1.9, -4.2, 0.98, 1.0),
    (1.2, -5.6, 0.75, 1.0),
)
BAG_SHADE = (0.50, 0.42, 0.30, 0.20, 0.10, 0.06)


def bag(face, mesh, skin_shapes):
    """The lining of the mouth, extruded backwards from the lip contact ring."""
    loop = mesh.loops[PATCH_MOUTH]
    ring, upper = loop.rings[-1], loop.is_upper > 0
    count, contact = len(ring), mesh.positions[ring]
    q = np.clip(np.abs(contact[:, 0]) / face.f.mouth_half_width, 0, 1)
    arch = np.sqrt(1 - q**2)
    rings = []
    for rise, depth, width, own in BAG_RINGS:
        points = contact.copy()
        points[:, 0] *= width
        points[:, 1] += np.where(upper, 1, -0.82) * rise * arch
        points[:, 2] += depth - np.where(upper, 0, 0.42) * (0 < own < 1) * arch
        rings.append(points)
    rings_flat = np.concatenate(rings)
    end = rings_flat[-count:].mean(0)
    positions = np.r_[rings_flat, [end]]
    faces = quad_grid(len(BAG_RINGS), count, wrap=True)
    last = (len(BAG_RINGS) - 1) * count + np.arange(count)
    cap = np.full(count, len(rings_flat))
    faces = np.r_[faces, np.stack([last, cap, cap, np.roll(last, -1)], -1)]

    own = np.repeat([r[3] for r in BAG_RINGS], count)[:, None]
    corner = np.tile(0.5 * q**2, len(BAG_RINGS))
    jaw = np.where(np.tile(upper, len(BAG_RINGS)), corner, 1 - corner)[:, None]
    motion = {
        "jawOpen": jaw_rotation(rings_flat) * jaw,
        "jawLeft": jaw * [JAW_SIDE, 0, 0],
        "jawRight": jaw * [-JAW_SIDE, 0, 0],
        "jawForward": jaw * [0, 0, JAW_FORWARD],
    }
    morphs = {}
    for name, shape in skin_shapes.items():
        moved = np.tile(shape[ring], (len(BAG_RINGS), 1)) * (1 - own)
        moved = moved + motion.get(name, 0) * own
        morphs[name] = np.r_[moved, [moved[-count:].mean(0)]]
    shade = np.r_[np.repeat(BAG_SHADE, count), BAG_SHADE[-1]]
    return Part("mouth", "mouth", positions, faces, rigid(positions, "head"), shade=shade, morphs=morphs)


def _arch_curve(face, upper):
    """Centre line of a tooth row: x, z, outward direction, distance to the next gap in cm."""
    width, depth, front = (2.42, 3.75, 8.66) if upper else (2.15, 3.75, 8.22)
    angle = np.linspace(-1.35, 1.35, ARCH_COLUMNS)
    x = width * np.sin(angle) / np.sin(1.35)
    z = front - depth * (1 - np.cos(angle)) ** 1.05
    teeth = [0.86, 0.66, 0.74, 0.66, 0.66, 0.8] if upper else [0.52, 0.56, 0.62, 0.62, 0.66, 0.8]
    gaps = np.r_[0, np.cumsum(teeth)] / np.sum(teeth)
    gaps = np.r_[-gaps[::-1], gaps[1:]]
    length = np.r_[0, np.cumsum(np.hypot(np.diff(x), np.diff(z)))]
    place = (length - length[ARCH_COLUMNS // 2]) / length[ARCH_COLUMNS // 2]
    gap = np.abs(place[:, None] - gaps).min(1) * 4.2
    out_x, out_z = -np.gradient(z), np.gradient(x)
    size = np.hypot(out_x, out_z)
    return x, z, out_x / size, out_z / size, gap


def _sweep(curve, rows):
    """Grid from (y per column, offset per column) rows along the arch."""
    x, z, out_x, out_z, _ = curve
    points = [np.stack([x + out_x * o, y + 0 * x, z + out_z * o], -1) for y, o in rows]
    positions = np.concatenate(points)
    return positions, quad_grid(len(rows), len(x))


def teeth(face, upper):
    """One row of teeth and its gum, as two parts."""
    curve = _arch_curve(face, upper)
    gap = curve[-1]
    root, tip = (face.f.mouth_y + 1.02, face.f.mouth_y - 0.20) if upper else (face.f.mouth_y - 1.35, face.f.mouth_y - 0.42)
    size, groove = tip - root, bell(gap, 0, 0.06)
    rows = []
    profile = ((0, 0), (0.25, 0.07), (0.55, 0.10), (0.85, 0.085), (0.97, 0.04))
    profile += ((1.0, -0.06), (0.97, -0.16), (0.6, -0.24), (0, -0.26))
    for v, offset in profile:
        scallop = size * 0.045 * bell(gap, 0, 0.08) * (v > 0.8)
        rows.append((root + size * v - scallop, offset - 0.07 * groove * (offset > 0)))
    positions, faces = _sweep(curve, rows)
    faces = faces if upper else faces[:, ::-1].copy()
    column = np.tile(np.abs(np.linspace(-1, 1, ARCH_COLUMNS)), len(profile))
    v = np.repeat([p[0] for p in profile], ARCH_COLUMNS)
    inner = np.repeat([p[1] < -0.05 for p in profile], ARCH_COLUMNS)
    shade = (0.98 - 0.72 * smoothstep(0.18, 0.85, column)) * (0.72 + 0.28 * smoothstep(0, 0.5, v))
    shade *= np.where(inner, 0.35, 1.0) * (1.0 if upper else 0.82)
    shade *= 1 - 0.22 * np.tile(groove, len(profile))

    band = ((0.10, 0.02), (0, 0.10), (-0.35, 0.12), (-0.9, -0.1))
    rows = [(root + size * (v + 0.10 * bell(gap, 0, 0.16) * (v >= 0)), o) for v, o in band]
    gum_positions, gum_faces = _sweep(curve, rows)
    gum_faces = gum_faces[:, ::-1].copy() if upper else gum_faces
    gum_shade = 0.70 - 0.50 * smoothstep(0.15, 0.8, np.tile(np.abs(np.linspace(-1, 1, ARCH_COLUMNS)), 4))
    which = "Upper" if upper else "Lower"
    return [
        _jaw_part("teeth" + which, "teeth", positions, faces, shade, moves=not upper),
        _jaw_part("gum" + which, "gum", gum_positions, gum_faces, gum_shade, moves=not upper),
    ]


def _jaw_part(name, material, positions, faces, shade, moves, share=1.0):
    morphs = {}
    if name.startswith(("teeth", "gum")):
        # Rounded lips show no teeth: the rows draw back from them.
        away = np.zeros_like(positions) + [0, -1.0 if moves else 1.0, -0.8]
        morphs = {"mouthPucker": 0.32 * away, "mouthFunnel": 0.28 * away}
    if moves:
        still = np.zeros_like(positions)
        morphs |= {
            "jawOpen": jaw_rotation(positions) * share,
            "jawLeft": still + [JAW_SIDE, 0, 0],
            "jawRight": still - [JAW_SIDE, 0, 0],
            "jawForward": still + [0, 0, JAW_FORWARD],
        }
    return Part(name, material, positions, faces, rigid(positions, "head"), shade=shade, morphs=morphs)


def tongue(face):
    """A flattened tube that rides on the jaw and can be put out."""
    t = np.linspace(0, 1, TONGUE_ROWS)
    half_width = 1.55 * np.sqrt(np.clip(1 - np.clip((t - 0.45) / 0.56, 0, 1) ** 2.4, 0, 1))
    height = 0.52 * np.sqrt(np.clip(1 - np.clip((t - 0.3) / 0.71, 0, 1) ** 2.2, 0, 1)) + 0.02
    angle = np.linspace(0, 2 * np.pi, TONGUE_COLUMNS + 1)[:-1]
    cos, sin = np.cos(angle), np.sin(angle)
    middle_y = face.f.mouth_y - 1.05 + 0.15 * np.sin(np.pi * t)
    x = half_width[:, None] * cos
    furrow = 0.16 * (height / 0.5)[:, None] * bell(x, 0, 0.3) * (sin > 0)
    y = middle_y[:, None] + height[:, None] * np.where(sin > 0, 1, 0.7) * sin - furrow
    z = np.broadcast_to((3.4 + 4.55 * t)[:, None], x.shape)
    positions = np.stack([x, y, z], -1).reshape(-1, 3)
    faces = outward(positions, quad_grid(TONGUE_ROWS, TONGUE_COLUMNS, wrap=True))
    along = np.repeat(t, TONGUE_COLUMNS)
    shade = (0.16 + 0.62 * smoothstep(0.45, 1.0, along)) * (0.6 + 0.4 * np.tile(sin > -0.1, TONGUE_ROWS))
    part = _jaw_part("tongue", "tongue", positions, faces, shade, moves=True, share=0.92)
    out = np.zeros_like(positions)
    reach = smoothstep(0.05, 1, along)
    out[:, 0] = -0.12 * positions[:, 0] * reach
    out[:, 1] = 1.05 * smoothstep(0.1, 0.62, along) - 0.75 * smoothstep(0.62, 1, along)
    out[:, 2] = 2.6 * reach
    part.morphs["tongueOut"] = out
    return part


def build_mouth(face, mesh, skin_shapes):
    """All parts inside the mouth."""
    return [bag(face, mesh, skin_shapes), *teeth(face, True), *teeth(face, False), tongue(face)]
