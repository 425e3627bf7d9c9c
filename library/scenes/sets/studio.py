"""The default set: a warm modern studio, an arched niche with hidden light, oak shelves, ceramics and plants."""

import fittings
import numpy as np
import plants
import props
import textures as t
from scene import Set, towards
from shapes import box, plane, rod

WARM = (1.0, 0.89, 0.74)
BACK = -2.3


def _shelves(s, m, rng, x, width, glazes):
    """Three lit boards with ceramics, books and small plants."""
    for k, y in enumerate((0.98, 1.42, 1.86)):
        fittings.lit_shelf(s, width, 0.26, (x, y, BACK + 0.15), m["oak"], WARM, 16)
        left, right, z = x - width / 2 + 0.07, x + width / 2 - 0.07, BACK + 0.15
        kind = (k + (x > 0)) % 3
        if width > 1:
            _middle(s, m, rng, (x, y, z), kind, glazes)
        if kind == 0:
            props.vessel(s, "round", 0.20, glazes[0], (left + 0.07, y, z))
            props.vessel(s, "tall", 0.27, glazes[1], (left + 0.23, y, z))
            props.books(s, rng, glazes, (right - 0.17, y, z), 6)
        elif kind == 1:
            props.books(s, rng, glazes, (left - 0.02, y, z), 5)
            props.pile(s, rng, glazes, (right - 0.15, y, z), 3)
            props.vessel(s, "gourd", 0.15, glazes[3], (right - 0.15, y + 0.09, z))
        else:
            plants.plant(s, rng, (left + 0.06, y, z), 0.24, m["greens"], glazes[2], m["soil"], leaves=14)
            props.vessel(s, "vase", 0.24, glazes[3], (right - 0.05, y, z))
            props.vessel(s, "bowl", 0.07, glazes[1], (right - 0.22, y, z))


def _middle(s, m, rng, at, kind, glazes):
    """What stands in the middle of a long board."""
    x, y, z = at
    if kind == 0:
        plants.plant(s, rng, (x + 0.06, y, z), 0.22, m["greens"], glazes[4], m["soil"], leaves=14)
        props.vessel(s, "jar", 0.13, glazes[2], (x - 0.12, y, z))
    elif kind == 1:
        props.put(s, box(0.22, 0.28, 0.02, soft=0.004).turned(0, -8), m["oak"], (x - 0.05, y, z - 0.05))
        props.put(
            s, plane(0.18, 0.24).moved(0, 0.14, 0.011).turned(0, -8), glazes[0], (x - 0.05, y, z - 0.05)
        )
        props.vessel(s, "bowl", 0.07, glazes[4], (x + 0.17, y, z + 0.03))
    else:
        props.pile(s, rng, glazes, (x + 0.02, y, z), 4, 0.25)
        props.vessel(s, "round", 0.12, glazes[1], (x + 0.02, y + 0.115, z))


def _low_board(s, m, rng, glazes):
    """The sideboard under the niche with what stands on it."""
    props.put(s, box(6.4, 0.50, 0.42, soft=0.012), m["oak"], (0, 0.12, BACK + 0.30))
    for k in range(-6, 7):
        props.put(s, box(0.006, 0.44, 0.01, soft=0.001), m["dark"], (k * 0.49, 0.15, BACK + 0.513))
    props.put(s, box(6.3, 0.12, 0.34), m["dark"], (0, 0, BACK + 0.26))


def _sides(s, m):
    """What only a wide picture shows: a window on the left, a framed sheet and a floor lamp on the right."""
    z = BACK + 0.02
    s.strip(
        plane(0.80, 1.9).moved(-2.62, 1.66, z),
        (-2.62, 1.66, z + 0.01),
        (0.40, 0, 0),
        (0, 0.95, 0),
        (0.96, 0.98, 1.0),
        3.0,
        seen=0.8,
    )
    for x in (-3.03, -2.62, -2.21):
        props.put(s, box(0.035, 1.96, 0.05, along=1), m["dark"], (x, 0.68, z))
    for y in (0.68, 1.66, 2.6):
        props.put(s, box(0.85, 0.035, 0.05), m["dark"], (-2.62, y, z))
    fittings.curtain(s, 0.50, 2.9, (-2.26, 0.12, z + 0.12), m["linen"], folds=7, seed=4)
    props.put(s, box(0.66, 0.86, 0.03, soft=0.004), m["dark"], (2.52, 1.28, z))
    s.add(plane(0.60, 0.80).moved(2.52, 1.71, z + 0.017), m["sheet"])
    props.put(s, rod(0.012, 1.62), m["brass"], (2.98, 0, -1.5))
    props.put(s, rod(0.15, 0.02), m["brass"], (2.98, 0, -1.5))
    props.pendant(s, (2.98, 1.72, -1.5), 0.15, WARM, 6, m["brass"], top=1.88)


def build(wide):
    """The set; a wide picture shows more at the sides."""
    rng = np.random.default_rng(11)
    s = Set(wide)
    oak = s.picture(t.warped(t.wood((0.82, 0.68, 0.53), (0.66, 0.50, 0.36), 3, rings=22), 3))
    floor = s.picture(t.planks((0.74, 0.61, 0.48), (0.58, 0.45, 0.34), 5))
    wall = s.picture(t.plaster((0.93, 0.90, 0.86), 7, 0.010))
    m = {
        "oak": s.material(picture=oak, size=1.1, rough=0.38),
        "floor": s.material(picture=floor, size=1.3, rough=0.28),
        "wall": s.material(picture=wall, size=1.7, rough=0.9, shine=0.0),
        "niche": s.material((0.78, 0.70, 0.62), rough=0.9, shine=0.0),
        "ceiling": s.material((0.93, 0.91, 0.88), shine=0.0),
        "linen": s.material((0.93, 0.89, 0.83), shine=0.0, sheer=0.4),
        "sheet": s.material(
            picture=s.picture(t.landscape((0.93, 0.89, 0.83), (0.52, 0.42, 0.36))), size=0.80, shine=0.0
        ),
        "dark": s.material((0.36, 0.28, 0.22), rough=0.5),
        "brass": s.material((0.86, 0.66, 0.38), rough=0.22, metal=True),
        "soil": s.material((0.16, 0.11, 0.08), shine=0.0),
        "straw": s.material((0.88, 0.78, 0.64), shine=0.0, sheer=0.3),
        "greens": [
            s.material(c, rough=0.35, sheer=0.25)
            for c in ((0.26, 0.42, 0.24), (0.36, 0.52, 0.30), (0.19, 0.33, 0.21))
        ],
    }
    glazes = [
        s.material(c, rough=r)
        for c, r in (
            ((0.93, 0.90, 0.85), 0.25),
            ((0.62, 0.40, 0.29), 0.5),
            ((0.80, 0.76, 0.70), 0.4),
            ((0.35, 0.44, 0.42), 0.15),
            ((0.84, 0.66, 0.52), 0.5),
        )
    ]
    fittings.room(s, m["wall"], m["floor"], m["ceiling"], back=BACK - 0.3)
    fittings.arch_niche(s, 0.40, 1.60, (0, 0, BACK), 8.0, 3.1, m["wall"], m["niche"])
    a = np.linspace(-0.1, np.pi + 0.1, 11)
    for b, c in zip(a[:-1], a[1:]):
        mid, half = (b + c) / 2, 0.36 * (c - b) / 2
        way = np.array([-np.sin(mid), np.cos(mid), 0]) * half
        at = (0.36 * np.cos(mid), 1.60 + 0.36 * np.sin(mid), BACK - 0.02)
        s.lamp(at, way, (0, 0, 0.03), WARM, 12, facing=towards(at, (0, 1.3, BACK - 0.25)))
    for side in (-1, 1):
        fittings.slats(s, 0.20, 3.1, (side * 0.55, 0, BACK + 0.018), m["oak"])
        _shelves(s, m, rng, side * (1.38 if wide else 1.12), 1.24 if wide else 0.92, glazes)
    _low_board(s, m, rng, glazes)
    top = 0.62
    props.vessel(s, "round", 0.27, glazes[0], (-0.62, top, BACK + 0.32))
    plants.grass(s, rng, (-0.62, top + 0.25, BACK + 0.32), 0.62, m["straw"], stems=11)
    props.pile(s, rng, glazes, (0.58, top, BACK + 0.30), 3, 0.28)
    props.pendant(s, (0.58, top + 0.23, BACK + 0.30), 0.105, (1, 0.88, 0.72), 6, m["brass"], top=top + 0.23)
    props.pendant(s, (-0.66, 2.32, -1.35), 0.12, WARM, 7, m["brass"])
    props.pendant(s, (0.70, 2.16, -1.9), 0.13, WARM, 6, m["brass"])
    x = 2.05 if wide else 0.80
    plants.plant(s, rng, (x, 0, -1.05), 0.92, m["greens"], glazes[2], m["soil"], leaves=26)
    x = -2.45 if wide else -0.98
    plants.palm(s, rng, (x, 0.24, -0.85), 1.25, m["greens"])
    props.vessel(s, "pot", 0.34, glazes[1], (x, 0, -0.85))
    if wide:
        _sides(s, m)
    fittings.key_light(s, 1.0)
    s.lamp((-3.6, 1.9, -0.4), (0, 0.9, 0), (0, 0, 0.8), (0.92, 0.96, 1.0), 3.0)
    return s
