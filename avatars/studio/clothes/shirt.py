"""Shirts: what a suit shows of one, with a tie; and an open overshirt."""

import numpy as np
from fields import bell, smoothstep
from scipy.interpolate import PchipInterpolator

from clothes.bodice import Bodice, Shell
from clothes.cloth import Cloth, Piece, mirrored
from clothes.collars import folded
from clothes.drape import Above, Front, grid_normals
from clothes.trims import button, ribbon


class UnderShirt(Shell):
    """The shirt under a jacket: front, collar, cuffs, and a tie where `tie` is a cloth."""

    def __init__(self, form, cloth, tie=None, bottom=-50.0, sleeve_end=1.985):
        self.tie, self.end = tie, sleeve_end
        super().__init__(form, cloth, -14.7, 6.6 * form.params.neck, -0.02, bottom)
        self.front = Front(self.dressed, self.folds)

    def collar(self):
        """The collar; its points lie beside the knot or, without a tie, apart."""
        neck = self.form.params.neck
        x, y = (4.1 * neck, -18.9) if self.tie else (4.9 * neck, -18.4)
        point = self.front(np.array(x), np.array(y), 0.4)
        front = [0.25, -13.9, 0.0] if self.tie else self.front(np.array(0.8), np.array(-15.4), 0.5)
        return folded(self.form, self.dressed, Above(self.dressed, (0, 5)), self.cloth, 3.1, 4.0, point, front)

    def necktie(self):
        """Knot and blade."""
        y = np.linspace(-16.4, self.bottom + 4.5, 11)
        half = np.interp(-y, [17, 20, 50], [1.15, 1.55, 3.4])
        share = np.array([-1, -0.9, -0.45, 0, 0.45, 0.9, 1])
        dimple = -0.28 * np.exp(-(((y + 17.6) / 1.6) ** 2))
        lift = 0.35 + 0.32 * (1 - share**2)[None] + dimple[:, None] * np.exp(-((share / 0.3) ** 2))
        lift[:, [0, -1]] = 0.05
        blade = Piece(
            "tie",
            self.front(half[:, None] * share, y[:, None], lift),
            self.tie,
            {},
            (),
            np.broadcast_to([0.6, 1, 1, 1, 1, 1, 0.6], lift.shape),
            density=1.2,
        )
        t = np.linspace(0, 1, 6)
        half = np.interp(t, [0, 0.15, 0.8, 1], [1.75, 1.95, 1.35, 1.1])
        lift = np.interp(t, [0, 0.2, 0.8, 1], [0.3, 1.05, 1.0, 0.35])[:, None] * (0.45 + 0.55 * (1 - share**4))[None]
        y = -13.7 - 3.0 * t
        knot = self.front(half[:, None] * share, np.broadcast_to(y[:, None], lift.shape), lift)
        knot[:, [0, -1], 2] -= 0.5
        shade = np.broadcast_to(
            np.array([0.8, 1, 1, 1, 0.95, 0.6])[:, None] * np.array([0.6, 0.95, 1, 1, 1, 0.95, 0.6]), lift.shape
        )
        return [blade, Piece("knot", knot, self.tie, {}, (), shade, density=1.3)]

    def cuffs(self):
        """What looks out of the sleeves."""
        t = np.array([1.86, self.end - 0.008, self.end, self.end - 0.02])
        angle = -np.pi + 2 * np.pi * np.linspace(0, 1, 15)
        grid = np.stack([self.form.arm(1, np.full(15, a), angle, r) for a, r in zip(t, (0.72, 0.70, 0.55, 0.35))])
        piece = Piece("shirt_cuff", grid, self.cloth, {}, (), np.array([0.6, 1, 0.7, 0.25])[:, None], True, arm=1.0)
        return [piece, mirrored(piece)]

    def placket(self):
        """The strip with the buttons."""
        y = np.linspace(-15.8, self.bottom, 14)
        strip = ribbon(self.front, np.stack([0 * y, y], -1), 2.6, self.cloth, "shirt_placket", 0.2)
        strip.marks = ((lambda c: np.minimum(c.x, c.w - c.x) - 0.1, "pick"),)
        return [strip]

    def into(self, rack):
        """Adds everything to the rack."""
        rack.add(*self.pieces(), self.collar(), *self.cuffs())
        if self.tie:
            rack.add(*self.necktie())
        else:
            rack.add(*self.placket())
            small = Cloth((0.93, 0.91, 0.88), "pearl")
            rack.add_solid(*[button(self.front, 0.0, y, 0.28, small, 0.45, 8) for y in (-20.5, -28.5, -36.5)])
        return self


class Overshirt(Bodice):
    """A shirt of heavier cloth, worn open: collar, breast pockets, straight hem."""

    cap = 0.25
    crumple = 1.0
    sleeve_end = 1.90
    below = 10
    front_share = (0, 0.04, 0.18, 0.26, 0.50, 0.66, 0.83, 1)
    back_share = (0, 0.16, 0.33, 0.5, 0.67, 0.84, 1)

    def __init__(self, form, cloth, hem=-67.0, gap=(5.2, 5.6), buttons=None):
        self.hem, self.gap = hem, gap
        super().__init__(form, cloth)
        self.buttons_cloth = buttons or Cloth(tuple(0.5 * c for c in cloth.colour), "horn")
        self.front = Front(self.dressed, self.folds)

    def ease(self, phi, row):
        """Easy, falling straight from the chest."""
        side = np.abs(np.sin(phi))
        return (
            PchipInterpolator([0, 2, 4, 6, 8, 9, 10, 11], [0.6, 0.8, 1.1, 1.5, 2.3, 1.9, 1.3, 1.2])(row)
            + 0.3 * bell(row, 2.6, 1.0) * side**2
        )

    def neck(self, phi):
        """The seam of the collar."""
        return 0.35 + 0 * phi

    def room(self, t):
        """Easy sleeves."""
        return PchipInterpolator([0, 0.4, 0.8, 1.0, 1.3, 1.7, 2.0], [1.2, 1.15, 1.1, 1.15, 1.2, 1.3, 1.1])(t)

    def fronts(self):
        """Both fronts, with a strip along the edge."""
        upper, low = self.rows()
        rows = np.r_[0.35 + (self.armhole.top - 0.35) * upper, low]
        neck, hem = (4.5 * self.form.params.neck, -14.0), (self.gap[1], self.hem)
        inner = self.dressed.phi_on_line(rows, neck, (self.gap[0], -30.0))
        lower = self.dressed.phi_on_line(rows, (self.gap[0], -30.0), hem)
        inner = np.where(rows < float(self.dressed.row_of(0.0, -30.0)[()]), inner, lower)
        outer = self.armhole.side(rows, True)
        phi = inner[:, None] + (outer - inner)[:, None] * np.array(self.front_share)
        row = np.broadcast_to(rows[:, None], phi.shape)
        wave = 0.35 * bell(phi, inner[:, None], 0.25) * np.cos(row * 1.7) * smoothstep(3, 6, row)
        grid, shade = self.hemmed(self.dressed(phi, row, self.folds(phi, row) + wave))
        edge = grid[:, 0] - 0.28 * grid_normals(grid)[:, 0]
        deep = edge + [1.2, 0, -0.15]
        grid = np.concatenate([deep[:, None], edge[:, None], grid], 1)
        shade = np.concatenate([0.3 * shade[:, :1], 0.7 * shade[:, :1], shade], 1)
        grid[-2:, :2] = grid[-2:, 2:3]
        strip = (lambda c: c.x - 5.0, "pick")
        piece = Piece(
            "front_l",
            grid,
            self.cloth,
            {"right": "seam", "bottom": "hem"},
            (strip, (lambda c: c.x - 2.1, "pick")),
            shade,
            island="front",
        )
        return [piece, mirrored(piece, "front_r")]

    def pockets(self):
        """Breast pockets with flaps."""
        scale = self.form.params.chest
        x = np.linspace(6.8, 12.2, 6) * scale
        lift = 0.16
        bag = [self.front(x, np.full(6, y), h) for y, h in ((-26.2, 0.0), (-26.3, lift), (-33.2, lift), (-33.3, 0.0))]
        flap = [
            self.front(x, y, h)
            for y, h in (
                (np.full(6, -25.2), 0.1),
                (np.full(6, -25.25), 0.26),
                (-27.6 - 0.5 * (1 - np.abs(np.linspace(-1, 1, 6))), 0.26),
                (-27.75 - 0.5 * (1 - np.abs(np.linspace(-1, 1, 6))), 0.1),
            )
        ]
        pieces = []
        for name, grid in (("pocket", bag), ("flap", flap)):
            grid = np.stack(grid)
            grid = np.concatenate([grid[:, :1] + [-0.04, 0, -0.3], grid, grid[:, -1:] + [0.04, 0, -0.3]], 1)
            shade = np.array([0.6, 1, 1, 0.6])[:, None]
            marks = ((lambda c: np.minimum(np.minimum(c.x, c.w - c.x), c.h - c.y) - 0.15, "pick"),)
            piece = Piece(name, grid, self.cloth, {}, marks, shade)
            pieces += [piece, mirrored(piece)]
        return pieces

    def into(self, rack):
        """Adds everything to the rack."""
        point = self.front(np.array(8.6 * self.form.params.neck), np.array(-19.6), 0.32)
        front = self.front(np.array(4.7 * self.form.params.neck), np.array(-15.0), 0.45)
        collar = folded(
            self.form, self.dressed, Above(self.dressed, (0, 5)), self.cloth, 2.6, 4.0, point, front, 0.35, 0.9, 1.0
        )
        back, shade = self.panel(False)
        yoke = (lambda c: c.y - 8.0, "stitch")
        edges = {"left": "seam", "right": "seam", "bottom": "hem"}
        rack.add(
            *self.fronts(),
            Piece("back", back, self.cloth, edges, (yoke,), shade, density=0.8),
            *self.sleeves((((lambda c: c.h - c.y - 7.5), "stitch"),)),
            collar,
            *self.pockets(),
        )
        rack.add_solid(
            *[
                button(self.front, s * 9.5 * self.form.params.chest, -27.2, 0.32, self.buttons_cloth, 0.42, 8)
                for s in (1, -1)
            ]
        )
        return self
