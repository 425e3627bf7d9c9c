"""Things that stand in the sets. Each function puts one thing into set `s`; `at` is where it stands, metres."""

import numpy as np
from shapes import ball, box, curve, join, lathe, rod, sheet, tube

# Profiles of vessels of height 1: radius, height.
VESSELS = {
    "bottle": [(0, 0), (0.17, 0), (0.19, 0.03), (0.19, 0.60), (0.17, 0.68), (0.07, 0.74), (0.065, 0.80)],
    "vase": [
        (0, 0),
        (0.16, 0),
        (0.24, 0.16),
        (0.30, 0.40),
        (0.22, 0.66),
        (0.10, 0.80),
        (0.09, 0.90),
        (0.15, 1.0),
        (0.12, 0.97),
    ],
    "round": [
        (0, 0),
        (0.22, 0),
        (0.42, 0.20),
        (0.50, 0.48),
        (0.40, 0.76),
        (0.18, 0.90),
        (0.17, 1.0),
        (0.14, 0.97),
    ],
    "tall": [
        (0, 0),
        (0.13, 0),
        (0.15, 0.1),
        (0.19, 0.55),
        (0.17, 0.8),
        (0.10, 0.92),
        (0.13, 1.0),
        (0.10, 0.98),
    ],
    "bowl": [
        (0, 0),
        (0.40, 0),
        (0.42, 0.10),
        (0.70, 0.35),
        (0.95, 0.80),
        (1.02, 1.0),
        (0.96, 0.98),
        (0.60, 0.35),
        (0, 0.22),
    ],
    "jar": [(0, 0), (0.34, 0), (0.40, 0.06), (0.42, 0.5), (0.38, 0.74), (0.30, 0.80)],
    "pot": [
        (0, 0),
        (0.34, 0),
        (0.37, 0.04),
        (0.47, 0.92),
        (0.50, 0.98),
        (0.47, 1.0),
        (0.43, 0.95),
        (0.40, 0.86),
        (0, 0.84),
    ],
    "gourd": [
        (0, 0),
        (0.2, 0),
        (0.36, 0.2),
        (0.3, 0.46),
        (0.14, 0.58),
        (0.2, 0.76),
        (0.1, 0.92),
        (0.07, 1.0),
    ],
}


def put(s, part, material, at, turn=0.0):
    """Adds a part turned about its upright axis."""
    s.add((part.turned(1, turn) if turn else part).moved(*at), material)


def vessel(s, kind, height, material, at, wide=1.0):
    """A turned vessel."""
    put(s, lathe(VESSELS[kind], rows=36).scaled(height * wide, height, height * wide), material, at)


def bottle(s, height, body, cap, at, wide=1.0, label=None):
    """A cosmetics bottle with its cap, and a plain label if there is a material for it."""
    vessel(s, "bottle", height, body, at, wide)
    x, y, z = at
    put(s, rod(0.085 * height * wide, 0.24 * height, soft=0.008 * height), cap, (x, y + 0.77 * height, z))
    if label is not None:
        r = 0.195 * height * wide
        a = np.linspace(-0.9, 0.9, 12)
        band = np.stack(
            [np.stack([r * np.sin(a), 0 * a + h * height, r * np.cos(a)], -1) for h in (0.16, 0.46)]
        )
        put(s, sheet(band), label, at)


def jar(s, height, body, lid, at, wide=1.0):
    """A low jar with a lid."""
    vessel(s, "jar", height, body, at, wide)
    x, y, z = at
    put(s, rod(0.43 * height * wide, 0.26 * height, soft=0.03 * height), lid, (x, y + 0.76 * height, z))


def tube_pack(s, height, body, cap, at):
    """A tube of cream standing on its cap."""
    x, y, z = at
    put(s, rod(0.15 * height, 0.2 * height, soft=0.01), cap, at)
    t, a = np.linspace(0, 1, 8)[:, None], np.linspace(0, 2 * np.pi, 25)[None, :]
    across, through = 0.15 + 0.08 * t, 0.15 * (1 - t) + 0.004
    points = np.stack([across * np.sin(a), 0.18 + 0.82 * t + 0 * a, through * np.cos(a)], -1) * height
    put(s, sheet(points, closed=True), body, at, turn=8)


def parcel(s, size, paper, ribbon, at, turn=0.0, bow=True):
    """A gift box with a lid, a ribbon both ways and a bow."""
    w, h, d = size
    put(s, box(w, h * 0.82, d), paper, at, turn)
    x, y, z = at
    put(s, box(w * 1.04, h * 0.22, d * 1.04), paper, (x, y + h * 0.8, z), turn)
    put(s, box(w * 1.055, h * 1.035, 0.14 * w, soft=0.002), ribbon, at, turn)
    put(s, box(0.14 * w, h * 1.035, d * 1.055, soft=0.002), ribbon, at, turn)
    if bow:
        for tilt in (-60, -25, 25, 60):
            loop = curve(
                [(0, 0, 0), (0.10, 0.10, 0.02), (0.20, 0.13, 0), (0.23, 0.07, 0), (0.14, 0.02, 0), (0, 0, 0)],
                22,
            )
            flat = tube(loop * w * 1.2, 0.010 * w * 2, sides=8).scaled(1, 1, 3.2)
            put(s, flat.turned(1, tilt * 2.2), ribbon, (x, y + h * 1.03, z), turn)


def bag(s, size, paper, cord, at, turn=0.0):
    """A paper bag with two cords."""
    w, h, d = size
    t = np.linspace(0, 1, 6)[:, None]
    corners = np.array([(-1, 1), (1, 1), (1, -1), (-1, -1), (-1, 1)]) * [w / 2, d / 2]
    sides = []
    for a, b in zip(corners[:-1], corners[1:]):
        edge = np.stack([a, b])
        sides.append(
            sheet(
                np.stack(
                    [
                        edge[None, :, 0] + 0 * t,
                        h * t + 0 * edge[None, :, 0],
                        edge[None, :, 1] * (1 - 0.25 * t),
                    ],
                    -1,
                )
            )
        )
    put(s, join(sides), paper, at, turn)
    for z in (-0.36 * d, 0.36 * d):
        loop = curve(
            [
                (-0.22 * w, 0.97 * h, z),
                (-0.16 * w, 1.18 * h, z),
                (0.16 * w, 1.18 * h, z),
                (0.22 * w, 0.97 * h, z),
            ],
            16,
        )
        put(s, tube(loop, 0.006, sides=6), cord, at, turn)


def books(s, rng, materials, at, count=5, height=0.22):
    """Upright books side by side along x."""
    x, y, z = at
    for k in range(count):
        thick, tall = rng.uniform(0.018, 0.036), height * rng.uniform(0.82, 1.05)
        x += thick / 2
        put(s, box(thick, tall, 0.15, soft=0.003), materials[(k * 7 + count) % len(materials)], (x, y, z))
        x += thick / 2 + 0.0015


def pile(s, rng, materials, at, count=3, width=0.24):
    """Books lying on each other."""
    x, y, z = at
    for k in range(count):
        thick = rng.uniform(0.022, 0.034)
        cover = materials[(k * 5 + count) % len(materials)]
        put(
            s,
            box(width * rng.uniform(0.85, 1), thick, 0.16, soft=0.003),
            cover,
            (x, y, z),
            rng.uniform(-9, 9),
        )
        y += thick


def pendant(s, at, radius, colour, strength, cord, flat=1.0, top=4.0):
    """A glowing globe on a cord."""
    x, y, z = at
    s.globe(ball(radius, flat).moved(*at), at, radius, colour, strength)
    put(s, rod(0.004, top - y, sides=8), cord, (x, y + radius * flat, z))
    put(s, rod(0.03, 0.05, soft=0.004), cord, (x, y + radius * flat - 0.01, z))


def lantern(s, at, radius, colour, strength, gold, tassel, flat=0.8, ribs=20, cord=4.0, seen=0.35):
    """A paper lantern with ribs, caps of gold and a tassel."""
    x, y, z = at
    a = np.linspace(-1.32, 1.32, 30)
    body = lathe(
        np.stack([radius * np.cos(a), radius * flat * np.sin(a)], 1),
        smooth=True,
        rows=30,
        sides=120,
        lobes=ribs,
        depth=0.045,
    )
    s.globe(body.moved(*at), at, radius * 0.9, colour, strength, seen)
    high = radius * flat
    for sign in (-1, 1):
        low = y + sign * high * 0.96 - 0.02 * (sign < 0)
        put(
            s,
            lathe([(0, 0), (radius * 0.34, 0), (radius * 0.34, 0.045), (0, 0.045)], smooth=False),
            gold,
            (x, low - 0.012, z),
        )
    put(s, rod(0.004, max(0.05, cord - y - high), sides=8), gold, (x, y + high, z))
    drop = y - high
    put(s, ball(0.02 + 0.04 * radius, sides=16), gold, (x, drop - 0.05, z))
    fringe = lathe(
        [(0.012, 0), (0.035, -0.02), (0.042, -0.30), (0, -0.30)], sides=60, lobes=22, depth=0.2, smooth=False
    )
    put(s, fringe.scaled(radius / 0.22), tassel, (x, drop - 0.06, z))


def teapot(s, size, material, at, turn=0.0):
    """A round pot with lid, spout and handle, `size` metres high."""
    body = lathe(
        [(0, 0), (0.32, 0), (0.36, 0.03), (0.52, 0.26), (0.50, 0.50), (0.30, 0.70), (0, 0.70)], rows=36
    )
    lid = lathe(
        [
            (0, 0.69),
            (0.30, 0.70),
            (0.27, 0.76),
            (0.10, 0.83),
            (0.06, 0.86),
            (0.09, 0.93),
            (0.06, 0.99),
            (0, 1.0),
        ]
    )
    spout = tube(
        curve([(0.42, 0.28, 0), (0.66, 0.38, 0), (0.72, 0.55, 0), (0.86, 0.70, 0)], 16),
        np.linspace(0.11, 0.05, 16),
    )
    handle = tube(curve([(-0.44, 0.52, 0), (-0.74, 0.58, 0), (-0.80, 0.36, 0), (-0.47, 0.20, 0)], 18), 0.05)
    put(s, (body + lid + spout + handle).scaled(size), material, at, turn)


def cup(s, size, material, at):
    """A handleless tea cup, `size` metres high."""
    put(s, lathe(VESSELS["bowl"], rows=30, sides=28).scaled(size * 0.62, size, size * 0.62), material, at)
