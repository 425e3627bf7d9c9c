"""Ears: a height field over the outline of an ear, turned to the side of the head."""

import numpy as np

from fields import bell, quad_grid, smoothstep
from part import Part, rigid

RINGS, COLUMNS = 9, 20
# The outline, from the top of the root over the helix down to the lobe: angle in degrees (0 back, 90 up) -> radius in cm.
OUTLINE = (
    (-180, 1.00), (-150, 1.45), (-120, 2.35), (-95, 2.75), (-70, 2.30), (-40, 1.75), (-10, 1.72), (20, 1.95),
    (50, 2.45), (80, 2.80), (105, 2.75), (130, 2.15), (155, 1.35), (180, 1.00),
)  # fmt: skip
TILT_DEG, FLARE_DEG = 12.0, 17.0


def _relief(r, angle):
    """Height over the plane of the ear at the share `r` of the outline's radius; angle in degrees."""
    back = smoothstep(-125, -60, angle) * (1 - smoothstep(120, 160, angle))
    helix = 0.34 * bell(r, 0.90, 0.13) * back
    scapha = -0.10 * bell(r, 0.72, 0.10) * back
    antihelix = 0.26 * bell(r, 0.52, 0.14) * smoothstep(-70, -20, angle) * (1 - smoothstep(70, 120, angle))
    concha = -0.34 * bell(r, 0.12, 0.34)
    tragus = 0.30 * bell(r, 0.62, 0.22) * bell(np.abs(angle), 180, 34)
    lobe = 0.12 * bell(r, 0.7, 0.4) * bell(angle, -95, 30)
    return helix + scapha + antihelix + concha + tragus + lobe


def ear(face, side, size, uv):
    """One ear; `uv` is a place of plain skin in the texture."""
    angle = np.linspace(-180, 180, COLUMNS + 1)[:-1]
    outline = np.interp(angle, *np.array(OUTLINE).T) * size
    share = np.r_[np.linspace(0, 0.94, RINGS - 3), 1.0, 0.97, 0.80]
    lift = np.r_[np.zeros(RINGS - 3), 0.0, -0.32, -0.55]  # round the edge, then back to the head
    r, a = np.meshgrid(share, angle, indexing="ij")
    flat = np.stack([r * outline * np.cos(np.radians(a)), r * outline * np.sin(np.radians(a))], -1)
    height = np.where(np.arange(RINGS)[:, None] < RINGS - 2, _relief(r, a), 0.05) * size + lift[:, None] * size
    height[RINGS - 3] = 0.30 * _relief(np.full(COLUMNS, 0.9), angle) * size
    # The plane of the ear: u runs back along the head, v up; it flares out to the back.
    tilt, flare = np.radians(TILT_DEG), np.radians(FLARE_DEG)
    back = np.array([np.sin(flare), 0, -np.cos(flare)])
    up = np.array([0.24, np.cos(tilt), -np.sin(tilt)])
    up /= np.linalg.norm(up)
    out = np.cross(up, back)
    # The front edge sits on the head in front of its middle.
    z = -1.2
    phi, row = _on_head(face, z, -1.75)
    root = face.head.loft(np.array([phi]), np.array([row]))[0] + np.array([0.34, 0, 0])
    centre = root + back * 1.0 * size
    positions = centre + flat[..., :1] * back + flat[..., 1:] * up + height[..., None] * out
    positions = positions.reshape(-1, 3)
    depth = 1 - 0.40 * bell(r, 0.12, 0.34) - 0.16 * bell(r, 0.72, 0.10)
    warm = np.array([1.0, 0.90, 0.88])
    shade = depth[..., None] * (1 - (1 - warm) * smoothstep(0.5, 1.0, r)[..., None])
    positions[:, 0] *= side
    faces = quad_grid(RINGS, COLUMNS, wrap=True, flip=side < 0)
    name = "earLeft" if side > 0 else "earRight"
    place = np.broadcast_to(np.asarray(uv, float), (len(positions), 2)).copy()
    return Part(name, "skin", positions, faces, rigid(positions, "head"), place, shade.reshape(-1, 3))


def _on_head(face, z, y):
    """(phi, row) of the left side of the head at the height and depth asked for."""
    phi, row = np.meshgrid(np.linspace(1.0, 2.3, 120), np.linspace(4, 12, 160))
    points = face.head.loft(phi, row)
    best = np.argmin((points[..., 2] - z) ** 2 + (points[..., 1] - y) ** 2)
    return phi.ravel()[best], row.ravel()[best]


def build_ears(face, size, uv):
    """Both ears."""
    return [ear(face, side, size, uv) for side in (1, -1)]
