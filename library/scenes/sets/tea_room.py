"""A Chinese tea room: a moon gate onto a bamboo garden, dark wood, lanterns, porcelain, a tea table."""

import fittings
import numpy as np
import plants
import props
import textures as t
from scene import Set
from shapes import box, lathe, leaf, plane, rod, tube

PAPER = (1.0, 0.88, 0.70)
GLOW = (1.0, 0.71, 0.43)  # paper lit from inside
GATE = -2.0  # the wall with the moon gate
BACK = -3.5


def _bamboo(s, rng, m, wide):
    """Canes with leaves behind the gate."""
    for _ in range(13 if not wide else 20):
        x, z = rng.uniform(-1.3, 1.3) * (1.0 if not wide else 1.5), rng.uniform(-3.2, -2.6)
        lean, thick, tall = rng.uniform(-0.16, 0.16), rng.uniform(0.012, 0.022), 3.2
        path = np.array([(x + lean * h * h * 0.3, h * tall, z) for h in np.linspace(0, 1, 20)])
        width = thick * (1 + 0.14 * (np.arange(20) % 2))
        s.add(tube(path, width, sides=8), m["cane"])
        for i in range(6, 20):
            for _ in range(3):
                blade = leaf(rng.uniform(0.14, 0.24), 0.026, droop=rng.uniform(0.5, 1.2), fold=0.1)
                blade = blade.turned(0, rng.uniform(-10, 40)).turned(1, rng.uniform(0, 360))
                s.add(blade.moved(*(path[i] + rng.normal(0, 0.05, 3))), m["greens"][int(rng.integers(3))])


def _case(s, m, rng, x, width):
    """An antique case of dark wood: boards at uneven heights, porcelain and tea caddies."""
    z, deep = GATE + 0.20, 0.32
    for side in (-1, 1):
        props.put(s, box(0.045, 2.35, deep, along=1), m["wood"], (x + side * width / 2, 0.0, z))
    props.put(s, box(width + 0.16, 0.05, deep + 0.06, soft=0.02), m["wood"], (x, 2.33, z))
    props.put(s, box(width, 2.3, 0.02), m["back"], (x, 0.03, z - deep / 2))
    props.put(s, box(width, 0.62, deep - 0.02), m["wood"], (x, 0.06, z))
    for dx in (-0.02, 0.02):
        props.put(
            s,
            lathe([(0, 0), (0.012, 0.0), (0.012, 0.01), (0, 0.012)]).turned(0, 90),
            m["gold"],
            (x + dx, 0.42, z + deep / 2),
        )
    props.put(s, box(0.03, 1.64, deep - 0.03, along=1), m["wood"], (x + 0.07, 0.68, z))
    places = []
    for left, right, heights in (
        (-width / 2, 0.055, (0.70, 1.20, 1.62, 2.02)),
        (0.085, width / 2, (0.70, 1.02, 1.46, 1.90)),
    ):
        for y in heights:
            props.put(
                s,
                box(right - left, 0.024, deep - 0.03, soft=0.003),
                m["wood"],
                (x + (left + right) / 2, y - 0.024, z),
            )
            if y > 0.75:
                s.lamp(
                    (x + (left + right) / 2, y - 0.03, z + 0.12),
                    ((right - left) / 2 - 0.03, 0, 0),
                    (0, 0, 0.006),
                    PAPER,
                    24,
                    facing=(0, -0.8, -0.6),
                )
            places.append((x + (left + right) / 2, y, z))
    for k, at in enumerate(places):
        _treasure(s, m, rng, (k * 3 + (2 if x > 0 else 0)) % 8, at)


def _treasure(s, m, rng, kind, at):
    """What stands in one compartment."""
    x, y, z = at
    if kind == 0:
        props.vessel(s, "round", 0.25, m["blue"], at)
    elif kind == 1:
        props.teapot(s, 0.13, m["clay"], at, turn=180 * int(rng.integers(2)))
    elif kind == 2:
        props.vessel(s, "vase", 0.32, m["celadon"], at)
    elif kind == 3:
        for dx in (-0.09, 0.0, 0.09):
            props.jar(s, 0.12, m["tin"], m["gold"], (x + dx, y, z))
    elif kind == 4:
        props.vessel(s, "gourd", 0.27, m["blue"], at)
    elif kind == 5:
        props.pile(s, rng, m["books"], at, 5, 0.2)
    elif kind == 6:
        props.vessel(s, "bowl", 0.09, m["celadon"], (x - 0.05, y, z))
        props.cup(s, 0.05, m["blue"], (x + 0.10, y, z + 0.04))
    else:
        props.put(s, rod(0.14, 0.012, sides=40, soft=0.003).turned(0, 78), m["blue"], (x, y + 0.14, z - 0.06))
        props.put(s, box(0.12, 0.02, 0.1), m["wood"], at)


def _sides(s, m):
    """What only a wide picture shows: a lattice window on the left, a scroll over a side table on the right."""
    fittings.lattice(s, 1.0, 1.7, (-2.50, 0.85, GATE + 0.03), m["wood"], cells=(3, 5), pattern="squares")
    s.strip(
        plane(0.94, 1.64).moved(-2.50, 1.70, GATE + 0.008),
        (-2.50, 1.70, GATE + 0.012),
        (0.47, 0, 0),
        (0, 0.82, 0),
        (1.0, 0.86, 0.64),
        1.7,
        seen=0.75,
    )
    s.add(plane(0.62, 1.50).moved(2.36, 1.68, GATE + 0.012), m["cream"])
    s.add(plane(0.50, 1.08).moved(2.36, 1.70, GATE + 0.016), m["ink"])
    for y in (0.92, 2.42):
        props.put(
            s, rod(0.022, 0.74, soft=0.004).turned(2, 90).moved(0.37, 0, 0), m["wood"], (2.36, y, GATE + 0.03)
        )
    for side in (-1, 1):
        props.lantern(s, (side * 1.62, 2.22, -1.0), 0.18, GLOW, 5.0, m["gold"], m["tassel"])
    s.lamp((2.36, 2.62, GATE + 0.35), (0.3, 0, 0), (0, 0.02, 0.02), PAPER, 40, facing=(0, -0.94, -0.34))
    props.put(s, box(0.80, 0.04, 0.36, soft=0.01), m["wood"], (2.42, 0.74, GATE + 0.22))
    for dx in (-0.36, 0.36):
        props.put(s, box(0.05, 0.74, 0.32, along=1), m["wood"], (2.42 + dx, 0, GATE + 0.22))
    props.vessel(s, "vase", 0.42, m["celadon"], (2.52, 0.78, GATE + 0.24))
    props.pile(s, np.random.default_rng(5), m["books"], (2.20, 0.78, GATE + 0.24), 4, 0.24)


def _tea_table(s, m, rng, wide):
    """The table behind the host with a tray, pot, cups and a burner."""
    y, z = 0.78, -1.30
    props.put(s, box(3.9 if wide else 2.6, 0.055, 0.62, soft=0.012), m["wood"], (0, y - 0.055, z))
    props.put(s, box(3.7 if wide else 2.4, 0.10, 0.52), m["wood"], (0, y - 0.16, z))
    for side in (-1, 1):
        for dz in (-0.22, 0.22):
            props.put(
                s, box(0.07, 0.62, 0.07, along=1), m["wood"], (side * (1.75 if wide else 1.15), 0, z + dz)
            )
    runner = plane(0.40, 0.66).turned(0, -90)
    for side in (-1, 1):
        x = side * (1.15 if wide else 0.62)
        s.add(runner.moved(x, y + 0.003, z), m["silk"])
        s.add(plane(0.40, 0.30).moved(x, y - 0.15, z + 0.322), m["silk"])
        s.add(plane(0.40, 0.02).moved(x, y - 0.275, z + 0.324), m["gold"])
        for k in range(14):
            props.put(s, rod(0.008, 0.05, sides=6), m["tassel"], (x - 0.19 + 0.0292 * k, y - 0.35, z + 0.322))
    x = -1.15 if wide else -0.60
    props.put(s, box(0.44, 0.03, 0.26, soft=0.008), m["bamboo"], (x, y + 0.004, z + 0.02))
    props.teapot(s, 0.15, m["clay"], (x - 0.06, y + 0.034, z), 20)
    for k in range(3):
        props.cup(s, 0.045, m["white"], (x + 0.06 + 0.07 * (k % 2), y + 0.034, z + 0.09 - 0.075 * k))
    x = -x if wide else 0.34
    props.vessel(s, "round", 0.20 if wide else 0.15, m["celadon"], (x + 0.10, y, z - 0.05))
    props.jar(s, 0.11, m["tin"], m["gold"], (x - 0.12, y, z + 0.06))
    props.cup(s, 0.05, m["white"], (x - 0.02, y + 0.003, z + 0.16))


def _garden():
    """Far foliage in mist: dark below, light above."""
    v, _ = np.mgrid[0 : t.SIDE, 0 : t.SIDE] / t.SIDE
    shade = 0.95 - 0.75 * v + 0.16 * t.cloud(61, 60, 3)
    return t.blend((0.86, 0.88, 0.76), (0.30, 0.42, 0.22), shade)


def _materials(s):
    wood = s.picture(t.warped(t.wood((0.46, 0.26, 0.16), (0.25, 0.13, 0.08), 21, rings=16), 8, 4))
    floor = s.picture(t.planks((0.52, 0.35, 0.24), (0.32, 0.20, 0.13), 15))
    wall = s.picture(t.plaster((0.88, 0.81, 0.71), 27, 0.012))
    blue = s.picture(t.porcelain((0.93, 0.93, 0.90), (0.12, 0.22, 0.52)))
    silk = s.picture(t.fans((0.50, 0.15, 0.12), (0.82, 0.62, 0.34)))
    ink = s.picture(t.landscape((0.90, 0.85, 0.74), (0.15, 0.16, 0.17))[::-1])
    bamboo = s.picture(t.wood((0.80, 0.64, 0.42), (0.66, 0.50, 0.30), 31, rings=14))
    return {
        "wood": s.material(picture=wood, size=0.8, rough=0.24),
        "back": s.material((0.34, 0.24, 0.17), rough=0.7),
        "floor": s.material(picture=floor, size=1.3, rough=0.2),
        "wall": s.material(picture=wall, size=2.1, shine=0.0),
        "garden": s.material(picture=s.picture(_garden()), size=3.2, shine=0.0),
        "blue": s.material(picture=blue, size=0.33, rough=0.08, shine=0.05),
        "silk": s.material(picture=silk, size=0.30, rough=0.5),
        "ink": s.material(picture=ink, size=1.08, shine=0.0),
        "bamboo": s.material(picture=bamboo, size=0.4, rough=0.4),
        "clay": s.material((0.44, 0.22, 0.15), rough=0.3),
        "celadon": s.material((0.60, 0.72, 0.62), rough=0.1, shine=0.05),
        "cream": s.material((0.78, 0.66, 0.48), shine=0.0),
        "white": s.material((0.94, 0.93, 0.89), rough=0.1),
        "tin": s.material((0.22, 0.34, 0.30), rough=0.25),
        "gold": s.material((0.90, 0.68, 0.34), rough=0.24, metal=True),
        "tassel": s.material((0.62, 0.14, 0.10), shine=0.0),
        "cane": s.material((0.50, 0.58, 0.28), rough=0.3),
        "bark": s.material((0.22, 0.15, 0.11), rough=0.8),
        "stone": s.material((0.42, 0.41, 0.38), rough=0.8),
        "books": [s.material(c) for c in ((0.24, 0.30, 0.40), (0.75, 0.66, 0.50), (0.45, 0.18, 0.14))],
        "petals": [
            s.material(c, shine=0.0, sheer=0.25)
            for c in ((0.95, 0.76, 0.76), (0.97, 0.88, 0.86), (0.88, 0.52, 0.56))
        ],
        "pistil": s.material((0.92, 0.76, 0.40)),
        "greens": [
            s.material(c, rough=0.4, sheer=0.35)
            for c in ((0.34, 0.48, 0.22), (0.46, 0.58, 0.28), (0.25, 0.38, 0.18))
        ],
    }


def build(wide):
    """The set; a wide picture adds lattice windows and a scroll."""
    rng = np.random.default_rng(37)
    s = Set(wide, sky=((0.20, 0.16, 0.12), (0.46, 0.40, 0.33)))
    s.finish.exposure = 1.2
    m = _materials(s)
    fittings.room(s, m["wall"], m["floor"], m["wall"], back=BACK, height=3.2)
    s.add(plane(8.0, 3.2).moved(0, 1.6, BACK), m["garden"])
    fittings.moon_gate(s, 0.56 if not wide else 0.66, (0, 1.76), (0, 0, GATE), 8.0, 3.2, m["wall"], m["wood"])
    _bamboo(s, rng, m, wide)
    s.lamp((0, 3.0, -2.75), (1.4, 0, 0), (0, 0, 0.4), (1.0, 0.95, 0.84), 9)
    s.lamp((0, 0.15, -3.2), (1.2, 0, 0), (0, 0, -0.2), (1.0, 0.88, 0.66), 6)
    for side in (-1, 1):
        _case(s, m, rng, side * (1.02 if not wide else 1.36), 0.76)
        props.lantern(
            s, (side * (0.62 if not wide else 0.86), 2.34, -1.55), 0.16, GLOW, 7.0, m["gold"], m["tassel"]
        )
    if wide:
        _sides(s, m)
    _tea_table(s, m, rng, wide)
    x = 0.66 if not wide else -1.52
    props.vessel(s, "round", 0.30, m["blue"], (x, 0.78, -1.42))
    trunk = np.array([(0, 0.28, 0), (0.05, 0.48, 0.03), (-0.05, 0.68, -0.02), (0.08, 0.92, 0)]) + [
        x,
        0.78,
        -1.42,
    ]
    plants.branch(s, rng, trunk, 0.012, m["bark"], m["pistil"], m["petals"], twigs=12)
    fittings.key_light(s, 0.55, (1, 0.90, 0.75))
    s.lamp((0, 3.1, -1.2), (1.8, 0, 0), (0, 0, 0.5), (1.0, 0.86, 0.66), 1.5)
    for side in (-1, 1):
        stool = side * (0.52 if not wide else 1.6)
        props.put(
            s,
            lathe([(0, 0), (0.15, 0), (0.19, 0.10), (0.215, 0.22), (0.19, 0.34), (0.15, 0.44), (0, 0.44)]),
            m["celadon" if side < 0 else "blue"],
            (stool, 0, -0.92),
        )
    return s
