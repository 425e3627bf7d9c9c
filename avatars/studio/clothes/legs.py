"""Trousers, skirts, socks."""

import numpy as np
from fields import bell, smoothstep
from scipy.interpolate import PchipInterpolator

from clothes.cloth import Piece, mirrored
from clothes.drape import QUARTER, Dressed, turned


class Trousers:
    """Trousers with a crease: from `waist` (y) to `hem` above the floor, `flare` cm of room at knee and hem."""

    def __init__(self, form, cloth, waist=-52.0, hem=3.0, room=(0.4, 2.0, 2.6), crease=0.5):
        self.form, self.cloth, self.waist, self.crease = form, cloth, waist, crease
        self.hem, self.room = -form.params.eye_height + hem, room
        self.dressed = Dressed(form, lambda phi, row: np.full(np.shape(phi), 0.25))

    def leg(self):
        """The left leg as a tube; columns start inside and run over the back to the outside and to the front."""
        columns = 12
        angle = -np.pi + 2 * np.pi * np.linspace(0, 1, columns + 1)  # 0 outside, +pi/2 front
        y = np.r_[np.linspace(self.waist, -66, 4), np.linspace(-71, self.hem, 11)]
        places = self.form.skeleton.places
        hip, knee, ankle = (places["left" + bone][1] for bone in ("UpperLeg", "LowerLeg", "Foot"))
        t = np.interp(-y, [-hip, -knee, -ankle], [0, 1, 2])
        room = PchipInterpolator(
            [0, 0.5, 1.0, 1.5, 2.2],
            [
                self.room[0],
                *np.linspace(self.room[0], self.room[1], 3)[1:],
                *np.linspace(self.room[1], self.room[2], 3)[1:],
            ],
        )(np.clip(t, 0, 2.2))
        leg = self.form.leg(1, np.minimum(t, 2)[:, None], angle, room[:, None] + self._folds(t[:, None], angle))
        leg[..., 1] = y[:, None]
        # The torso's half: its front and back lie at the outer 300 degrees, the rest is the plane between the legs.
        edge = np.radians(150)
        phi = QUARTER - np.clip(angle, -edge, edge) * QUARTER / edge
        rows = self.dressed.row_of(np.full(len(y), QUARTER), y)
        torso = self.dressed(phi[None], rows[:, None])
        front, back = torso[:, [np.abs(angle - edge).argmin()], 2], torso[:, [np.abs(angle + edge).argmin()], 2]
        inner = np.abs(angle) > edge + 0.01
        torso[..., 0] = np.where(inner, 0.0, torso[..., 0])
        torso[..., 2] = np.where(inner, (front + back) / 2, torso[..., 2])
        torso[..., 1] = y[:, None]
        blend = smoothstep(-70, -100, y)[:, None, None]
        leg[..., 0] = np.maximum(leg[..., 0], 0.05)
        return torso * (1 - blend) + leg * blend

    def _folds(self, t, angle):
        knee = np.cos((t - 1.0) * 16 + 1.5 * angle) * bell(t, 1.0, 0.25) * np.abs(np.sin(angle))
        hem = np.cos((t - 1.9) * 15 + 1.2 * angle) * smoothstep(1.6, 2.0, t)
        crease = bell(np.abs(np.abs(angle) - QUARTER), 0, 0.13) * self.crease * smoothstep(0.1, 0.5, t)
        return 0.22 * knee + 0.22 * hem + crease

    def pieces(self):
        """Both legs."""
        grid = turned(self.leg(), 2.0, 0.3, flip=True)
        shade = np.ones(grid.shape[:2])
        shade[-2], shade[-1] = 0.5, 0.15
        side = (lambda c: c.x - 0.5 * c.w, "seam")
        piece = Piece("leg_l", grid, self.cloth, {"bottom": "hem"}, (side,), shade, True, "leg", density=0.45)
        return [piece, mirrored(piece)]


def pleated(form, cloths, waist=-49.0, hem=-88.0, pleats=16, flare=1.32, room=0.6, deep=0.10):
    """A pleated skirt in bands: `cloths` is a list of (cloth, share of the height at which its band ends)."""
    dressed = Dressed(form, lambda phi, row: np.full(np.shape(phi), room))
    columns = pleats * 3
    turn = -np.pi + 2 * np.pi * np.arange(columns + 1) / columns
    step = np.arange(columns + 1) % 3
    turn = turn + np.where(step == 1, 1.25, np.where(step == 2, 0.35, 0.0)) * (2 * np.pi / columns)
    saw = np.where(step == 0, 1.0, np.where(step == 1, 0.75, -1.0))  # the edge, the face, the hidden fold
    hip = -66.0

    def row(share):
        y = waist + (hem - waist) * share
        station = float(dressed.row_of(QUARTER, max(y, hip))[()])
        base = dressed(turn, np.full(columns + 1, station))
        middle = np.array([0, 0, -1.4])
        scale = 1 + (flare - 1) * smoothstep(0.0, 1.0, share) * share**0.4
        away = (base - middle) * [1, 0, 1] * (scale * (1 + deep * smoothstep(0.02, 0.6, share) * saw))[:, None]
        point = middle + away
        point[:, 1] = y
        return point

    pieces, start = [], 0.0
    for k, (cloth, end) in enumerate(cloths):
        shares = np.linspace(start, end, max(2, round(4 * (end - start)) + 1))
        grid = np.stack([row(s) for s in shares])
        shade = np.where(saw < 0, 0.72, 1.0) * np.ones((len(grid), 1))
        if k == len(cloths) - 1:
            grid = turned(grid, 1.5, 0.15)
            shade = np.concatenate([shade, 0.5 * shade[:2]])
        relief = np.where(saw < 0, -0.3, 0.3) * np.ones((len(grid), 1))
        pieces.append(Piece(f"skirt_{k}", grid, cloth, {}, (), shade, density=0.35, relief=relief))
        start = end
    return pieces


def socks(form, cloth, top, bands=(), bottom=1.94):
    """Stockings from `top` (t of the leg) down; `bands` are (cloth, t from, t to)."""
    angle = -np.pi + 2 * np.pi * np.linspace(0, 1, 11)
    pieces = []
    for k, (stuff, start, end, lift) in enumerate(
        [(cloth, top, bottom, 0.36), *((c, a, b, 0.46) for c, a, b in bands)]
    ):
        t = np.linspace(start, end, 8 if k == 0 else 2)
        t = np.r_[t[0], t, t[-1]]
        offset = np.r_[-0.1, np.full(len(t) - 2, lift), -0.1]
        grid = form.leg(1, t[:, None], angle, offset[:, None])
        if k == 0:
            grid[-1] = grid[-2] - [0, 3.5, 0]
        piece = Piece(f"sock_{k}", grid, stuff, {}, (), None, True, density=0.3)
        pieces += [piece, mirrored(piece)]
    return pieces
