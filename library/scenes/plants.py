"""Plants: bushes, palms, dry grass, blossoming branches. Each function grows one in set `s`."""

import numpy as np
from props import put, vessel
from shapes import ball, curve, join, leaf, rod, tube


def plant(s, rng, at, size, greens, pot, soil, leaves=22, spread=1.0, width=0.34, pot_size=0.36, upright=0.5):
    """A bush of broad leaves in a pot; `size` is the height of its leaves in metres."""
    x, y, z = at
    tall = pot_size * size
    vessel(s, "pot", tall, pot, at)
    put(s, rod(0.4 * tall, 0.02), soil, (x, y + 0.84 * tall, z))
    for k in range(leaves):
        round_ = 360 * (k * 0.618) + rng.uniform(-14, 14)
        high = (k + 0.5) / leaves
        lean = spread * (70 - 55 * high * upright) * rng.uniform(0.8, 1.1)
        stalk = size * (0.22 + 0.50 * high)
        a, b = np.radians(round_), np.radians(min(lean, 80))
        tip = stalk * np.array([np.sin(a) * np.sin(b), np.cos(b), np.cos(a) * np.sin(b)])
        path = curve([(0, 0, 0), tip * [0.35, 0.55, 0.35], tip], 8)
        put(s, tube(path, 0.006 * size + 0.001, sides=5), greens[0], (x, y + 0.8 * tall, z))
        long = size * rng.uniform(0.30, 0.44)
        blade = leaf(long, long * width * rng.uniform(0.9, 1.2), droop=rng.uniform(0.5, 1.3))
        blade = blade.turned(2, rng.uniform(-25, 25)).turned(0, -62 + lean * 0.75).turned(1, round_)
        put(s, blade, greens[k % len(greens)], (x + tip[0], y + 0.8 * tall + tip[1], z + tip[2]))


def palm(s, rng, at, height, greens, fronds=9, leaflets=15):
    """Feathered fronds that arch from one root."""
    for k in range(fronds):
        a = 2 * np.pi * k * 0.618 + rng.uniform(-0.2, 0.2)
        out = height * rng.uniform(0.32, 0.6)
        top = height * rng.uniform(0.7, 1.0)
        way = np.array([np.sin(a), 0, np.cos(a)])
        path = curve(
            [
                (0, 0, 0),
                way * out * 0.25 + [0, top * 0.65, 0],
                way * out * 0.7 + [0, top, 0],
                way * out * 1.25 + [0, top * 0.86, 0],
            ],
            leaflets * 2,
        )
        put(s, tube(path, np.linspace(0.008, 0.002, len(path)) * height, sides=5), greens[0], at)
        for i in range(leaflets // 3, len(path) - 1):
            share = i / len(path)
            long = height * 0.26 * np.sin(np.pi * min(1, 0.25 + 0.75 * share)) * rng.uniform(0.9, 1.1) + 0.02
            for side in (-1, 1):
                blade = leaf(long, long * 0.11, droop=0.7, fold=0.2)
                blade = blade.turned(0, 8).turned(1, np.degrees(a) + side * (62 - 22 * share))
                put(s, blade, greens[(i + k) % len(greens)], np.array(at) + path[i])


def grass(s, rng, at, height, material, stems=9, plume=True):
    """Dry pampas grass out of a vase's mouth at `at`."""
    for k in range(stems):
        a, lean = 2 * np.pi * k * 0.618, rng.uniform(0.10, 0.34)
        top = np.array([np.sin(a) * lean, rng.uniform(0.8, 1.0), np.cos(a) * lean]) * height
        path = curve([(0, 0, 0), top * [0.3, 0.55, 0.3], top * [1.15, 1, 1.15]], 20)
        width = np.full(20, 0.0022)
        if plume:
            t = np.clip((np.linspace(0, 1, 20) - 0.52) / 0.48, 0, 1)
            width = width + 0.020 * np.sin(np.pi * t**0.7) * height / 0.6
        put(s, tube(path, width, sides=7), material, at)


def branch(s, rng, path, thick, bark, flowers, petals, twigs=9, bloom=0.018):
    """A blossoming branch along a path: twigs with five-petalled flowers and buds."""
    path = curve(path, 40)
    s.add(tube(path, np.linspace(thick, thick * 0.35, 40), sides=8), bark)
    spots = []
    for k in range(twigs):
        i = int(8 + 31 * (k + 0.5) / twigs)
        way = path[min(i + 1, 39)] - path[i - 1]
        way = way / np.linalg.norm(way)
        aside = np.cross(way, rng.normal(size=3))
        aside = aside / np.linalg.norm(aside)
        end = path[i] + (way * 0.6 + aside * 0.7 + [0, 0.3, 0]) * rng.uniform(0.10, 0.24)
        twig = curve([path[i], (path[i] + end) / 2 + rng.normal(0, 0.012, 3), end], 10)
        s.add(tube(twig, np.linspace(thick * 0.4, thick * 0.15, 10), sides=5), bark)
        spots += [twig[j] for j in range(2, 10, 2)]
    spots += [path[i] for i in range(12, 40, 4)]
    for spot in spots:
        size = bloom * rng.uniform(0.6, 1.15)
        flower = []
        for k in range(5):
            petal = ball(size * 0.62, 0.28, sides=10).moved(0, 0.15 * size, 0.62 * size).turned(0, -22)
            flower.append(petal.turned(1, 72 * k))
        whole = join(flower).turned(0, rng.uniform(10, 100)).turned(1, rng.uniform(-60, 60))
        put(s, whole, petals[int(rng.integers(len(petals)))], spot + rng.normal(0, 0.006, 3))
        put(s, ball(size * 0.3, sides=8), flowers, spot)
