"""A technology studio: dark panels with lines of light, a large screen, product pedestals, a polished floor."""

import fittings
import numpy as np
import plants
import props
import textures as t
from scene import Set, towards
from shapes import box, curve, lathe, plane, rod, tube

BLUE, CYAN, VIOLET = (0.42, 0.66, 1.0), (0.55, 0.90, 1.0), (0.68, 0.56, 1.0)
BACK = -2.6


def _line(s, start, end, colour, strength, thick=0.012, facing=(0, 0, 1)):
    """A tube of light from start to end that shines towards `facing`."""
    start, end, facing = np.array(start, float), np.array(end, float), np.array(facing, float)
    half, middle = (end - start) / 2, (end + start) / 2
    across = np.cross(facing, half)
    across = across / np.linalg.norm(across) * thick
    part = tube(np.linspace(start, end, 6), thick, sides=8)
    s.strip(part, middle + facing * thick * 1.2, half, across, colour, strength, seen=0.45)


def _portal(s, m, half, height, z, colour, power):
    """A frame that one could walk through: satin panels, a line of light round the opening."""
    thick, deep = 0.20, 0.16
    for y in (0.62, 1.24, 1.86):
        for side in (-1, 1):
            props.put(
                s,
                box(thick * 0.99, 0.006, 0.01, soft=0.001),
                m["black"],
                (side * (half + thick / 2), y, z + deep / 2 - 0.004),
            )
    for side in (-1, 1):
        props.put(
            s, box(thick, height + thick, deep, soft=0.015), m["panel"], (side * (half + thick / 2), 0, z)
        )
        props.put(s, box(0.02, height, deep * 0.5), m["black"], (side * (half + 0.004), 0, z - 0.02))
        x, front = side * (half + 0.006), z + deep / 2 + 0.004
        _line(s, (x, 0.02, front), (x, height, front), colour, power, 0.009, (-0.75 * side, 0, 0.66))
        _line(
            s,
            (x, 0.02, z - deep / 2),
            (x, height, z - deep / 2),
            colour,
            power * 0.7,
            0.006,
            (-0.5 * side, 0, -0.85),
        )
    props.put(s, box(2 * half + 2 * thick, thick, deep, soft=0.015), m["panel"], (0, height, z))
    front = z + deep / 2 + 0.004
    _line(s, (-half, height, front), (half, height, front), colour, power, 0.009, (0, -0.75, 0.66))


def _screen(s, m, wide):
    """The middle: a soft screen that fills the last frame, dim enough to leave the head its place."""
    w, h, y, z = (1.08 if not wide else 1.5), 2.20, 0.14, BACK + 0.03
    props.put(s, box(w, h, 0.05, soft=0.015), m["black"], (0, y, z))
    s.add(plane(w - 0.04, h - 0.04).moved(0, y + h / 2, z + 0.0255), m["screen"])
    s.lamp((0, y + h / 2, z + 0.03), (w / 2 - 0.03, 0, 0), (0, h / 2 - 0.03, 0), (0.60, 0.74, 1.0), 0.9)


def _sides(s, m):
    """Ribbed panels beside the frames, lit from above and below."""
    for side in (-1, 1):
        fittings.slats(
            s, 2.9, 3.1, (side * 2.35, 0, BACK + 0.25), m["ribs"], pitch=0.09, gap=0.03, depth=0.06
        )
        s.lamp(
            (side * 2.2, 2.98, BACK + 0.55), (1.4, 0, 0), (0, 0.02, 0.06), BLUE, 14, facing=(0, -0.8, -0.6)
        )
        s.lamp(
            (side * 2.2, 0.06, BACK + 0.55), (1.4, 0, 0), (0, 0.02, -0.06), VIOLET, 12, facing=(0, 0.8, -0.6)
        )


def _pedestal(s, m, at, radius, height, colour):
    """A fluted pedestal under a white disc, a ring of light at its foot and below the disc."""
    x, y, z = at
    stem = lathe(
        [(radius - 0.03, 0), (radius - 0.03, height - 0.05)], smooth=False, sides=192, lobes=44, depth=0.06
    )
    props.put(s, stem, m["ribs"], at)
    props.put(s, rod(radius, 0.03, sides=72, soft=0.006), m["black"], at)
    props.put(s, rod(radius + 0.02, 0.05, sides=96, soft=0.014), m["white"], (x, y + height - 0.05, z))
    for ring in (0.04, height - 0.065):
        a = np.linspace(0, 2 * np.pi, 73)
        circle = np.stack(
            [x + (radius + 0.004) * np.sin(a), 0 * a + y + ring, z + (radius + 0.004) * np.cos(a)], -1
        )
        light = s.material(colour, shine=0.0, glow=4.0)
        s.add(tube(circle, 0.007, sides=8), light)
    s.lamp((x, y + 0.05, z + radius + 0.03), (radius, 0, 0), (0, 0.012, 0), colour, 14)
    # a spot from above
    spot = (x * 0.9, y + height + 1.5, z + 0.35)
    s.lamp(
        spot, (0.07, 0, 0), (0, 0.02, 0.07), (0.95, 0.97, 1.0), 60, facing=towards(spot, (x, y + height, z))
    )


def _headphones(s, m, at, turn):
    """Over-ear headphones on a stand."""
    x, y, z = at
    band = curve([(-0.085, 0.10, 0), (-0.07, 0.18, 0), (0, 0.225, 0), (0.07, 0.18, 0), (0.085, 0.10, 0)], 24)
    parts = tube(band, 0.009, sides=10).scaled(1, 1, 1.7)
    props.put(s, parts, m["shell"], at, turn)
    for side in (-1, 1):
        cup = (
            lathe([(0, -0.025), (0.040, -0.025), (0.048, -0.01), (0.046, 0.02), (0, 0.024)])
            .turned(2, 90)
            .moved(side * 0.085, 0.09, 0)
        )
        props.put(s, cup, m["shell"], at, turn)
        pad = (
            lathe([(0.02, 0), (0.046, 0.002), (0.05, 0.012), (0.02, 0.022)])
            .turned(2, side * 90)
            .moved(side * 0.066, 0.09, 0)
        )
        props.put(s, pad, m["black"], at, turn)
    props.put(s, rod(0.008, 0.21), m["steel"], at)
    props.put(s, rod(0.06, 0.008, soft=0.002), m["steel"], at)


def _speaker(s, m, at):
    """A round-shouldered speaker with a ring of light."""
    x, y, z = at
    props.vessel(s, "tall", 0.22, m["cloth"], at, 1.7)
    props.put(
        s,
        lathe([(0.028, 0), (0.034, 0), (0.034, 0.004), (0.028, 0.004)], smooth=False),
        m["glow"],
        (x, y + 0.219, z),
    )


def _phone(s, m, at, turn):
    """A phone on a small stand, its screen lit."""
    x, y, z = at
    body = box(0.092, 0.19, 0.010, soft=0.005).turned(0, -12)
    glass = plane(0.084, 0.18).moved(0, 0.095, 0.0056).turned(0, -12)
    props.put(s, body, m["shell"], (x, y + 0.02, z), turn)
    props.put(s, glass, m["display"], (x, y + 0.02, z), turn)
    props.put(s, box(0.07, 0.02, 0.07, soft=0.004), m["steel"], at, turn)


def _watch(s, m, at):
    """A watch round its cushion."""
    x, y, z = at
    props.put(s, rod(0.05, 0.09, soft=0.01).turned(2, 90).moved(0.045, 0.05, 0), m["shell"], at)
    props.put(s, box(0.05, 0.05, 0.016, soft=0.007), m["steel"], (x, y + 0.035, z + 0.05))
    props.put(s, plane(0.04, 0.04).moved(0, 0.060, 0.0585), m["display"], at)


def build(wide):
    """The set; a wide picture adds pedestals and a second screen."""
    rng = np.random.default_rng(53)
    s = Set(wide, sky=((0.10, 0.12, 0.16), (0.24, 0.27, 0.34)))
    carbon = s.picture(t.cloth((0.20, 0.22, 0.26), 9, 48))
    m = {
        "panel": s.material((0.52, 0.56, 0.66), rough=0.30, shine=0.05),
        "ribs": s.material((0.34, 0.38, 0.47), rough=0.42),
        "floor": s.material((0.24, 0.27, 0.34), rough=0.10, shine=0.10),
        "ceiling": s.material((0.12, 0.13, 0.16)),
        "black": s.material((0.06, 0.065, 0.08), rough=0.2),
        "white": s.material((0.93, 0.94, 0.96), rough=0.2),
        "steel": s.material((0.74, 0.76, 0.80), rough=0.25, metal=True),
        "shell": s.material((0.82, 0.84, 0.88), rough=0.3),
        "cloth": s.material(picture=carbon, size=0.2, shine=0.0),
        "glow": s.material(CYAN, glow=5.0),
        "greens": [
            s.material(c, rough=0.3, sheer=0.25)
            for c in ((0.16, 0.36, 0.28), (0.24, 0.46, 0.36), (0.12, 0.28, 0.24))
        ],
        "soil": s.material((0.10, 0.08, 0.07), shine=0.0),
    }
    picture = s.picture(t.glowing((0.66, 0.86, 1.0), (0.13, 0.16, 0.46)))
    m["screen"] = s.material(picture=picture, size=1.9, rough=0.15, glow=(0.85, 0.85, 0.9))
    m["display"] = s.material(picture=picture, size=0.19, rough=0.1, glow=(2.2, 2.2, 2.4))
    fittings.room(s, m["panel"], m["floor"], m["ceiling"], back=BACK, width=7.4, height=3.1)
    s.add(plane(7.4, 3.1).moved(0, 1.55, BACK), m["ribs"])
    _screen(s, m, wide)
    _sides(s, m)
    grow = 1.0 if not wide else 1.42
    for half, height, z, colour, power in (
        (0.55, 2.36, -2.5, CYAN, 11),
        (0.645, 2.46, -2.0, BLUE, 9),
        (0.735, 2.56, -1.5, VIOLET, 9),
    ):
        _portal(s, m, half * grow, height, z, colour, power)
    x = 0.62 if not wide else 1.06
    _pedestal(s, m, (-x, 0, -1.22), 0.19, 0.84, CYAN)
    _pedestal(s, m, (x, 0, -1.30), 0.19, 1.0, BLUE)
    _headphones(s, m, (-x + 0.02, 0.84, -1.20), 24)
    _phone(s, m, (x - 0.06, 1.0, -1.29), -16)
    _watch(s, m, (x + 0.08, 1.0, -1.25))
    if wide:
        _pedestal(s, m, (-2.0, 0, -1.9), 0.30, 1.12, VIOLET)
        _speaker(s, m, (-2.0, 1.12, -1.9))
        _pedestal(s, m, (2.02, 0, -1.7), 0.32, 0.72, CYAN)
        _speaker(s, m, (1.95, 0.72, -1.7))
    plants.plant(
        s, rng, (2.75 if wide else 1.5, 0, -0.95), 0.62, m["greens"], m["white"], m["soil"], leaves=20
    )
    s.lamp((0, 3.0, -0.9), (1.6, 0, 0), (0, 0, 0.5), (0.90, 0.94, 1.0), 3.2)
    fittings.key_light(s, 0.5, (0.92, 0.95, 1.0))
    s.lamp((3.4, 1.6, -0.6), (0, 0, 0.9), (0, 0.9, 0), VIOLET, 2.2)
    s.lamp((-3.4, 1.6, -0.6), (0, 0.9, 0), (0, 0, 0.9), CYAN, 2.2)
    return s
