"""Drawn eyes: the iris with its lights, the shaded white, the colours of the lashes."""

import numpy as np

from face.anime_eyes import white_frame
from fields import bell, blend, smoothstep


def _ellipse(x, y, place, size, soft=0.12):
    """Cover of an ellipse with a slightly soft edge."""
    r = np.hypot((x - place[0]) / size[0], (y - place[1]) / size[1])
    return 1 - smoothstep(1 - soft, 1 + soft, r)


def iris(p, size):
    """The iris seen from the front, sRGB (size, size, 3): dark above, luminous below, lights up left and down right."""
    axis = ((np.arange(size) + 0.5) / size * 2 - 1) / 0.98
    x, y = np.meshgrid(axis, -axis)
    r = np.hypot(x, y)
    dark, light, rim = np.array(p.dark), np.array(p.light), np.array(p.rim)
    middle = 0.5 * dark + 0.5 * light
    colour = blend(np.broadcast_to(middle, (size, size, 3)), dark, smoothstep(-0.15, 0.75, y))
    colour = blend(colour, light, smoothstep(0.10, -0.85, y))
    # A crescent of light along the lower edge, and a bright ring round the pupil.
    glow = smoothstep(0.30, 0.80, r) * smoothstep(-0.05, -0.75, y)
    colour = blend(colour, np.clip(light * 1.06 + 0.10, 0, 1), 0.80 * glow * _ellipse(x, y, (0, -0.25), (0.86, 0.70), 0.06))
    colour = blend(colour, np.clip(0.45 * light + 0.62 * middle, 0, 1), 0.55 * bell(r, 0.50, 0.06) * smoothstep(0.5, -0.3, y))
    # Rays
    angle = np.arctan2(y, x)
    rays = np.clip(np.cos(angle * 22), 0, 1) ** 2 * bell(r, 0.66, 0.16) * smoothstep(0.1, -0.5, y)
    colour = blend(colour, np.clip(light * 1.05 + 0.08, 0, 1), 0.22 * rays)
    pupil = _ellipse(x, y, (0, 0.02), (p.pupil * 0.86, p.pupil), 0.05)
    colour = blend(colour, 0.72 * rim, pupil)
    colour = blend(colour, np.clip(0.8 * middle + 0.05, 0, 1), 0.5 * _ellipse(x, y, (0, -0.14), (p.pupil * 0.50, p.pupil * 0.5), 0.5) * pupil)
    # Dark above, as the lash throws its shade on the eye.
    colour = blend(colour, rim, 0.80 * smoothstep(0.30, 0.86, y + 0.06 * x**2))
    colour = blend(colour, rim, smoothstep(0.885, 0.925, r))
    # The lights.
    for place, radius, cover in (
        ((-0.34, 0.43), (0.255, 0.285), 1.0),
        ((-0.02, 0.62), (0.085, 0.085), 0.95),
        ((0.36, -0.46), (0.135, 0.125), 0.92),
        ((0.50, -0.20), (0.055, 0.055), 0.80),
    ):
        colour = blend(colour, (1, 1, 1), np.clip(p.sparkle, 0, 1) * cover * _ellipse(x, y, place, radius, 0.05))
    return np.clip(colour, 0, 1)


def white(face, p, size):
    """The white of the left eye with the shade of the lash, sRGB (size, size, 3)."""
    left, right, bottom, top = white_frame(face)
    u = (np.arange(size) + 0.5) / size
    x, y = np.meshgrid(left + (right - left) * u, top + (bottom - top) * u)
    under = face.f.eye_line(x) + face.f.upper_lid_height(x) - y
    over = y - (face.f.eye_line(x) - face.f.lower_lid_height(x))
    colour = np.broadcast_to(np.array(p.white), (size, size, 3))
    shade = np.array(p.white) * (0.80, 0.78, 0.90)
    colour = blend(colour, shade, 1 - smoothstep(0.40, 0.50, under + 0.10 * (x - left)))
    soft = np.array(p.white) * (0.92, 0.915, 0.965)
    colour = blend(colour, soft, 0.8 * (1 - smoothstep(0.05, 0.55, np.minimum(over, under))))
    return np.clip(colour, 0, 1)


def lash(c, size):
    """Along the lid (u) and away from it (v): dark, with a warm upper edge near the nose."""
    u, v = np.meshgrid((np.arange(size) + 0.5) / size, (np.arange(size) + 0.5) / size)
    colour = np.broadcast_to(np.array(c.liner), (size, size, 3))
    warm = np.clip(np.array(c.liner) * 0.55 + np.array(c.blush) * 0.40, 0, 1)
    return blend(colour, warm, 0.75 * smoothstep(0.55, 1.0, v) * (1 - smoothstep(0.15, 0.55, u)))
