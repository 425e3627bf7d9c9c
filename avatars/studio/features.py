"""Features of the face as functions of the frontal plane (x, y).

Everything here is shared by the mesh, the blendshapes and the painter, so that
a lip painted on the texture lies exactly on the lip of the mesh.
"""

import numpy as np
from scipy.interpolate import PchipInterpolator

from fields import bell, bump, smoothstep

# ------------------------------------------------------------------ mouth
MOUTH_Y = -6.02
MOUTH_HALF_WIDTH = 2.22
CORNER_RISE = 0.40  # the corners sit higher than the middle: a slight smile at rest


def lip_contact(x):
    """Height of the line where the closed lips touch."""
    q = np.clip(np.abs(x) / MOUTH_HALF_WIDTH, 0, 1.3)
    return MOUTH_Y + CORNER_RISE * q**2 - 0.05 * bell(x, 0, 0.45)


def upper_lip_height(x):
    """Height of the upper vermilion above the contact line (Cupid's bow)."""
    ax = np.abs(x)
    q = np.clip(ax / MOUTH_HALF_WIDTH, 0, 1)
    bow = 0.05 * bell(ax, 0.5, 0.35) * (q < 1) * (1 - q)
    return 0.60 * (1 - q**2.2) ** 0.9 - 0.10 * bell(x, 0, 0.30) + bow


def lower_lip_height(x):
    """Height of the lower vermilion below the contact line."""
    q = np.clip(np.abs(x) / MOUTH_HALF_WIDTH, 0, 1)
    return 0.80 * (1 - q**2) ** 0.85


# ------------------------------------------------------------------ eyes
EYE_CENTRE = np.array([3.30, 0.05, 6.62])  # left eye; the right one is mirrored
EYE_RADIUS = 1.86
LID_THICKNESS = 0.14
EYE_INNER_X, EYE_OUTER_X = 1.58, 5.08


def _along_lid(ax):
    return np.clip((ax - EYE_INNER_X) / (EYE_OUTER_X - EYE_INNER_X), 0, 1)


def eye_line(ax):
    """The tilted line from the inner to the outer corner of the eye."""
    return -0.22 + 0.52 * (ax - EYE_INNER_X) / (EYE_OUTER_X - EYE_INNER_X)


def upper_lid_height(ax):
    """Opening above the eye line."""
    return 0.93 * np.sin(np.pi * _along_lid(ax) ** 0.92) ** 0.66


def lower_lid_height(ax):
    """Opening below the eye line."""
    return 0.72 * np.sin(np.pi * _along_lid(ax) ** 1.15) ** 0.85


def eye_sphere_z(x, y, clearance=LID_THICKNESS):
    """Front of the eyeball sphere grown by `clearance`; falls away outside it."""
    d2 = (np.abs(x) - EYE_CENTRE[0]) ** 2 + (y - EYE_CENTRE[1]) ** 2
    radius = EYE_RADIUS + clearance
    inside = np.sqrt(np.maximum(radius**2 - d2, 0.02))
    return EYE_CENTRE[2] + inside - np.maximum(d2 - radius**2 * 0.97, 0)


# ------------------------------------------------------------------ nose
NOSTRIL = (0.52, -4.02)
_NOSE_TOP, _NOSE_BASE = 1.4, -4.75
_nose_profile = PchipInterpolator(
    [-4.75, -4.35, -4.1, -3.85, -3.55, -3.25, -2.9, -2.3, -1.4, -0.4, 0.5, 1.4],
    [0, 0.10, 0.34, 0.86, 1.26, 1.43, 1.38, 1.06, 0.68, 0.36, 0.15, 0],
)
_nose_width = PchipInterpolator(
    [-4.75, -4.1, -3.7, -3.2, -2.5, -1.4, 0, 1.4],
    [0.5, 0.58, 0.76, 0.80, 0.68, 0.60, 0.60, 0.85],
)


def nose(x, y):
    """Relief of the nose: profile times width, wings, tip, nostrils."""
    ax, inside = np.abs(x), np.clip(y, _NOSE_BASE, _NOSE_TOP)
    profile = np.where((y > _NOSE_BASE) & (y < _NOSE_TOP), _nose_profile(inside), 0)
    width = _nose_width(inside) * 0.92
    height = profile * np.exp(-(np.abs(x / width) ** 2.1))
    height += 0.48 * bump(ax, y, 0.88, -3.64, 0.38, 0.40)  # wings
    height += 0.14 * bump(x, y, 0, -3.12, 0.55, 0.5)  # tip
    height -= 0.30 * bump(ax, y, *NOSTRIL, 0.25, 0.15)
    return height


# ------------------------------------------------------------------ the rest of the face
def broad_relief(x, y):
    """The soft forms only: what skin slides over when the face moves."""
    ax = np.abs(x)
    return (
        0.16 * bump(ax, y, 3.3, 2.25, 2.2, 0.75)  # brow ridge
        + 0.40 * bump(ax, y, 4.0, -2.5, 1.7, 1.35)  # apple of the cheek
        + 0.26 * bump(x, y, 0, -5.7, 2.2, 1.5)  # muzzle
        - 0.10 * bump(ax, y, 4.6, -5.0, 1.2, 1.3)  # under the cheekbone
    )


def relief(x, y):
    """Displacement of the skin along z, without lips and lids."""
    ax = np.abs(x)
    height = nose(x, y) + broad_relief(x, y)
    height -= 0.58 * bump(ax, y, 2.7, 0.25, 1.75, 1.15)  # eye socket
    height -= 0.42 * bump(ax, y, 1.75, 0, 0.75, 0.75)  # inner corner of the eye
    height -= 0.10 * bump(x, y, 0, -4.85, 0.24, 0.5)  # philtrum
    height -= 0.22 * bump(x, y, 0, -7.4, 1.3, 0.42)  # groove under the lower lip
    height += 0.30 * bump(x, y, 0, -8.35, 1.15, 0.82)  # chin
    height -= 0.14 * bump(ax, y, 2.62, -5.85, 0.5, 0.7)  # mouth corner dimple
    return height


def brow(x, y):
    """Cover of the eyebrow at (x, y) and the place along it (0 inner, 1 outer)."""
    t = (np.abs(x) - 1.22) / (5.75 - 1.22)
    along = np.clip(t, 0, 1)
    centre = 2.30 + 0.52 * np.sin(np.pi * along**1.15 * 0.80) - 0.22 * along**4
    thickness = 0.34 * (1 - along) ** 0.5 * (0.80 + 0.20 * smoothstep(0, 0.3, along)) + 0.05
    cover = 1 - smoothstep(0.45, 1.15, np.abs((y - centre) / thickness))
    cover *= smoothstep(-0.03, 0.18, t) * (1 - smoothstep(0.93, 1.02, t))
    return cover, along, y - centre
