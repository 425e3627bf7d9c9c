"""New Chinese style: a fitted dress with mandarin collar, slanted placket, frogs and piping."""

import numpy as np
from fields import bell, smoothstep
from scipy.interpolate import PchipInterpolator

from clothes.bodice import Bodice
from clothes.cloth import mirrored
from clothes.collars import standing
from clothes.drape import Front
from clothes.trims import bead, binding, cord, frame, ribbon


class Qipao(Bodice):
    """The dress; the placket runs from the collar to the host's right arm."""

    armhole_rows = (2.7, 5.0)
    armhole_width = (0.56, 0.58)
    below = 10
    cap = 0.25
    crumple = 0.7
    columns = 16
    front_share = (0, 0.13, 0.27, 0.42, 0.57, 0.72, 0.86, 1)
    back_share = (0, 0.16, 0.33, 0.5, 0.67, 0.84, 1)

    def __init__(self, form, cloth, trim, hem=-108.0, sleeve_end=1.45):
        self.trim, self.skirt_hem, self.sleeve_end, self.hem = trim, hem, sleeve_end, -63.0
        super().__init__(form, cloth)
        self.front = Front(self.dressed, 0.0)

    def ease(self, phi, row):
        """Close at the waist, a little room at the hips."""
        room = PchipInterpolator([0, 2, 4, 5.5, 7, 8, 9, 10, 11], [0.35, 0.4, 0.45, 0.45, 0.42, 0.45, 0.5, 0.6, 0.8])(
            row
        )
        return room + 0.35 * smoothstep(0.0, 0.8, np.cos(phi)) * bell(row, 7.2, 0.9)

    def neck(self, phi):
        """The seam of the collar."""
        return 0.30 + 0 * phi

    def room(self, t):
        """Slim, a little wider at the cuff."""
        return PchipInterpolator([0, 0.4, 0.8, 1.0, 1.45, 2.0], [0.7, 0.6, 0.6, 0.65, 1.0, 1.4])(t)

    # ------------------------------------------------------------------ skirt
    def hemmed(self, grid, depth=1.4, thick=0.28, flip=False):
        """Body panels go on as a skirt."""
        if flip:
            return super().hemmed(grid, depth, thick, flip)
        return super().hemmed(self.with_skirt(grid), depth, thick)

    def with_skirt(self, grid):
        """The panel with rows down to the hem, that hang from the hips in soft folds."""
        last = grid[-1]
        middle = np.array([0, 0, -1.2])
        away = (last - middle) * [1, 0, 1]
        turn = np.arctan2(away[:, 0], away[:, 2])
        rows = []
        for share in np.linspace(0, 1, 8)[1:]:
            y = self.hem + (self.skirt_hem - self.hem) * share
            scale = 1 + 0.05 * np.sin(share * np.pi * 0.7) - 0.13 * share**1.3
            fold = 1 + 0.022 * smoothstep(0.1, 1, share) * np.cos(6 * turn + 0.6)
            row = middle + away * (scale * fold)[:, None]
            row[:, 1] = y + (last[:, 1] - last[:, 1].mean()) * (1 - share)
            rows.append(row)
        return np.concatenate([grid, rows])

    # ------------------------------------------------------------------ trims
    def placket(self, count=22):
        """The line of the placket in front view: from the throat in a soft S to under the right arm."""
        s = np.linspace(0, 1, count)
        x = PchipInterpolator([0, 0.18, 0.45, 0.75, 1], [0.0, -1.5, -5.4, -9.3, -11.9])(s)
        y = PchipInterpolator([0, 0.18, 0.45, 0.75, 1], [-14.9, -17.8, -20.4, -22.8, -27.2])(s)
        return x, y

    def frog(self, x, y, angle, size=1.0):
        """A frog at (x, y): a knot between two looped cords; `angle` is the direction of the cords in front view."""
        place, right, up, out = frame(self.front, x, y)
        along = np.cos(angle) * right + np.sin(angle) * up
        across = np.cross(out, along)
        things = [bead(place + 0.42 * out, 0.46 * size, self.trim, 6, 8)]
        s = np.linspace(0, 1, 11)
        for way in (1, -1):
            reach = 0.2 + 2.5 * size * np.sin(np.pi * s) ** 0.8
            width = 0.36 * size * np.cos(np.pi * s) * (1 + 0.9 * np.sin(np.pi * s) ** 2)
            flat = place + way * reach[:, None] * along + width[:, None] * across
            path = self.front(flat[:, 0], flat[:, 1], 0.16)
            things.append(cord(path, 0.19 * size, self.trim, 4, "frog"))
        return things

    def pieces(self):
        """All cloth."""

        def dart(c):
            x, y = np.abs(c.place[..., 0]), c.place[..., 1]
            line = PchipInterpolator([-60, -54, -46, -38, -31], [7.4, 7.2, 6.3, 6.5, 7.0])(y)
            return np.where((y < -33) & (y > -57), x - line, 9.0)

        def under_placket(c):
            x, y = self.placket(60)
            below = np.interp(c.place[..., 0], x[::-1], y[::-1]) - c.place[..., 1]
            return np.where((c.place[..., 0] < 0.2) & (c.place[..., 0] > -10.5) & (below > -0.2), 0.8 * below, 9.0)

        body = self.body(((dart, "seam"), (under_placket, "shadow")), ((dart, "seam"),), top="seam")
        collar, self.collar_edge = standing(self.dressed, self.cloth, 0.31, 2.7, gap=0.035)
        return [*body, *self.sleeves(depth=1.5), collar, *self.bindings()]

    def small(self):
        """Piping and frogs."""
        things = [cord(self.collar_edge, 0.14, self.trim, 4, "piping")]
        phi = np.linspace(0, 2 * np.pi, 25)
        things.append(cord(self.dressed(phi, np.full(25, 0.31), 0.32), 0.13, self.trim, 4, "piping"))
        things += (
            self.frog(0.0, -15.9, 0.0, 0.8)
            + self.frog(-5.4, -20.4, np.radians(122))
            + self.frog(-9.9, -23.9, np.radians(135))
        )
        return things

    def bindings(self):
        """Flat bindings of placket and cuffs."""
        x, y = self.placket()
        grid = self.hemmed_sleeve[0]
        ring = grid[-3]
        out = ring - ring.mean(0)
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        cuff = binding(ring, out, 0.9, self.trim, "cuff", flip=True)
        cuff.arm = 1.0
        return [ribbon(self.front, np.stack([x, y], -1), 0.75, self.trim, "placket"), cuff, mirrored(cuff)]

    def sleeves(self, *args, **kwargs):
        """Sleeves, whose edge the piping follows."""
        pieces = super().sleeves(*args, **kwargs)
        self.hemmed_sleeve = pieces[0].grid, pieces[0].shade
        return pieces

    def into(self, rack):
        """Adds everything to the rack."""
        rack.add(*self.pieces())
        rack.add_solid(*self.small())
        return self
