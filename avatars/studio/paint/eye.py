"""The eye: iris, pupil and white, seen from the front."""

import numpy as np
from scipy.ndimage import gaussian_filter

from fields import bell, blend, smoothstep


def eye(params, size, seed):
    """Colour of the ball, sRGB (size, size, 3); the painted catch-lights lie up left as the key light does."""
    p, share = params.iris, params.face.eyes.iris
    rng = np.random.default_rng(seed)
    axis = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(axis, -axis)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    white = np.broadcast_to(np.array(p.white), (size, size, 3))
    white = blend(white, np.array(p.white) * (0.92, 0.80, 0.78), 0.7 * smoothstep(0.62, 1, radius))
    q, height = radius / share, y / share
    fibre = gaussian_filter(rng.normal(size=720), 1.2, mode="wrap")
    fibre = np.interp((angle + np.pi) / (2 * np.pi) * 720, np.arange(720), fibre / np.abs(fibre).max())
    dark = np.broadcast_to(np.array(p.dark), (size, size, 3))
    # Light falls through the cornea on the lower half of the iris.
    glow = np.clip(0.62 - 0.78 * height, 0, 1) * smoothstep(0.30, 0.62, q) * (1 - 0.45 * smoothstep(0.70, 0.98, q))
    iris = blend(dark, p.light, glow)
    iris = iris * (1 + 0.30 * fibre * smoothstep(0.35, 0.6, q))[..., None]
    iris = blend(iris, np.clip(1.35 * np.array(p.light) + 0.05, 0, 1), 0.55 * bell(q, 0.66, 0.12) * np.clip(-height, 0, 1))
    iris = blend(iris, p.rim, 0.92 * smoothstep(0.80, 0.97, q))
    iris = blend(iris, (0.02, 0.012, 0.012), 1 - smoothstep(p.pupil - 0.04, p.pupil + 0.03, q))
    iris = blend(iris, p.rim, 0.55 * smoothstep(0.1, 0.95, height))
    colour = blend(white, iris, 1 - smoothstep(0.93, 1.04, q))
    window = np.exp(-((((x + 0.17) / 0.115) ** 2 + ((y - 0.21) / 0.125) ** 2) ** 2))
    colour = blend(colour, (1, 1, 1), np.clip(0.96 * p.sparkle * window, 0, 1))
    small = np.exp(-((((x - 0.20) / 0.055) ** 2 + ((y + 0.21) / 0.05) ** 2) ** 2))
    colour = blend(colour, (1, 1, 1), np.clip(0.65 * p.sparkle * small, 0, 1))
    bounce = bell(q, 0.74, 0.16) * np.exp(-(((angle + 1.25) / 0.55) ** 2))
    return np.clip(blend(colour, (1, 0.93, 0.85), 0.26 * bounce), 0, 1)
