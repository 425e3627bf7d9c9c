"""A festive sale: red silk and gold, stepped podiums with presents, lanterns, blossom and far lights."""

import fittings
import numpy as np
import plants
import props
import textures as t
from scene import Set
from shapes import ball, plane, rod, sheet, tube

GOLDEN = (1.0, 0.84, 0.56)
BACK = -2.6


def _backdrop(s, m, wide):
    """A round gold-rimmed screen of silk before curtains."""
    for side in (-1, 1):
        fittings.curtain(
            s, 2.9, 3.2, (side * 2.15, 0, BACK + 0.12), m["drape"], folds=17, deep=0.06, seed=3 + side
        )
    s.add(plane(8, 3.2).moved(0, 1.6, BACK), m["drape"])
    centre, radius = (0, 1.66, BACK + 0.22), 0.76 if not wide else 0.92
    disc = rod(radius, 0.04, sides=120).turned(0, 90)
    disc.uv = disc.points[..., :2]
    props.put(s, disc, m["silk"], centre)
    s.lamp((0, centre[1] + 0.1, centre[2] + 0.7), (0.25, 0, 0), (0, 0.25, 0), GOLDEN, 3.5, facing=(0, 0, -1))
    a = np.linspace(0, 2 * np.pi, 121)
    for r, thick in ((radius + 0.02, 0.026), (radius + 0.13, 0.010)):
        s.add(
            tube(np.stack([r * np.cos(a), centre[1] + r * np.sin(a), 0 * a + centre[2] + 0.05], -1), thick),
            m["gold"],
        )
    for b, c in zip(a[:-10:10], a[10::10]):
        mid = (b + c) / 2
        half = np.array([-np.sin(mid), np.cos(mid), 0]) * (radius + 0.1) * (c - b) / 2
        out = np.array([np.cos(mid), np.sin(mid), 0])
        s.lamp(
            np.array(centre) + out * (radius + 0.06) - [0, 0, 0.03],
            half,
            (0, 0, 0.02),
            GOLDEN,
            9,
            facing=out * 0.8 + np.array([0, 0, -0.6]),
        )


def _podiums(s, m, wide):
    """Round steps on both sides, edged with gold."""
    spots = [
        (-0.66, -1.42, 0.27, 0.70),
        (0.68, -1.46, 0.27, 0.62),
        (-0.98, -1.85, 0.30, 1.04),
        (1.02, -1.9, 0.30, 0.94),
    ]
    if wide:
        spots = [
            (-1.25, -1.45, 0.40, 0.70),
            (1.25, -1.45, 0.40, 0.78),
            (-2.0, -1.75, 0.42, 1.06),
            (2.05, -1.8, 0.42, 1.0),
            (-2.75, -1.5, 0.4, 0.6),
            (2.8, -1.5, 0.4, 0.66),
        ]
    for k, (x, z, r, h) in enumerate(spots):
        props.put(s, rod(r, h, sides=80, soft=0.01), m["lacquer" if k % 4 in (0, 3) else "cream"], (x, 0, z))
        for y in (0.03, h - 0.02):
            a = np.linspace(0, 2 * np.pi, 81)
            s.add(
                tube(np.stack([x + r * np.sin(a), 0 * a + y, z + r * np.cos(a)], -1), 0.012, sides=8),
                m["gold"],
            )
    return spots


def _presents(s, m, spots):
    """Presents on the podiums: a large one, a small one, a ball."""
    papers = m["papers"]
    for k, (x, z, r, h) in enumerate(spots):
        size = 0.26 + 0.05 * (k % 2)
        side = -1 if x < 0 else 1
        props.parcel(
            s,
            (size, size * 0.82, size),
            papers[k % 3],
            m["gold"] if k % 3 != 1 else m["ribbon"],
            (x + 0.04 * side, h, z - 0.05),
            14 * side,
        )
        props.parcel(
            s,
            (0.16, 0.13, 0.16),
            papers[(k + 1) % 3],
            m["ribbon"] if k % 3 != 0 else m["gold"],
            (x - 0.17 * side, h, z + 0.14),
            -20 * side,
        )
        props.put(s, ball(0.05), m["gold"], (x + 0.12 * side, h + 0.05, z + 0.20))
    for x, z, size, paper in ((-0.62, -0.95, 0.30, 1), (0.72, -0.98, 0.34, 0)):
        wide = 1.7 if s.wide else 1.0
        props.parcel(s, (size, size * 0.8, size), papers[paper], m["gold"], (x * wide, 0, z), 20 * np.sign(x))


def _ingots(s, m, spots):
    """Small boat-shaped ingots of gold, an old shape for good fortune."""
    for k, (x, z, _, h) in enumerate(spots[:2]):
        for j in range(2):
            u = np.linspace(-1, 1, 25)[None, :]
            v = np.linspace(0, np.pi, 13)[:, None]
            half = 0.022 * np.sqrt(np.maximum(1 - u**2, 0)) + 0.002
            lift = 0.022 * u**2
            points = np.stack(
                [0.055 * u + 0 * v, 0.024 + lift - half * np.sin(v), half * 1.2 * np.cos(v)], -1
            )
            at = (x + (0.10 - 0.14 * j) * np.sign(x), h, z + 0.24 - 0.03 * j)
            props.put(s, sheet(points) + ball(0.02, 0.8).moved(0, 0.028, 0), m["gold"], at, 25 * j)


def _strings(s, rng, start):
    """Curtains of small lights on both sides of the round screen."""
    spark = s.material(GOLDEN, shine=0.0, glow=14.0)
    for x in np.arange(start, 3.4, 0.22):
        for side in (-1, 1):
            for y in np.arange(3.05 - rng.uniform(0, 0.2), rng.uniform(0.7, 1.6), -0.21):
                s.add(
                    ball(rng.uniform(0.006, 0.010), sides=8).moved(
                        side * x + rng.normal(0, 0.012), y, BACK + 0.30
                    ),
                    spark,
                )


def _waves(s, m):
    """Waves at the foot of the screen: rows of discs with rings of gold, each row in front of the next."""
    a = np.linspace(0, 2 * np.pi, 73)
    for row in range(3):
        y, z = 0.46 - 0.20 * row, BACK + 0.40 + 0.07 * row
        for k in range(-8, 9):
            x, r = (k + 0.5 * (row % 2)) * 0.42, 0.235
            props.put(
                s, rod(r, 0.03, sides=72).turned(0, 90), m["wave"] if (k + row) % 3 else m["cream"], (x, y, z)
            )
            for share in (1.0, 0.72, 0.44, 0.18):
                circle = np.stack(
                    [x + share * r * np.cos(a), y + share * r * np.sin(a), 0 * a + z + 0.032], -1
                )
                s.add(tube(circle, 0.009 if share == 1 else 0.005, sides=6), m["gold"])


def build(wide):
    """The set; a wide picture has more podiums and lanterns."""
    rng = np.random.default_rng(71)
    s = Set(wide, sky=((0.22, 0.13, 0.10), (0.50, 0.40, 0.34)))
    silk = s.picture(t.fans((0.70, 0.09, 0.085), (0.95, 0.55, 0.28), 4))
    m = {
        "silk": s.material(picture=silk, size=0.62, rough=0.45),
        "drape": s.material((0.62, 0.07, 0.075), rough=0.42, shine=0.05),
        "floor": s.material((0.46, 0.06, 0.06), rough=0.10, shine=0.06),
        "wave": s.material((0.70, 0.10, 0.09), rough=0.3),
        "lacquer": s.material((0.66, 0.07, 0.06), rough=0.12, shine=0.05),
        "gold": s.material((0.93, 0.69, 0.33), rough=0.25, shine=0.35),
        "cream": s.material((0.95, 0.88, 0.78), rough=0.2),
        "ribbon": s.material((0.72, 0.08, 0.08), rough=0.3),
        "tassel": s.material((0.90, 0.66, 0.28), shine=0.0),
        "bark": s.material((0.24, 0.14, 0.11), rough=0.8),
        "pistil": s.material((0.98, 0.80, 0.40)),
        "petals": [
            s.material(c, shine=0.0, sheer=0.25)
            for c in ((0.97, 0.70, 0.72), (0.98, 0.86, 0.84), (0.93, 0.50, 0.55))
        ],
        "papers": [
            s.material(c, rough=0.3) for c in ((0.80, 0.12, 0.11), (0.96, 0.88, 0.76), (0.90, 0.66, 0.36))
        ],
        "vase": s.material((0.96, 0.93, 0.88), rough=0.1),
    }
    fittings.room(s, m["drape"], m["floor"], m["drape"], back=BACK, height=3.3)
    _backdrop(s, m, wide)
    spots = _podiums(s, m, wide)
    _presents(s, m, spots)
    _ingots(s, m, spots)
    red = (1.0, 0.25, 0.13)
    hung = [
        (-0.66, 2.30, -1.5, 0.17),
        (0.68, 2.22, -1.5, 0.17),
        (-0.42, 2.68, -2.1, 0.11),
        (0.46, 2.62, -2.1, 0.11),
    ]
    if wide:
        hung += [
            (-1.55, 2.14, -1.2, 0.24),
            (1.60, 2.2, -1.2, 0.24),
            (-2.3, 2.45, -1.9, 0.19),
            (2.4, 2.4, -1.9, 0.19),
        ]
    for x, y, z, r in hung:
        props.lantern(s, (x, y, z), r, red, 7.0, m["gold"], m["tassel"], seen=0.26)
    x = 1.86 if wide else 0.55
    props.vessel(s, "tall", 0.46, m["vase"], (x, 0, -0.85), 1.1)
    trunk = np.array([(0, 0.45, 0), (0.06, 0.75, 0.02), (-0.06, 1.05, -0.02), (0.05, 1.40, 0)]) + [
        x,
        0,
        -0.85,
    ]
    plants.branch(s, rng, trunk, 0.014, m["bark"], m["pistil"], m["petals"], twigs=16, bloom=0.024)
    _strings(s, rng, 0.94 if not wide else 1.16)
    _waves(s, m)
    fittings.key_light(s, 0.85, (1, 0.93, 0.82))
    s.lamp((0, 3.2, -1.4), (1.8, 0, 0), (0, 0, 0.5), GOLDEN, 3.5)
    return s
