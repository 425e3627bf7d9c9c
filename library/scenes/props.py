"""Things that stand in the sets. Each function puts one thing into set `s`; `at` is where it stands, metres."""

import numpy as np
from shapes import ball, box, curve, join, lathe, leaf, plane, ring_wall, rod, sheet, tube

# Profiles of vessels of height 1: radius, height.
VESSELS = {
    "bottle": [(0, 0), (0.17, 0), (0.19, 0.03), (0.19, 0.60), (0.17, 0.68), (0.07, 0.74), (0.065, 0.80)],
    "vase": [(0, 0), (0.16, 0), (0.24, 0.16), (0.30, 0.40), (0.22, 0.66), (0.10, 0.80), (0.09, 0.90), (0.15, 1.0), (0.12, 0.97)],
    "round": [(0, 0), (0.22, 0), (0.42, 0.20), (0.50, 0.48), (0.40, 0.76), (0.18, 0.90), (0.17, 1.0), (0.14, 0.97)],
    "tall": [(0, 0), (0.13, 0), (0.15, 0.1), (0.19, 0.55), (0.17, 0.8), (0.10, 0.92), (0.13, 1.0), (0.10, 0.98)],
    "bowl": [(0, 0), (0.40, 0), (0.42, 0.10), (0.70, 0.35), (0.95, 0.80), (1.02, 1.0), (0.96, 0.98), (0.60, 0.35), (0, 0.22)],
    "jar": [(0, 0), (0.34, 0), (0.40, 0.06), (0.42, 0.5), (0.38, 0.74), (0.30, 0.80)],
    "pot": [(0, 0), (0.34, 0), (0.37, 0.04), (0.47, 0.92), (0.50, 0.98), (0.47, 1.0), (0.43, 0.95), (0.40, 0.86), (0, 0.84)],
    "gourd": [(0, 0), (0.2, 0), (0.36, 0.2), (0.3, 0.46), (0.14, 0.58), (0.2, 0.76), (0.1, 0.92), (0.07, 1.0)],
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
        band = np.stack([np.stack([r * np.sin(a), 0 * a + h * height, r * np.cos(a)], -1) for h in (0.16, 0.46)])
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
            loop = curve([(0, 0, 0), (0.10, 0.10, 0.02), (0.20, 0.13, 0), (0.23, 0.07, 0), (0.14, 0.02, 0), (0, 0, 0)], 22)
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
        sides.append(sheet(np.stack([edge[None, :, 0] + 0 * t, h * t + 0 * edge[None, :, 0], edge[None, :, 1] * (1 - 0.25 * t)], -1)))
    put(s, join(sides), paper, at, turn)
    for z in (-0.36 * d, 0.36 * d):
        loop = curve([(-0.22 * w, 0.97 * h, z), (-0.16 * w, 1.18 * h, z), (0.16 * w, 1.18 * h, z), (0.22 * w, 0.97 * h, z)], 16)
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
        put(s, box(width * rng.uniform(0.85, 1), thick, 0.16, soft=0.003), cover, (x, y, z), rng.uniform(-9, 9))
        y += thick


def shelf(s, width, depth, at, board, thick=0.03):
    """A board whose upper side is at `at`."""
    x, y, z = at
    put(s, box(width, thick, depth, soft=0.004), board, (x, y - thick, z))


def lit_shelf(s, width, depth, at, board, colour, strength, thick=0.03):
    """A board with a light strip below its front edge."""
    shelf(s, width, depth, at, board, thick)
    x, y, z = at
    low, front = y - thick - 0.006, z + depth / 2 - 0.04
    bar = box(width - 0.04, 0.006, 0.012, soft=0.001).moved(x, low, front)
    s.strip(bar, (x, low - 0.002, front), (width / 2 - 0.02, 0, 0), (0, 0, 0.006), colour, strength, seen=0.5)


def pendant(s, at, radius, colour, strength, cord, flat=1.0, top=4.0):
    """A glowing globe on a cord."""
    x, y, z = at
    s.globe(ball(radius, flat).moved(*at), at, radius, colour, strength)
    put(s, rod(0.004, top - y, sides=8), cord, (x, y + radius * flat, z))
    put(s, rod(0.03, 0.05, soft=0.004), cord, (x, y + radius * flat - 0.01, z))


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
        path = curve([(0, 0, 0), way * out * 0.25 + [0, top * 0.65, 0], way * out * 0.7 + [0, top, 0], way * out * 1.25 + [0, top * 0.86, 0]], leaflets * 2)
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


def lantern(s, at, radius, colour, strength, gold, tassel, flat=0.8, ribs=20, cord=4.0, seen=0.35):
    """A paper lantern with ribs, caps of gold and a tassel."""
    x, y, z = at
    a = np.linspace(-1.32, 1.32, 30)
    body = lathe(np.stack([radius * np.cos(a), radius * flat * np.sin(a)], 1), smooth=True, rows=30, sides=120, lobes=ribs, depth=0.045)
    s.globe(body.moved(*at), at, radius * 0.9, colour, strength, seen)
    high = radius * flat
    for sign in (-1, 1):
        low = y + sign * high * 0.96 - 0.02 * (sign < 0)
        put(s, lathe([(0, 0), (radius * 0.34, 0), (radius * 0.34, 0.045), (0, 0.045)], smooth=False), gold, (x, low - 0.012, z))
    put(s, rod(0.004, max(0.05, cord - y - high), sides=8), gold, (x, y + high, z))
    drop = y - high
    put(s, ball(0.02 + 0.04 * radius, sides=16), gold, (x, drop - 0.05, z))
    fringe = lathe([(0.012, 0), (0.035, -0.02), (0.042, -0.30), (0, -0.30)], sides=60, lobes=22, depth=0.2, smooth=False)
    put(s, fringe.scaled(radius / 0.22), tassel, (x, drop - 0.06, z))


def teapot(s, size, material, at, turn=0.0):
    """A round pot with lid, spout and handle, `size` metres high."""
    body = lathe([(0, 0), (0.32, 0), (0.36, 0.03), (0.52, 0.26), (0.50, 0.50), (0.30, 0.70), (0, 0.70)], rows=36)
    lid = lathe([(0, 0.69), (0.30, 0.70), (0.27, 0.76), (0.10, 0.83), (0.06, 0.86), (0.09, 0.93), (0.06, 0.99), (0, 1.0)])
    spout = tube(curve([(0.42, 0.28, 0), (0.66, 0.38, 0), (0.72, 0.55, 0), (0.86, 0.70, 0)], 16), np.linspace(0.11, 0.05, 16))
    handle = tube(curve([(-0.44, 0.52, 0), (-0.74, 0.58, 0), (-0.80, 0.36, 0), (-0.47, 0.20, 0)], 18), 0.05)
    put(s, (body + lid + spout + handle).scaled(size), material, at, turn)


def cup(s, size, material, at):
    """A handleless tea cup, `size` metres high."""
    put(s, lathe(VESSELS["bowl"], rows=30, sides=28).scaled(size * 0.62, size, size * 0.62), material, at)


def lattice(s, width, height, at, wood, cells=(4, 7), bar=0.014, frame=0.035, pattern="steps"):
    """A window of wooden bars in a frame, standing on `at`: stepped rectangles or ice-ray squares."""
    x, y, z = at

    def bar_at(x0, y0, w, h, deep=0.02):
        put(s, box(w, h, deep, soft=0.002), wood, (x + x0, y + y0, z))

    for side in (-1, 1):
        bar_at(side * (width - frame) / 2, 0, frame, height, 0.045)
        bar_at(0, 0 if side < 0 else height - frame, width, frame, 0.045)
    columns, rows = cells
    w, h = (width - 2 * frame) / columns, (height - 2 * frame) / rows
    for i in range(columns):
        for j in range(rows):
            cx, cy = -width / 2 + frame + (i + 0.5) * w, frame + (j + 0.5) * h
            if pattern == "steps":
                turn = 1 if (i + j) % 2 else -1
                bar_at(cx, cy - bar / 2, w, bar)
                bar_at(cx + turn * w * 0.25, cy if turn > 0 else cy - h / 2, bar, h / 2)
                bar_at(cx - turn * w * 0.25, cy - h / 2 if turn > 0 else cy, bar, h / 2)
                bar_at(cx - w / 2, cy - h / 2, bar, h)
            else:
                for dx, dy, bw, bh in ((0, -0.28, 0.56, 0), (0, 0.28, 0.56, 0), (-0.28, 0, 0, 0.56), (0.28, 0, 0, 0.56)):
                    bar_at(cx + dx * w, cy + dy * h - (bh * h / 2 if bh else bar / 2), bw * w or bar, bh * h or bar)
                bar_at(cx, cy + 0.28 * h, bar, 0.22 * h)
                bar_at(cx, cy - 0.5 * h, bar, 0.22 * h)
                bar_at(cx + 0.39 * w, cy - bar / 2, 0.22 * w, bar)
                bar_at(cx - 0.39 * w, cy - bar / 2, 0.22 * w, bar)


def slats(s, width, height, at, wood, pitch=0.055, gap=0.018, depth=0.035):
    """A wall of upright slats, its lower middle at `at`."""
    count = int(width / pitch)
    one = box(pitch - gap, height, depth, soft=0.004, along=1)
    x, y, z = at
    for k in range(count):
        put(s, one, wood, (x + (k - (count - 1) / 2) * pitch, y, z))


def flutes(s, width, height, at, material, pitch=0.06):
    """Half-round upright ribs side by side."""
    count = int(width / pitch)
    a = np.linspace(-np.pi / 2, np.pi / 2, 9)
    ring = np.stack([np.sin(a) * pitch / 2, 0 * a, np.cos(a) * pitch / 2], -1)
    one = sheet(np.stack([ring, ring + [0, height, 0]]))
    x, y, z = at
    for k in range(count):
        put(s, one, material, (x + (k - (count - 1) / 2) * pitch, y, z))


def curtain(s, width, height, at, material, folds=9, deep=0.045, seed=1):
    """Hanging cloth whose folds open a little towards the hem."""
    rng = np.random.default_rng(seed)
    u, v = np.linspace(0, 1, folds * 12)[None, :], np.linspace(0, 1, 14)[:, None]
    shift = np.interp(u[0], np.linspace(0, 1, 8), rng.uniform(-0.35, 0.35, 8))[None, :]
    wave = np.sin(2 * np.pi * (folds * u + shift + 0.05 * v * np.sin(9 * u)))
    swell = deep * (0.7 + 0.5 * (1 - v)) * (1 + 0.3 * np.sin(5 * u + 1))
    points = np.stack([(u - 0.5) * width + 0 * v, v * height + 0 * u, wave * swell + 0 * u], -1)
    s.add(sheet(points).moved(*at), material)


def arch_niche(s, radius, height, at, wall_width, wall_height, wall, inside, depth=0.22):
    """A wall with an arched niche: `height` is where the half circle begins. `at` is the wall's lower middle."""
    x, y, z = at
    a = np.linspace(np.pi, 0, 49)
    edge = np.stack([radius * np.cos(a), height + radius * np.sin(a), 0 * a], -1)
    edge = np.concatenate([[[-radius, 0, 0]], edge, [[radius, 0, 0]]])
    top = edge.copy()
    top[:, 1] = wall_height
    side = (wall_width / 2 - radius) / 2
    front = np.stack([edge, top])
    s.add(sheet(front, uv=front[..., :2], normals=np.zeros(front.shape) + [0, 0, 1.0]).moved(x, y, z), wall)
    for sign in (-1, 1):
        s.add(plane(2 * side, wall_height).moved(x + sign * (radius + side), y + wall_height / 2, z), wall)
    back = edge - [0, 0, depth]
    inner = np.zeros((2, len(edge), 3))
    inner[:, 1:-1, 0], inner[:, 1:-1, 1] = -np.cos(a), -np.sin(a)
    inner[:, 0, 0], inner[:, -1, 0] = 1, -1
    s.add(sheet(np.stack([edge, back]), normals=inner).moved(x, y, z), inside)
    s.add(plane(2 * radius + 0.02, height + radius + 0.02).moved(x, y + (height + radius) / 2, z - depth), inside)


def moon_gate(s, hole, centre, at, wall_width, wall_height, wall, trim, thick=0.16):
    """A wall with a round opening and a trim round it."""
    s.add(ring_wall(wall_width, wall_height, hole, centre, thick=thick).moved(*at), wall)
    a = np.linspace(0, 2 * np.pi, 97)
    path = np.stack([centre[0] + hole * np.cos(a), centre[1] + hole * np.sin(a), 0 * a], -1)
    section = []
    for r, d in ((-0.002, 0.022), (0.055, 0.022), (0.055, -0.01)):
        section.append(path + np.stack([r * np.cos(a), r * np.sin(a), 0 * a + d], -1))
    s.add(sheet(np.stack(section[:2]), normals=np.zeros((2, 97, 3)) + [0, 0, 1.0]).moved(*at), trim)
    s.add(sheet(np.stack(section[1:])).moved(*at), trim)


def room(s, wall, floor, ceiling=None, back=-2.3, width=8.0, height=3.1, front=1.2, sides=True):
    """Floor, ceiling and side walls; the back wall is the set's own affair."""
    deep = front - back
    ground = plane(width, deep).turned(0, -90).moved(0, 0, (front + back) / 2)
    s.add(ground, floor)
    if ceiling is not None:
        s.add(plane(width, deep).turned(0, 90).moved(0, height, (front + back) / 2), ceiling)
    if sides:
        for sign in (-1, 1):
            s.add(plane(deep, height).turned(1, -90 * sign).moved(sign * width / 2, height / 2, (front + back) / 2), wall)


def key_light(s, strength=1.0, colour=(1, 0.96, 0.9)):
    """The large soft lamp above the camera, a little to its left, and a weak one on the right."""
    s.lamp((-1.3, 2.9, 1.6), (0.7, 0, 0.35), (0.18, 0.42, -0.5), colour, 16 * strength)
    s.lights[-1][13:16] = _towards((-1.3, 2.9, 1.6), (0.2, 1.1, -1.6))
    s.lamp((2.2, 2.2, 1.8), (0.35, 0, 0.35), (0.1, 0.5, -0.1), (0.95, 0.97, 1.0), 5 * strength)
    s.lights[-1][13:16] = _towards((2.2, 2.2, 1.8), (0, 1.0, -1.6))


def _towards(place, target):
    way = np.subtract(target, place)
    return way / np.linalg.norm(way)
