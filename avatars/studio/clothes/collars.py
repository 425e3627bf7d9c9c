"""Collars that stand round the neck, and ribbed bands of necklines and cuffs."""

import numpy as np
from fields import normalise, smoothstep
from scipy.interpolate import PchipInterpolator

from clothes.cloth import Piece


def around(count, gap):
    """Angles from the front round the neck to the front again, `gap` radians open on each side of the middle."""
    return np.linspace(-np.pi + gap, np.pi - gap, count) + np.pi  # 0 is the front


def standing(dressed, cloth, row, height, gap=0.10, room=0.35, count=29, corner=1.4, neck=(3.4, 3.5), lift=0.3):
    """A stand-up collar: (piece, its upper edge as a path). `row` is the station of its seam, `corner` its rounding in cm."""
    phi = around(count, gap)
    base = dressed(phi, np.full(count, row), lift)
    middle = np.array([0, 0, -1.7])
    direction = normalise(np.stack([np.sin(phi), np.zeros(count), np.cos(phi)], -1))
    ring = middle + direction * [neck[0] + room, 0, neck[1] + room]
    along = np.r_[0, np.linalg.norm(np.diff(base, axis=0), axis=1).cumsum()]
    end = np.minimum(along, along[-1] - along)
    round_off = np.sqrt(np.clip(1 - (1 - np.clip(end / corner, 0, 1)) ** 2, 0, 1))
    level = (
        base[:, 1] + (height + base[0, 1] - base[:, 1]) * 0.55 + height * 0.45
    )  # nearly level, a little higher at the back
    top = np.stack([ring[:, 0], level - corner * (1 - round_off), ring[:, 2]], -1)
    share = np.array([0, 0.15, 0.55, 0.95, 1.0])
    bulge = np.interp(share, [0, 0.4, 1], [0, 0.12, 0.0])
    lean = PchipInterpolator([0, 0.4, 1], [0, 0.52, 1])(share)
    wall = base[:, None] + (top - base)[:, None] * np.stack([lean, share, lean], -1)[None]
    wall = wall + direction[:, None] * bulge[None, :, None]
    rim = wall[:, -1] - direction * 0.22 + [0, 0.04, 0]
    inside = base - direction * 0.35 + [0, 0.4, 0]
    inside[:, [0, 2]] = (0.5 * inside + 0.5 * rim)[:, [0, 2]]
    grid = np.stack([inside, rim, *np.moveaxis(wall[:, ::-1], 1, 0)])
    shade = np.ones(grid.shape[:2])
    shade[0], shade[1], shade[-1] = 0.35, 0.8, 0.82
    return Piece("collar", grid, cloth, {}, (), shade, density=1.3), wall[:, -1]


def band(dressed, cloth, row, width, count=41, lift=0.12, thick=0.3):
    """A ribbed band along a neckline: `row(phi)` is its seam; it reaches `width` stations upwards and turns in."""
    phi = np.linspace(-np.pi, np.pi, count)
    seam = row(phi)
    share = np.array([1.0, 0.75, 0.3, 0.0, 0.02])
    lifts = np.array([0.0, lift + 0.06, lift + 0.10, lift + 0.02, lift - 0.25])
    grid = np.stack([dressed(phi, seam - width * (1 - s), h) for s, h in zip(share, lifts)])
    inner = dressed(phi, seam - width + 0.28, lift - thick - 0.25)
    grid = np.concatenate([grid, inner[None]])[::-1]
    shade = np.ones(grid.shape[:2])
    shade[0], shade[1] = 0.35, 0.7
    return Piece("band", grid, cloth, {}, (), shade, density=1.3)


def folded(form, dressed, above, cloth, stand, fall, point, front, row=0.25, room=0.55, back_fall=0.9, roll=0.30):
    """A shirt collar: a stand `stand` cm high, folded over, with points at `point` (x, y in front view, a place in space).

    `front` is where the fold ends in front (a place in space), `row` the station of the seam, `back_fall` how far (in stations) the fall
    reaches down the back.
    """
    count = 11
    w = np.linspace(0, 1, count)  # 0 the middle of the back, 1 the front
    phi = np.pi - (np.pi - np.arctan2(front[0], front[2] + 1.7)) * w
    base = dressed(phi, np.full(count, row), 0.3)
    neck = form.params.neck
    ring = np.array([0, 0, -1.7]) + np.stack(
        [np.sin(phi) * (3.4 * neck + room), 0 * phi, np.cos(phi) * (3.5 * neck + room)], -1
    )
    fold = np.stack([ring[:, 0], base[:, 1] + stand, ring[:, 2]], -1)
    fold[:, 1] += (front[1] - fold[-1, 1]) * smoothstep(0.35, 1.0, w)
    ahead = smoothstep(0.55, 1.0, w)[:, None]
    end = np.array([front[0], front[1], max(front[2], fold[-1, 2])])
    fold = fold * (1 - ahead) + end * ahead
    edge = dressed(phi * (1 - 0.06 * np.sin(np.pi * w)), row + back_fall * (1 + 0.25 * np.sin(np.pi * w)), 0.35)
    near = smoothstep(0.45, 1.0, w)[:, None]
    edge = edge * (1 - near) + np.asarray(point) * near
    share = np.array([0, 0.10, 0.35, 0.70, 1.0])
    sheet = fold[:, None] + (edge - fold)[:, None] * share[None, :, None]
    out = normalise(np.stack([np.sin(phi), 0.5 + 0 * phi, np.cos(phi)], -1))
    sheet = sheet + out[:, None] * (roll * np.array([0, 0.9, 0.8, 0.3, 0]))[None, :, None]
    sheet[:, 1:] = above(sheet[:, 1:], np.array([0.42, 0.36, 0.32, 0.30]))
    inside = np.stack([base - out * [0.3, 0, 0.3] + [0, 0.3, 0], fold - out * 0.22 - [0, 0.1, 0]])
    inside[0] = inside[0] * 0.55 + inside[1] * 0.45
    inside[0, :, 1] = np.minimum(base[:, 1] + 0.3, fold[:, 1] - 0.7)
    under = above(sheet[:, -1] - out * 0.2, 0.04)
    grid = np.concatenate([inside, np.moveaxis(sheet, 1, 0), under[None]])
    close = grid[:, -1] - out[-1] * [0, 0, 0.22] - [0.08, 0, 0]
    grid = np.concatenate([grid, close[:, None]], 1)
    shade = np.ones(grid.shape[:2])
    shade[0], shade[1], shade[-1], shade[:, -1] = 0.3, 0.75, 0.6, 0.7
    whole = np.concatenate([(grid * [-1, 1, 1])[:, :0:-1], grid], 1)
    shade = np.concatenate([shade[:, :0:-1], shade], 1)
    return Piece(
        "shirt_collar", whole, cloth, {}, ((lambda c: c.h - c.y - 0.5, "pick"),), shade, flip=True, density=1.3
    )
