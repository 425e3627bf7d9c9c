"""Repeating textures as formulas: square pictures of linear colour, each from its own seed."""

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

SIDE = 512


def linear(srgb):
    """sRGB 0..1 as linear light."""
    c = np.asarray(srgb, float)
    return np.where(c < 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def noise(seed, fine, stretch=(1.0, 1.0), side=SIDE):
    """Tileable smooth noise, mean 0, deviation 1; `fine` is its size in pixels, stretched along (rows, columns)."""
    white = np.random.default_rng(seed).normal(size=(side, side))
    soft = gaussian_filter(white, (fine * stretch[0], fine * stretch[1]), mode="wrap")
    return (soft - soft.mean()) / (soft.std() + 1e-12)


def cloud(seed, coarse=60, octaves=4, stretch=(1.0, 1.0)):
    """Noise in several sizes."""
    layers = sum(noise(seed + k, coarse / 2**k, stretch) / 1.8**k for k in range(octaves))
    return layers / layers.std()


def blend(a, b, share):
    """Between the sRGB colours a and b, as linear light."""
    share = np.clip(share, 0, 1)[..., None]
    return linear(a) * (1 - share) + linear(b) * share


def _grid():
    """Row and column of every pixel, 0..1."""
    return np.mgrid[0:SIDE, 0:SIDE] / SIDE


def wood(light, dark, seed=1, rings=9.0):
    """Boards cut along the grain, which runs along u."""
    v, u = _grid()
    bend = 0.05 * noise(seed, 60, (0.6, 2.2)) + 0.012 * noise(seed + 1, 14, (0.5, 4))
    figure = 0.5 + 0.5 * np.sin(2 * np.pi * (rings * v + 2.2 * bend * rings))
    fibre = noise(seed + 2, 1.1, (0.6, 26))
    return blend(light, dark, 0.42 * figure**1.6 + 0.17 * fibre + 0.10 * noise(seed + 3, 40, (0.5, 3)) + 0.2)


def planks(light, dark, seed=1, boards=4):
    """Floor boards along u with dark joints."""
    v, u = _grid()
    picture = wood(light, dark, seed, rings=11)
    rng = np.random.default_rng(seed)
    row = np.floor(v * boards).astype(int)
    shift, tint = rng.random(boards), rng.uniform(0.78, 1.14, (boards, 2))
    along = u + shift[row]
    half = np.floor(along * 1.0).astype(int) % 2
    picture = picture * tint[row, half][..., None]
    joint = np.minimum(np.abs((v * boards + 0.5) % 1 - 0.5) / boards, np.abs((along + 0.5) % 1 - 0.5))
    return picture * (0.35 + 0.65 * np.clip(joint * SIDE / 2.0, 0, 1))[..., None]


def stone(ground, vein, seed=5, strength=1.0):
    """Polished marble: thin veins through clouds."""
    bend = cloud(seed, 70, 4)
    other = cloud(seed + 20, 50, 4)
    veins = np.exp(-np.abs(bend) * 11) * np.clip(0.6 + 0.5 * other, 0, 1.3)
    fine = 0.5 * np.exp(-np.abs(other) * 16)
    return blend(ground, vein, strength * (0.75 * veins + 0.5 * fine + 0.09 * cloud(seed + 9, 90, 3)))


def terrazzo(ground, chips, seed=3):
    """Stone chips in cement."""
    picture = np.broadcast_to(linear(ground), (SIDE, SIDE, 3)).copy()
    for k, chip in enumerate(chips):
        field = noise(seed + k, 5.5)
        mask = np.clip((field - 1.35) * 8, 0, 1)[..., None]
        picture = picture * (1 - mask) + mask * linear(chip)
    return picture


def plaster(colour, seed=7, depth=0.05):
    """Hand-smoothed wall: faint clouds."""
    shade = 1 + depth * cloud(seed, 90, 4) + 0.4 * depth * noise(seed + 8, 1.5)
    return linear(colour) * np.clip(shade, 0.6, 1.4)[..., None]


def cloth(colour, seed=9, threads=64):
    """Plain weave."""
    v, u = _grid()
    over = np.sin(2 * np.pi * threads * u) * np.sin(2 * np.pi * threads * v)
    shade = 1 + 0.14 * over + 0.06 * noise(seed, 1.0, (0.6, 12)) + 0.06 * noise(seed + 1, 1.0, (12, 0.6))
    return linear(colour) * np.clip(shade, 0.5, 1.5)[..., None]


def tiles(colour, joint, seed=4, count=4, long=2, tint=0.1):
    """Glazed tiles in running bond, `long` times as wide as high."""
    v, u = _grid()
    rows = count * long
    row = np.floor(v * rows).astype(int)
    x = u * count + 0.5 * (row % 2)
    column = np.floor(x).astype(int) % count
    shade = np.random.default_rng(seed).normal(1, tint, (rows, count))[row, column]
    gap = np.minimum(np.abs((x + 0.5) % 1 - 0.5) / count, np.abs((v * rows + 0.5) % 1 - 0.5) / rows) * SIDE
    picture = linear(colour) * np.clip(shade, 0.4, 1.6)[..., None]
    edge = np.clip(gap / 2.2 - 0.4, 0, 1)[..., None]
    return picture * edge + linear(joint) * (1 - edge)


def fans(ground, line, count=6):
    """Overlapping fans (the wave pattern of silk), lines of gold."""
    v, u = _grid()
    value = np.zeros((SIDE, SIDE))
    done = np.zeros((SIDE, SIDE), bool)
    for step in range(6):
        # the nearest row lies on top
        row = np.floor(v * count * 2) - 2 + step
        centre = np.round(u * count - 0.5 * (row % 2)) + 0.5 * (row % 2)
        far = np.hypot(u * count - centre, (v * count * 2 - row) / 2)
        inside = (far < 0.5) & ~done
        rings = np.abs(((far * 2) * 3 + 0.5) % 1 - 0.5)
        value = np.where(inside, np.clip(1.3 - rings * 9, 0, 1), value)
        done |= inside
    return blend(ground, line, gaussian_filter(value, 0.7, mode="wrap"))


def landscape(paper, ink, seed=31):
    """An ink wash: ridges that fade into mist, a pale sun. Not tileable, meant for one sheet (v runs upwards)."""
    v, u = _grid()
    shade = 0.03 * cloud(seed, 80, 3) + 0.03
    for k, (base, rough, dark) in enumerate(((0.62, 0.10, 0.22), (0.46, 0.13, 0.38), (0.28, 0.12, 0.62))):
        rng = np.random.default_rng(seed + 10 + k)
        ridge = gaussian_filter(rng.normal(size=SIDE), 26 - 5 * k, mode="wrap")
        ridge = ridge / ridge.std() + 0.22 * gaussian_filter(rng.normal(size=SIDE), 4, mode="wrap") * 4
        crest = base + rough * ridge
        below = crest[None, :] - v
        body = np.where(below > 0, dark * np.exp(-below / 0.16), 0)
        shade = np.maximum(shade * np.where(below > 0, 0.55, 1), gaussian_filter(body, 1.2))
    sun = np.clip((0.055 - np.hypot(u - 0.70, v - 0.80)) * 120, 0, 1)[..., None]
    return blend(paper, ink, shade) * (1 - sun) + sun * linear((0.80, 0.36, 0.26))


def porcelain(ground, blue, seed=41):
    """Blue brushwork on white glaze: scrolls and bands."""
    v, u = _grid()
    field = cloud(seed, 34, 3)
    scroll = np.clip(1.4 - np.abs(((field * 1.4 + 0.5) % 1) - 0.5) * 8, 0, 1)
    wash = np.clip(noise(seed + 3, 22) - 0.3, 0, 1) * 0.55
    bands = np.clip(1.5 - np.abs(v - 0.06) * 90, 0, 1) + np.clip(1.5 - np.abs(v - 0.94) * 90, 0, 1)
    return blend(ground, blue, np.clip(0.75 * scroll * (wash > 0.05) + wash + bands, 0, 0.95))


def glowing(inside, outside, seed=51):
    """A screen's picture without words: soft waves of light."""
    v, u = _grid()
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (u + 0.25 * np.sin(2 * np.pi * v) + 0.12 * noise(seed, 70)))
    crest = np.exp(-(((v - 0.45 - 0.14 * np.sin(2 * np.pi * u)) / 0.16) ** 2))
    picture = blend(outside, inside, 0.25 * wave + 0.75 * crest)
    lines = 0.0
    for k in range(9):
        line = v - 0.45 - 0.03 * (k - 4) - (0.11 + 0.012 * k) * np.sin(2 * np.pi * (u + 0.03 * k))
        lines = lines + 0.16 * np.exp(-((line / 0.004) ** 2))
    return picture + np.clip(lines, 0, 1)[..., None] * linear(inside) * 0.8


def warped(picture, seed, pixels=6):
    """The picture pushed about a little, so that nothing is ruled."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(float)
    where = (y + pixels * noise(seed, 50), x + pixels * noise(seed + 1, 50))
    return np.stack(
        [map_coordinates(picture[..., k], where, order=1, mode="grid-wrap") for k in range(3)], -1
    )
