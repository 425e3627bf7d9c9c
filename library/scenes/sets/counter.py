"""A bright shop counter: daylight, pale tiles and stone, shelves of cosmetics, three lamps over the counter."""

import fittings
import numpy as np
import plants
import props
import textures as t
from scene import Set
from shapes import ball, box, curve, plane, rod, tube

LAMP = (1.0, 0.93, 0.82)
BACK = -2.4


def _wares(s, rng, x, width, y, z, tints, caps, label):
    """A row of bottles, jars, tubes and cartons in families: one kind and colour stands together."""
    left, right = x - width / 2 + 0.05, x + width / 2 - 0.04
    while left < right - 0.05:
        kind, tint, cap = rng.integers(5), tints[rng.integers(len(tints))], caps[rng.integers(len(caps))]
        size = rng.uniform(0.15, 0.23)
        for k in range(int(rng.integers(2, 4))):
            if left > right:
                break
            at = (left, y, z + rng.uniform(-0.01, 0.03))
            if kind == 0:
                props.bottle(s, size * (1 - 0.12 * k), tint, cap, at, label=label)
                left += 0.42 * size + 0.015
            elif kind == 1:
                props.jar(s, 0.45 * size, tint, cap, at)
                left += 0.46 * size + 0.012
            elif kind == 2:
                props.tube_pack(s, size * 0.85, tint, cap, at)
                left += 0.42 * size + 0.012
            elif kind == 3:
                props.put(s, box(0.30 * size, size * (1 - 0.15 * k), 0.30 * size, soft=0.003), tint, at, 9)
                left += 0.36 * size + 0.008
            else:
                props.bottle(s, size * 1.05, tint, cap, at, wide=0.72, label=label)
                left += 0.34 * size + 0.012
        left += rng.uniform(0.03, 0.07)


def _shelves(s, m, rng, x, width):
    """A case with a back of its own, four lit boards and wares."""
    z = BACK + 0.17
    props.put(s, box(width + 0.06, 2.32, 0.02), m["blush"], (x, 0.42, BACK + 0.01))
    for side in (-1, 1):
        props.put(
            s, box(0.03, 2.32, 0.32, soft=0.004, along=1), m["oak"], (x + side * (width / 2 + 0.015), 0.42, z)
        )
    props.put(s, box(width + 0.06, 0.03, 0.32, soft=0.004), m["oak"], (x, 2.72, z))
    for y in (0.96, 1.36, 1.76, 2.16):
        fittings.lit_shelf(s, width, 0.30, (x, y, z), m["oak"], LAMP, 15, thick=0.025)
        _wares(s, rng, x, width, y, z + 0.04, m["tints"], m["caps"], m["label"])
    bar = box(width - 0.04, 0.006, 0.012, soft=0.001).moved(x, 2.70, BACK + 0.28)
    s.strip(bar, (x, 2.695, BACK + 0.28), (width / 2, 0, 0), (0, 0, 0.006), LAMP, 15, seen=0.5)


def _counter(s, m, rng, wide):
    """The counter behind the host: stone top, fluted front, and what stands on it."""
    long = 5.2 if wide else 3.4
    z = -1.45
    props.put(s, box(long, 0.05, 0.62, soft=0.012), m["stone"], (0, 0.90, z))
    props.put(s, box(long - 0.1, 0.80, 0.46), m["sage"], (0, 0.10, z - 0.02))
    fittings.flutes(s, long - 0.1, 0.80, (0, 0.10, z + 0.20), m["sage"], pitch=0.05)
    props.put(s, box(long - 0.2, 0.10, 0.40), m["steel"], (0, 0, z))
    top = 0.95
    for side in (-1, 1):
        x = side * (0.66 if not wide else 1.25)
        props.put(s, rod(0.15, 0.012, sides=48, soft=0.004), m["brass"], (x, top, z + 0.05))
        props.bottle(s, 0.24, m["tints"][0], m["brass"], (x - 0.05, top + 0.012, z + 0.06), label=m["label"])
        props.jar(s, 0.10, m["tints"][3], m["brass"], (x + 0.06, top + 0.012, z + 0.10))
    flowers = -0.50 if not wide else -1.9
    props.vessel(s, "tall", 0.26, m["glass"], (flowers + 0.02, top, z - 0.12), 1.2)
    for k in range(7):
        a = k * 2.4
        tip = np.array([0.14 * np.sin(a), 0.20 + 0.07 * np.cos(3 * a), 0.14 * np.cos(a)])
        base = np.array([flowers + 0.02, top + 0.20, z - 0.12])
        props.put(
            s, tube(curve([(0, -0.18, 0), tip * [0.4, 0.5, 0.4], tip], 10), 0.003), m["greens"][0], base
        )
        for j in range(4):
            head = ball(0.036 - 0.006 * j, 0.8, sides=14).moved(*(base + tip + [0, 0.008 * j, 0]))
            s.add(head, m["petals"][(k + j) % 3])
    plants.plant(
        s, rng, (0.80 if not wide else 2.2, top, z - 0.1), 0.42, m["greens"], m["cream"], m["soil"], leaves=18
    )


def _window(s, m, x):
    """A tall window on the left with daylight behind a thin curtain."""
    z = BACK + 0.02
    s.strip(
        plane(0.96, 1.9).moved(x, 1.55, z),
        (x, 1.55, z + 0.01),
        (0.48, 0, 0),
        (0, 0.95, 0),
        (0.95, 0.98, 1.0),
        3.2,
        seen=0.9,
    )
    for dx in (-0.5, 0.0, 0.5):
        props.put(s, box(0.035, 1.96, 0.05, along=1), m["white"], (x + dx, 0.58, z + 0.02))
    for dy in (0.58, 1.25, 2.5):
        props.put(s, box(1.03, 0.035, 0.05), m["white"], (x, dy, z + 0.02))
    for dx in (-0.52, 0.52):
        fittings.curtain(s, 0.42, 2.5, (x + dx, 0.3, z + 0.12), m["veil"], folds=6, seed=int(10 + dx * 10))


def build(wide):
    """The set; a wide picture shows a window and more shelves."""
    rng = np.random.default_rng(23)
    s = Set(wide)
    oak = s.picture(t.warped(t.wood((0.88, 0.75, 0.60), (0.74, 0.59, 0.44), 13), 18))
    tile = s.picture(t.tiles((0.93, 0.92, 0.89), (0.80, 0.78, 0.74), 4, count=4, long=2, tint=0.025))
    floor = s.picture(
        t.terrazzo(
            (0.88, 0.86, 0.83),
            ((0.72, 0.60, 0.52), (0.60, 0.62, 0.60), (0.95, 0.90, 0.82), (0.80, 0.66, 0.60)),
            3,
        )
    )
    stone = s.picture(t.stone((0.95, 0.94, 0.92), (0.66, 0.64, 0.62), 6, 0.8))
    paint = s.picture(t.plaster((0.93, 0.86, 0.82), 7, 0.010))
    m = {
        "oak": s.material(picture=oak, size=0.9, rough=0.4),
        "tile": s.material(picture=tile, size=0.8, rough=0.14),
        "floor": s.material(picture=floor, size=0.9, rough=0.22),
        "stone": s.material(picture=stone, size=1.1, rough=0.12),
        "wall": s.material(picture=paint, size=1.9, shine=0.0),
        "blush": s.material((0.90, 0.74, 0.68), shine=0.0),
        "sage": s.material((0.60, 0.70, 0.63), rough=0.4),
        "cream": s.material((0.94, 0.89, 0.82), rough=0.45),
        "white": s.material((0.95, 0.95, 0.94), rough=0.4),
        "steel": s.material((0.72, 0.60, 0.44), rough=0.3, metal=True),
        "brass": s.material((0.90, 0.72, 0.46), rough=0.2, metal=True),
        "soil": s.material((0.18, 0.12, 0.09), shine=0.0),
        "veil": s.material((0.97, 0.97, 0.96), shine=0.0, sheer=0.5),
        "glass": s.material((0.93, 0.97, 0.96), glass=True),
        "label": s.material((0.97, 0.96, 0.94), rough=0.6),
        "greens": [
            s.material(c, rough=0.35, sheer=0.3)
            for c in ((0.30, 0.48, 0.27), (0.42, 0.60, 0.34), (0.24, 0.40, 0.25))
        ],
        "petals": [
            s.material(c, shine=0.0, sheer=0.3)
            for c in ((0.96, 0.78, 0.74), (0.98, 0.90, 0.86), (0.92, 0.62, 0.60))
        ],
    }
    tints = (
        (0.95, 0.78, 0.72),
        (0.97, 0.94, 0.90),
        (0.68, 0.80, 0.74),
        (0.86, 0.56, 0.50),
        (0.94, 0.82, 0.62),
        (0.72, 0.78, 0.86),
    )
    m["tints"] = [s.material(c, rough=0.18) for c in tints]
    m["caps"] = [m["brass"], m["white"], s.material((0.30, 0.26, 0.25), rough=0.3)]
    fittings.room(s, m["wall"], m["floor"], m["white"], back=BACK, width=7.0, height=3.05)
    s.add(plane(7.0, 3.05).moved(0, 1.525, BACK), m["wall"])
    props.put(s, box(1.30, 1.16, 0.03, soft=0.004), m["tile"], (0, 0, BACK + 0.01))
    props.put(s, box(1.30, 0.03, 0.07, soft=0.006), m["oak"], (0, 1.16, BACK + 0.03))
    for side in (-1, 1):
        _shelves(s, m, rng, side * 0.99, 0.84)
    if wide:
        _window(s, m, -2.25)
        _shelves(s, m, rng, 2.25, 1.1)
    _counter(s, m, rng, wide)
    x = 0.74 if not wide else 2.0
    plants.plant(s, rng, (x, 0, -0.92), 0.62, m["greens"], m["cream"], m["soil"], leaves=24)
    x = -0.62 if not wide else -1.55
    for dx, dz, size, paper, turn in (
        (0, 0, (0.24, 0.32, 0.11), "blush", 14),
        (-0.20, -0.12, (0.30, 0.42, 0.13), "white", -10),
    ):
        props.bag(s, size, m[paper], m["brass"], (x + dx, 0, -0.92 + dz), turn)
    for x, y in ((-0.62, 2.26), (0.62, 2.26)) if not wide else ((-1.1, 2.26), (0.0, 2.42), (1.1, 2.26)):
        props.pendant(s, (x, y, -1.45), 0.11, LAMP, 6, m["brass"], flat=0.85)
    s.finish.exposure = 0.8
    fittings.key_light(s, 1.25)
    s.lamp((-3.3, 1.7, -0.6), (0, 0.8, 0), (0, 0, 1.0), (0.94, 0.97, 1.0), 6.0)
    s.lamp((0, 3.0, -1.0), (1.8, 0, 0), (0, 0, 0.6), (1, 0.98, 0.95), 2.6)
    return s
