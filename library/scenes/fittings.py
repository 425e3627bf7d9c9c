"""What is built into the sets: shelves, lattices, walls, curtains, studio lights. Metres."""

import numpy as np
from props import put
from scene import towards
from shapes import box, plane, ring_wall, sheet


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
                for dx, dy, bw, bh in (
                    (0, -0.28, 0.56, 0),
                    (0, 0.28, 0.56, 0),
                    (-0.28, 0, 0, 0.56),
                    (0.28, 0, 0, 0.56),
                ):
                    bar_at(
                        cx + dx * w,
                        cy + dy * h - (bh * h / 2 if bh else bar / 2),
                        bw * w or bar,
                        bh * h or bar,
                    )
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
    s.add(
        plane(2 * radius + 0.02, height + radius + 0.02).moved(x, y + (height + radius) / 2, z - depth),
        inside,
    )


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
            s.add(
                plane(deep, height)
                .turned(1, -90 * sign)
                .moved(sign * width / 2, height / 2, (front + back) / 2),
                wall,
            )


def key_light(s, strength=1.0, colour=(1, 0.96, 0.9)):
    """The large soft lamp above the camera, a little to its left, and a weak one on the right."""
    s.lamp(
        (-1.3, 2.9, 1.6),
        (0.7, 0, 0.35),
        (0.18, 0.42, -0.5),
        colour,
        16 * strength,
        facing=towards((-1.3, 2.9, 1.6), (0.2, 1.1, -1.6)),
    )
    s.lamp(
        (2.2, 2.2, 1.8),
        (0.35, 0, 0.35),
        (0.1, 0.5, -0.1),
        (0.95, 0.97, 1.0),
        5 * strength,
        facing=towards((2.2, 2.2, 1.8), (0, 1.0, -1.6)),
    )
