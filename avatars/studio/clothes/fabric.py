"""Weaves, and the pictures of an outfit: base colour and normal map with seams, stitches and fine folds.

A weave is a function of the place on the cloth in cm; it gives a factor of the colour and a height in cm.
"""

from dataclasses import dataclass

import numpy as np
from fields import blend, smoothstep, to_linear
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter, map_coordinates

# Material name, roughness, metallic of each weave.
FINISH = {
    "wool": ("wool", 0.86, 0.0),
    "cotton": ("cotton", 0.80, 0.0),
    "jersey": ("cotton", 0.80, 0.0),
    "knit": ("wool", 0.86, 0.0),
    "rib": ("wool", 0.86, 0.0),
    "satin": ("satin", 0.46, 0.0),
    "brocade": ("satin", 0.46, 0.0),
    "stripe": ("satin", 0.46, 0.0),
    "leather": ("leather", 0.38, 0.0),
    "plain": ("cotton", 0.80, 0.0),
    "horn": ("horn", 0.35, 0.0),
    "pearl": ("pearl", 0.22, 0.0),
    "gold": ("gold", 0.30, 1.0),
    "silver": ("silver", 0.28, 1.0),
}
NOISE = 512
SHADE_TINT = np.array([0.92, 1.0, 1.05])  # shade between cloth is warm: light that enters comes back coloured


def _noise(seed, sigma):
    """Tileable noise of unit variance."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=(NOISE, NOISE)), sigma, mode="wrap")
    return noise / noise.std()


def _sample(noise, x, y, per_cm):
    return map_coordinates(noise, [(y * per_cm) % NOISE, (x * per_cm) % NOISE], order=1, mode="grid-wrap")


def _wool(x, y):
    """Twill: fine diagonals, flecks of lighter and darker yarn."""
    fleck = _sample(_noise(11, (0.8, 1.6)), x, y, 14)
    diagonal = np.sin((x * 1.0 + y * 1.35) * 2 * np.pi / 0.30)
    return 1 + 0.016 * diagonal + 0.020 * fleck, 0.006 * diagonal + 0.004 * fleck


def _cotton(x, y):
    warp = _sample(_noise(12, (6, 0.7)), x, y, 14) + _sample(_noise(13, (0.7, 6)), x, y, 14)
    return 1 + 0.007 * warp, 0.003 * warp


def _jersey(x, y):
    column = np.cos(x * 2 * np.pi / 0.24)
    return 1 + 0.010 * column + 0.008 * _sample(_noise(14, 1.2), x, y, 14), 0.004 * column


def _knit(x, y):
    """Columns of V stitches."""
    across = (x / 0.42) % 1 - 0.5
    loop = (y / 0.34 + 1.1 * np.abs(across)) % 1
    height = np.cos(across * 2 * np.pi) * 0.5 + 0.5 * np.cos((loop - 0.5) * 2 * np.pi)
    return 1 + 0.028 * height + 0.012 * _sample(_noise(15, 1.5), x, y, 12), 0.012 * height


def _rib(x, y):
    rib = np.cos(x * 2 * np.pi / 0.62)
    return 1 + 0.05 * rib, 0.030 * rib + 0.004 * np.cos(y * 2 * np.pi / 0.3)


def _satin(x, y):
    sheen = _sample(_noise(16, (9, 0.8)), x, y, 12)
    return 1 + 0.006 * sheen, 0.0012 * sheen


def _plain(x, y):
    return np.ones_like(x), np.zeros_like(x)


def _stripe(x, y):
    """Silk with diagonal ribs."""
    rib = np.sin((x + y) * 2 * np.pi / 0.22)
    return 1 + 0.02 * rib, 0.004 * rib


def stripes(x, y):
    """0..1 where a tie has its stripes: pairs, one wide and one narrow."""
    place = ((x * 0.8 - y) / 2.6) % 1
    return smoothstep(0.10, 0.08, np.abs(place - 0.3)) + smoothstep(0.035, 0.02, np.abs(place - 0.52))


def _brocade(x, y):
    """Satin with a woven motif: five-petalled blossoms and clouds of two turns, half dropped."""
    tone, height = _satin(x, y)
    motif = brocade_motif(x, y)
    return tone + 0.0 * motif, height + 0.010 * motif


def brocade_motif(x, y):
    """0..1 where the pattern of the brocade is woven."""
    width, drop = 5.2, 5.2
    x, y = 1.13 * x, 1.13 * y
    column = np.floor(x / width)
    u, v = (x / width) % 1 - 0.5, ((y + 0.5 * drop * (column % 2)) / drop) % 1 - 0.5
    u, v = u * width, v * drop

    def blossom(cx, cy, size, turn):
        a, r = np.arctan2(v - cy, u - cx) + turn, np.hypot(u - cx, v - cy) / size
        petal = 0.62 + 0.38 * np.abs(np.cos(2.5 * a))
        leaf = smoothstep(0.07, 0, r - petal) * smoothstep(0.20, 0.27, r)
        vein = smoothstep(0.10, 0.04, np.abs(np.cos(2.5 * a)) * r)
        return leaf * (1 - 0.75 * vein) + smoothstep(0.05, 0, r - 0.14)

    def scroll(cx, cy, size, hand):
        a, r = np.arctan2(v - cy, hand * (u - cx)), np.hypot(u - cx, v - cy) / size
        turn = (r - (a + np.pi) / (2 * np.pi) * 0.42) / 0.42
        line = np.abs(turn - np.round(turn))
        return smoothstep(0.18, 0.10, line) * (r < 1.0) * (r > 0.12)

    both = np.maximum(blossom(-1.05, -0.95, 1.0, 0.3), blossom(0.35, -2.0, 0.55, 0.9))
    return np.clip(np.maximum(both, np.maximum(scroll(1.0, 0.9, 0.8, 1), scroll(-0.35, 1.25, 0.55, -1))), 0, 1)


WEAVES = {"wool": _wool, "cotton": _cotton, "jersey": _jersey, "knit": _knit, "rib": _rib, "satin": _satin,
          "brocade": _brocade, "stripe": _stripe, "leather": _cotton, "plain": _plain, "horn": _plain, "pearl": _plain, "gold": _plain,
          "silver": _plain}  # fmt: skip
# Weaves with a second colour: where it shows, and how strongly.
PATTERNS = {"brocade": (brocade_motif, 0.62), "stripe": (stripes, 0.9)}


def folds(x, y, seed, size=5.0, lean=0.5):
    """Height in cm of soft folds about `size` cm wide that run down, leaning."""
    noise = _noise(seed, (26, 9))
    return 0.05 * _sample(noise, x + lean * y, y, 32 / size)


# ------------------------------------------------------------------ the atlas
def pack(pieces, size, gap=4):
    """Places (u, v, width, height in 0..1) of the islands; tallest first."""
    boxes = []
    for name, piece in pieces.items():
        _, width, _, height = piece.lengths()
        boxes.append((name, max(width.max(), 0.4) * piece.density, max(height, 0.4) * piece.density))
    boxes.sort(key=lambda b: (-b[2], b[0]))
    low, high = 0.5, 60.0
    for _ in range(30):
        scale = (low + high) / 2
        places = _skyline(boxes, scale, size, gap)
        low, high = (scale, high) if places else (low, scale)
    return _skyline(boxes, low, size, gap)


def _skyline(boxes, scale, size, gap):
    """Each box goes where its upper edge is highest over what lies already; None where one does not fit."""
    floor, places = np.full(size, gap), {}
    for name, width, height in boxes:
        columns, rows = int(np.ceil(width * scale)) + 2 * gap, int(np.ceil(height * scale)) + 2 * gap
        if columns > size:
            return None
        tops = sliding_window_view(floor, columns).max(1)
        x = int(tops.argmin())
        y = int(tops[x])
        if y + rows > size:
            return None
        floor[x : x + columns] = y + rows
        places[name] = ((x + gap) / size, (y + gap) / size, width * scale / size, height * scale / size)
    return places


def seam(distance, width=0.10):
    """Shade and height of two pieces sewn together."""
    line = np.exp(-((distance / width) ** 2))
    return 1 - 0.20 * line - 0.07 * np.exp(-((distance / (4 * width)) ** 2)), -0.05 * line + 0.02 * np.exp(
        -(((distance - 3 * width) / (2 * width)) ** 2)
    )


def stitches(distance, along, inset=0.45):
    """Shade and height of stitches beside an edge."""
    dash = smoothstep(0.30, 0.42, np.abs((along / 0.36) % 1 - 0.5) + 0.12)
    line = np.exp(-(((distance - inset) / 0.06) ** 2))
    return 1 - 0.13 * line * (1 - 0.6 * dash), -0.022 * line * (1 - 0.5 * dash)


def hem(distance, along):
    """Shade and height of an edge that is turned in."""
    shade, height = stitches(distance, along, 0.6)
    return shade * (1 - 0.10 * np.exp(-distance / 0.12)), height - 0.06 * np.exp(-distance / 0.15)


def shadow(outside):
    """Shade beside a layer that lies on the cloth and ends `outside` cm away."""
    return 1 - 0.30 * np.exp(-np.maximum(outside, 0) / 0.55)


def _edge(kind, distance, along):
    if kind == "seam":
        return seam(distance)
    if kind == "hem":
        return hem(distance, along)
    if kind == "pick":
        return stitches(distance, along)
    if kind == "soft":
        return 1 - 0.12 * np.exp(-distance / 0.3), -0.05 * np.exp(-distance / 0.2)
    first, second = seam(distance), stitches(distance, along)
    return first[0] * second[0], first[1] + second[1]


@dataclass
class Texels:
    """Where the texels of a piece lie: cm from its left and upper edge, its width there and height, place in space."""

    x: np.ndarray
    y: np.ndarray
    w: np.ndarray
    h: float
    place: np.ndarray


def _places(piece, s, t):
    """Points in space of the texels (s, t) of a piece."""
    share, _, down, _ = piece.lengths()
    row = np.interp(np.clip(t[:, 0], 0, 1), down, np.arange(len(down)))
    even = np.linspace(0, 1, 40)
    table = np.stack(
        [[np.interp(even, a, g[:, k]) for k in range(3)] for a, g in zip(share, piece.grid)]
    )  # row, axis, even
    rows, columns = np.broadcast_arrays(row[:, None], np.clip(s[:1], 0, 1) * 39)
    return np.stack([map_coordinates(table[:, k], [rows, columns], order=1, mode="nearest") for k in range(3)], -1)


def _island(piece, place, size, drawn=False):
    """Colour and height of one piece at its texels, and the pixels per cm across and down."""
    left, top = place[0] * size, place[1] * size
    columns, rows = place[2] * size, place[3] * size
    px, py = np.arange(int(left) - 3, int(left + columns) + 5), np.arange(int(top) - 3, int(top + rows) + 5)
    s, t = np.meshgrid((px + 0.5 - left) / columns, (py + 0.5 - top) / rows)
    _, width, down, height = piece.lengths()
    w = np.interp(np.clip(t, 0, 1), down, width)
    x, y = np.clip(s, -0.02, 1.02) * w, np.clip(t, -0.02, 1.02) * height
    if drawn:
        texels = Texels(x, y, w, height, _places(piece, s, t))
        colour = np.array(piece.cloth.colour) * _cel(piece, texels, 0.5 * height / rows)
        return (py, px), np.clip(colour, 0, 1), np.zeros_like(x), (1.0, 1.0)
    middle = x - w / 2
    tone, relief = WEAVES[piece.cloth.weave](middle, y)
    colour = np.array(piece.cloth.colour) * tone[..., None]
    if piece.cloth.accent is not None and piece.cloth.weave in PATTERNS:
        pattern, strength = PATTERNS[piece.cloth.weave]
        colour = blend(colour, piece.cloth.accent, strength * pattern(middle, y))
    edges = {"left": (x, y), "right": (w - x, y), "top": (y, x), "bottom": (height - y, x)}
    shade = np.ones_like(x)
    for side, kind in piece.edges.items():
        factor, h = _edge(kind, np.abs(edges[side][0]), edges[side][1])
        shade, relief = shade * factor, relief + h
    texels = Texels(x, y, w, height, _places(piece, s, t))
    for distance, kind in piece.marks:
        far = distance(texels)
        if kind == "relief":
            relief = relief + far
            continue
        factor, h = (shadow(far), 0.0) if kind == "shadow" else _edge(kind, np.abs(far), y)
        shade, relief = shade * factor, relief + h
    return (
        (py, px),
        np.clip(colour * shade[..., None] ** SHADE_TINT, 0, 1),
        relief,
        (columns / max(w.max(), 1e-6), rows / height),
    )


def paint(pieces, places, size, drawn=False):
    """Base colour and normal map of an outfit; `drawn` as in a cartoon."""
    base, normal = np.full((size, size, 3), 0.5), np.tile([0.5, 0.5, 1.0], (size, size, 1))
    done = set()
    for piece in sorted(pieces, key=lambda p: -p.density):
        island = piece.island or piece.name
        if island in done:
            continue
        done.add(island)
        (py, px), colour, relief, (across, downwards) = _island(piece, places[island], size, drawn)
        dy, dx = np.gradient(relief)
        slope = np.stack([-dx * across, dy * downwards, np.ones_like(dx)], -1)
        slope /= np.linalg.norm(slope, axis=-1, keepdims=True)
        inside_y, inside_x = (py >= 0) & (py < size), (px >= 0) & (px < size)
        at = np.ix_(py[inside_y], px[inside_x])
        base[at] = colour[np.ix_(inside_y, inside_x)]
        normal[at] = 0.5 + 0.5 * slope[np.ix_(inside_y, inside_x)]
    return base, normal


# ------------------------------------------------------------------ cartoon
# One material for all cloth of an outfit: its picture has the flat colours, the shade turns them towards violet.
TOON = {
    "specVersion": "1.0",
    "transparentWithZWrite": False,
    "shadeColorFactor": to_linear((0.80, 0.75, 0.87)).round(4).tolist(),
    "shadingToonyFactor": 0.92,
    "shadingShiftFactor": -0.05,
    "giEqualizationFactor": 0.9,
    "outlineWidthMode": "worldCoordinates",
    "outlineWidthFactor": 0.0014,
    "outlineColorFactor": to_linear((0.30, 0.24, 0.38)).round(4).tolist(),
    "outlineLightingMixFactor": 0.4,
}
CEL = np.array([0.82, 0.77, 0.88])  # factor of drawn shadows


def _cel(piece, texels, pixel):
    """Shade of a drawn piece: lines at seams and stitches, shadows with hard edges; `pixel` is the size of a texel in cm."""
    lines, dark = np.zeros_like(texels.x), np.zeros_like(texels.x)

    def line(distance, width):
        return smoothstep(width + pixel, width - pixel, np.abs(distance))

    edges = {"left": texels.x, "right": texels.w - texels.x, "top": texels.y, "bottom": texels.h - texels.y}
    for side, kind in piece.edges.items():
        lines = np.maximum(lines, line(edges[side] - (0.7 if kind == "hem" else 0.0), 0.07))
    for distance, kind in piece.marks:
        far = distance(texels)
        if kind == "shadow":
            dark = np.maximum(dark, smoothstep(0.55 + pixel, 0.55 - pixel, far))
        elif kind == "cel":
            dark = np.maximum(dark, smoothstep(-pixel, pixel, far))
        elif kind != "relief":
            lines = np.maximum(lines, line(far, 0.06))
    if piece.relief is not None:
        dark = np.maximum(dark, smoothstep(-0.055, -0.075, _spread(piece, piece.relief, texels)))
    return (1 - dark[..., None] * (1 - CEL)) * (1 - 0.42 * lines[..., None])


def _spread(piece, values, texels):
    """Values of the grid of a piece at texels."""
    share, _, down, _ = piece.lengths()
    row = np.interp(np.clip(texels.y[:, 0] / texels.h, 0, 1), down, np.arange(len(down)))
    even = np.linspace(0, 1, 80)
    table = np.stack([np.interp(even, a, v) for a, v in zip(share, values)])
    columns = np.clip(texels.x / texels.w, 0, 1) * 79
    return map_coordinates(table, np.broadcast_arrays(row[:, None], columns), order=3, mode="nearest")
