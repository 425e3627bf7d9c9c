"""Painted textures: for each texel evaluate the same analytic head and colour by formula."""

import numpy as np
from scipy.ndimage import gaussian_filter

import clothes
import features as f
import head
import lina
from eyes import IRIS_RADIUS
from fields import bell, blend, bump, smoothstep


def _noise(rng, shape, sigma, mode="reflect"):
    """Gaussian noise of unit variance; sigma in pixels, per axis where a pair."""
    noise = gaussian_filter(rng.normal(size=shape), sigma, mode=mode)
    return noise / noise.std()


def skin(size, seed=3):
    """Base colour of the skin without baked light, sRGB (size, size, 3)."""
    rng = np.random.default_rng(seed)
    texel = (np.arange(size) + 0.5) / size
    phi, row = np.meshgrid(head.phi_of_u(texel), head.row_of_v(texel))
    x, y, _ = np.moveaxis(head.loft(phi, row), -1, 0)
    front = ((np.cos(phi) > 0) & (row < 14.3)) * smoothstep(0, 0.25, np.cos(phi))
    coarse = _noise(rng, (size, size), size / 40)
    colour = (
        np.array(lina.SKIN) * (1 + 0.008 * coarse + 0.006 * _noise(rng, (size, size), size / 700))[..., None]
    )
    colour = _complexion(colour, x, y, front)
    neck = smoothstep(12.4, 13.6, row) * (1 - smoothstep(16.0, 18.5, row)) * np.clip(np.cos(phi), 0, 1)
    colour = blend(colour, 0.86 * np.array(lina.SKIN) * (1, 0.94, 0.92), 0.40 * neck)
    colour = _eye_makeup(colour, x, y, front)
    colour = _lips(colour, x, y, front)
    cover, along, across = f.brow(x, y)
    hairs = np.sin((np.abs(x) * 7.5 - across * (9 - 12 * along)) * 2.2 + 0.9 * coarse) * 0.5 + 0.5
    cover = front * cover * (0.78 + 0.06 * hairs) * (0.60 + 0.40 * smoothstep(0, 0.35, along))
    colour = blend(colour, lina.BROW, cover)
    return np.clip(_scalp(colour, x, y, phi, row, coarse), 0, 1)


def _complexion(colour, x, y, front):
    ax = np.abs(x)
    for target, amount, place in (
        (lina.BLUSH, 0.36, bump(ax, y, 4.2, -2.6, 1.8, 1.25)),
        (lina.BLUSH, 0.24, bump(x, y, 0, -3.2, 0.95, 0.7)),
        (lina.BLUSH, 0.14, bump(x, y, 0, -8.6, 1.2, 0.75)),
        ((0.97, 0.84, 0.76), 0.35, bump(x, y, 0, 5.2, 3.5, 2.2)),
        ((0.97, 0.84, 0.77), 0.40, bump(ax, y, 2.9, -1.6, 1.3, 0.5)),
        ((0.99, 0.88, 0.81), 0.18, bump(x, y, 0, -1.7, 0.40, 1.6)),  # light on the nose bridge
        ((0.86, 0.63, 0.55), 0.10, bump(ax, y, 0.70, -1.9, 0.34, 1.5)),  # sides of the nose
        ((0.78, 0.52, 0.46), 0.30, bump(x, y, 0, -4.35, 0.75, 0.20)),  # under the nose
        ((0.76, 0.50, 0.43), 0.26, bump(ax, y, 1.45, -3.9, 0.33, 0.6)),
        ((0.76, 0.50, 0.44), 0.20, bump(x, y, 0, -7.3, 1.2, 0.3)),
    ):
        colour = blend(colour, target, front * amount * place)
    nostril_x, nostril_y = f.NOSTRIL
    hole = np.exp(-((((ax - nostril_x) / 0.25) ** 2 + ((y - nostril_y + 0.05) / 0.12) ** 2) ** 1.5))
    return blend(colour, (0.40, 0.19, 0.16), front * 0.75 * hole)


def _eye_makeup(colour, x, y, front):
    ax = np.abs(x)
    above = y - (f.eye_line(ax) + f.upper_lid_height(ax))
    below = (f.eye_line(ax) - f.lower_lid_height(ax)) - y
    within = smoothstep(f.EYE_INNER_X - 0.15, f.EYE_INNER_X + 0.6, ax)
    within = within * (1 - smoothstep(f.EYE_OUTER_X - 0.05, f.EYE_OUTER_X + 0.32, ax)) * front
    outer = smoothstep(f.EYE_INNER_X + 0.4, f.EYE_OUTER_X, ax)
    shadow = within * (above > -0.3) * (1 - smoothstep(0.05, 0.95, above)) * (0.26 + 0.30 * outer)
    colour = blend(colour, (0.72, 0.46, 0.40), shadow)
    colour = blend(colour, (0.58, 0.36, 0.31), within * bell(above, 0.32, 0.08) * 0.55)  # crease
    liner = within * (1 - smoothstep(0.02, 0.13 + 0.05 * outer, np.abs(above - 0.02)))
    colour = blend(colour, (0.17, 0.10, 0.085), liner * (0.70 + 0.30 * outer))
    lower = within * (1 - smoothstep(0, 0.14, np.abs(below))) * (0.22 + 0.35 * outer)
    colour = blend(colour, (0.60, 0.36, 0.32), lower)
    return blend(
        colour, (0.88, 0.56, 0.52), front * 0.7 * bump(ax, y, f.EYE_INNER_X + 0.02, -0.2, 0.16, 0.13)
    )


def _lips(colour, x, y, front):
    contact, q = f.lip_contact(x), np.abs(x) / f.MOUTH_HALF_WIDTH
    upper = (y - contact) / (f.upper_lip_height(x / 1.02) + 0.04)
    lower = (contact - y) / (f.lower_lip_height(x / 1.02) + 0.04)
    reach = np.where(y > contact, upper, lower)
    cover = (1 - smoothstep(0.82, 1.12, reach)) * (1 - smoothstep(1.0, 1.05, q)) * front
    lip = np.array(lina.LIPS)
    colour = blend(colour, lip, 0.90 * cover)
    colour = blend(colour, 0.84 * lip, 0.5 * cover * (y > contact))
    gloss = cover * (y < contact) * np.exp(-(((lower - 0.45) / 0.28) ** 2)) * (0.45 + 0.4 * bell(x, 0, 0.9))
    colour = blend(colour, np.clip(1.12 * lip + 0.10, 0, 1), gloss * 0.75)
    line = front * (1 - smoothstep(0.02, 0.07, np.abs(y - contact))) * (1 - smoothstep(1.0, 1.06, q))
    colour = blend(colour, (0.46, 0.17, 0.17), 0.8 * line)
    wrinkles = np.sin(26 * x + 2 * np.sin(7 * x)) * 0.5 + 0.5
    return colour * (1 - 0.05 * cover * wrinkles)[..., None]


def _scalp(colour, x, y, phi, row, coarse):
    """Skin darkens towards hair above the hairline and behind the temples."""
    hairline = 7.9 + 0.25 * coarse - 0.05 * np.abs(x) ** 1.6
    above = smoothstep(-0.5, 0.9, y - hairline) * (np.cos(phi) > -0.1)
    behind = smoothstep(1.30, 1.55, np.abs(phi)) * (1 - smoothstep(9.0, 11.0, row))
    return blend(colour, 0.75 * np.array(lina.HAIR), 0.92 * np.maximum(above, behind))


def eye(size, seed=1):
    """Iris, pupil and sclera with a soft catch-light, seen from the front."""
    rng = np.random.default_rng(seed)
    axis = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(axis, -axis)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    white = np.broadcast_to(np.array((0.965, 0.958, 0.955)), (size, size, 3))
    white = blend(white, (0.88, 0.75, 0.72), 0.7 * smoothstep(0.55, 1, radius))
    q, height = radius / IRIS_RADIUS, y / IRIS_RADIUS
    fibre = gaussian_filter(rng.normal(size=720), 1.2, mode="wrap")
    fibre = np.interp((angle + np.pi) / (2 * np.pi) * 720, np.arange(720), fibre / np.abs(fibre).max())
    dark = np.broadcast_to(np.array(lina.IRIS_DARK), (size, size, 3))
    glow = (
        np.clip(0.60 - 0.70 * height, 0, 1) * smoothstep(0.25, 0.6, q) * (1 - 0.35 * smoothstep(0.75, 1, q))
    )
    iris = blend(dark, lina.IRIS_LIGHT, glow)
    iris = iris * (1 + 0.28 * fibre * smoothstep(0.3, 0.6, q))[..., None]
    iris = blend(iris, (0.07, 0.04, 0.03), 0.9 * smoothstep(0.80, 0.99, q))
    iris = blend(iris, (0.02, 0.015, 0.015), 1 - smoothstep(0.36, 0.43, q))
    iris = blend(iris, (0.07, 0.04, 0.03), 0.5 * smoothstep(0.1, 0.95, height))
    colour = blend(white, iris, 1 - smoothstep(0.95, 1.04, q))
    window = np.exp(-(((x + 0.18) / 0.105) ** 4) - ((y - 0.21) / 0.115) ** 4)
    colour = blend(colour, (1, 1, 1), 0.92 * window)
    bounce = np.exp(-(((x - 0.22) / 0.10) ** 2) - ((y + 0.24) / 0.07) ** 2)
    return np.clip(blend(colour, (1, 0.97, 0.93), 0.28 * bounce), 0, 1)


def hair(size, seed=5):
    """Strands along v (root at the top) with soft light bands across them."""
    rng = np.random.default_rng(seed)
    fine = _noise(rng, (size, size), (size / 6, size / 420), "wrap")
    wide = _noise(rng, (size, size), (size / 5, size / 60), "wrap")
    v = np.broadcast_to(((np.arange(size) + 0.5) / size)[:, None], (size, size))
    colour = np.broadcast_to(np.array(lina.HAIR), (size, size, 3))
    jitter = 0.020 * wide
    crown = np.exp(-(((v - 0.20 + jitter) / 0.085) ** 2)) * (0.85 + 0.12 * fine)
    lower = np.exp(-(((v - 0.60 + 2 * jitter) / 0.13) ** 2)) * (0.8 + 0.2 * wide)
    colour = blend(colour, lina.HAIR_LIGHT, np.clip(0.55 * crown + 0.24 * lower, 0, 1))
    tone = (1 + 0.045 * fine + 0.05 * wide) * (0.78 + 0.22 * smoothstep(0, 0.12, v))
    warm = blend(colour * tone[..., None], np.array(lina.HAIR_LIGHT) * 0.85, 0.20 * smoothstep(0.6, 1.0, v))
    return np.clip(warm, 0, 1)


def jacket(size, seed=9):
    """Wool with a faint twill, soft folds, and the lines of darts, side seams and pockets."""
    rng = np.random.default_rng(seed)
    texel = (np.arange(size) + 0.5) / size
    u, v = np.meshgrid(texel, texel)
    twill = 0.010 * np.sin((u * 1.5 + v) * size * 1.05) + 0.012 * _noise(rng, (size, size), 0.8)
    folds = 0.020 * _noise(rng, (size, size), (size / 14, size / 40))
    colour = np.array(lina.JACKET) * (1 + twill + folds)[..., None]
    row = v * clothes.LAST_ROW
    edge = clothes.opening(row)
    phi = edge + (2 * np.pi - 2 * edge) * (u - 0.02) / 0.66
    turn = np.minimum(phi, 2 * np.pi - phi)  # degrees from the front, both sides alike
    body, sleeve = (u > 0.015) & (u < 0.685), u > 0.715

    def seam(distance, width):
        return np.exp(-((distance / width) ** 2)) - 0.35 * np.exp(-(((distance - 2.2 * width) / width) ** 2))

    dart = seam(turn - np.radians(40) - 0.02 * (row - 4), 0.010) * smoothstep(3.3, 3.8, row)
    side = seam(turn - np.radians(96), 0.010) * smoothstep(2.6, 3.2, row)
    pocket = seam(row - 6.25 - 0.10 * turn, 0.018) * (np.abs(turn - np.radians(52)) < np.radians(17))
    front_edge = seam(turn - edge - 0.05, 0.008)
    lines = body * (0.20 * dart + 0.20 * side + 0.30 * pocket + 0.12 * front_edge)
    cuff = sleeve * 0.15 * seam(v - 0.06, 0.006)
    return np.clip(colour * (1 - lines - cuff)[..., None], 0, 1)


PAINTERS = {"skin": skin, "eye": eye, "hair": hair, "jacket": jacket}
