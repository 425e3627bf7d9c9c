"""Trousers, skirts, socks."""

import numpy as np

from clothes.cloth import Piece, mirrored
from clothes.drape import QUARTER, Dressed, PchipInterpolator, bell, smoothstep, turned


class Trousers:
    """Trousers with a crease: from `waist` (y) to `hem` above the floor, `flare` cm of room at knee and hem."""

    def __init__(self, form, cloth, waist=-52.0, hem=3.0, room=(0.4, 2.0, 2.6), crease=0.5):
        self.form, self.cloth, self.waist, self.crease = form, cloth, waist, crease
        self.hem, self.room = -form.params.eye_height + hem, room
        self.dressed = Dressed(form, lambda phi, row: np.full(np.shape(phi), 0.25))

    def leg(self):
        """The left leg as a tube; columns start inside and run over the back to the outside and to the front."""
        columns = 14
        angle = -np.pi + 2 * np.pi * np.linspace(0, 1, columns + 1)  # 0 outside, +pi/2 front
        y = np.r_[np.linspace(self.waist, -66, 4), np.linspace(-71, self.hem, 11)]
        places = self.form.skeleton.places
        hip, knee, ankle = (places["left" + bone][1] for bone in ("UpperLeg", "LowerLeg", "Foot"))
        t = np.interp(-y, [-hip, -knee, -ankle], [0, 1, 2])
        room = PchipInterpolator([0, 0.5, 1.0, 1.5, 2.2], [self.room[0], *np.linspace(self.room[0], self.room[1], 3)[1:], *np.linspace(self.room[1], self.room[2], 3)[1:]])(np.clip(t, 0, 2.2))
        leg = self.form.leg(1, np.minimum(t, 2)[:, None], angle, room[:, None] + self._folds(t[:, None], angle))
        leg[..., 1] = y[:, None]
        # Below the calf cloth hangs straight down from its widest place.
        phi = QUARTER - angle
        rows = self.dressed.row_of(np.full(len(y), QUARTER), y)
        torso = self.dressed(np.clip(phi, 0, np.pi)[None], rows[:, None])
        middle = (torso[:, angle.searchsorted(QUARTER)][:, 2] + torso[:, angle.searchsorted(-QUARTER)][:, 2]) / 2
        inner = np.abs(angle) > QUARTER
        depth = (torso[..., 2] - middle[:, None])
        torso[..., 0] = np.where(inner, 0.0, torso[..., 0])
        torso[..., 2] = np.where(inner, middle[:, None] + depth * np.abs(np.sin(angle)), torso[..., 2])
        torso[..., 1] = y[:, None]
        blend = smoothstep(-66, -80, y)[:, None, None]
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
