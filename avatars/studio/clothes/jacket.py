"""Blazer and suit jacket: bodice, lapels with a notch, collar, sleeves, pockets, buttons."""

from dataclasses import dataclass, replace

import numpy as np
from fields import bell, normalise, smoothstep
from scipy.interpolate import PchipInterpolator

from clothes.bodice import Bodice
from clothes.cloth import Cloth, Piece, mirrored
from clothes.drape import Above, Front, grid_normals
from clothes.trims import button


@dataclass
class Cut:
    """Where the lines of a jacket run, in front view (x, y) in cm, on the side of the host's left."""

    neck: tuple = (4.7, -13.4)  # where the roll line leaves the shoulder
    close: float = -38.5  # height of the button
    overlap: float = 1.7
    hem: float = -60.5
    gorge: tuple = (4.45, -16.2)  # where the seam of collar and lapel leaves the roll line
    notch: tuple = (7.5, -19.3)
    tip: tuple = (9.6, -19.6)
    leaf: tuple = (8.7, -17.5)  # the corner of the collar
    belly: float = 0.7  # how far the edge of the lapel is curved
    buttons: int = 1
    man: bool = False

    @classmethod
    def woman_of(cls, body):
        """A blazer with one button for this figure."""
        return cls().graded(body)

    @classmethod
    def man_of(cls, body):
        """A suit jacket with two buttons for this figure."""
        cut = cls(
            (4.75, -13.6), -43.0, 2.0, -68.5, (4.5, -16.9), (7.65, -19.6), (9.8, -20.0), (8.8, -17.6), 0.9, 2, True
        )
        return cut.graded(body)

    def graded(self, body):
        """Across, the lines grow with the neck near it and with the shoulders further out."""

        def grow(point):
            share = min(max((point[0] - 4.5) / 5.0, 0.0), 1.0)
            return point[0] * (body.neck + (body.shoulder - body.neck) * share), point[1]

        return replace(self, **{name: grow(getattr(self, name)) for name in ("neck", "gorge", "notch", "tip", "leaf")})


class Jacket(Bodice):
    """One jacket on one form."""

    cap = 0.6
    front_share = (0, 0.04, 0.16, 0.32, 0.49, 0.66, 0.83, 1)
    columns = 16
    back_share = (0, 0.04, 0.25, 0.5, 0.75, 1)
    below = 10

    def __init__(self, form, cloth, cut=None, button_cloth=None):
        self.cut = cut or Cut()
        self.hem = self.cut.hem
        super().__init__(form, cloth)
        self.button_cloth = button_cloth or Cloth(tuple(0.45 * c for c in cloth.colour), "horn")
        self.front = Front(self.dressed, self.folds)
        self.above = Above(self.dressed, (0.0, 6.0))
        self.over = -1 if not self.cut.man else 1  # which of the host's fronts lies on top

    def ease(self, phi, row):
        """Room between the body and the jacket in cm."""
        side = np.abs(np.sin(phi))
        pad = (0.75 if self.cut.man else 0.45) * bell(row, 2.6, 1.1) * side**2
        waist = PchipInterpolator([0, 2, 4, 5.5, 7, 8, 9, 10, 11], [0.55, 0.75, 0.9, 0.9, 0.7, 0.7, 0.8, 0.8, 0.9])(row)
        front = smoothstep(0.0, 0.8, np.cos(phi)) * bell(row, 7.2, 1.1)
        return waist + pad + 0.5 * front

    # ------------------------------------------------------------------ bodice
    def _front(self, side):
        """Front panel of one side, given on the host's left; its inner edge is the roll line and below it the front edge."""
        cut, dressed = self.cut, self.dressed
        over, edge_x, hem_row = side == self.over, -cut.overlap, self.hem_row
        break_row = float(dressed.row_of(0.0, cut.close)[()])
        upper, low_rows = self.rows()
        neck_row = self.neck_row()
        rows = np.r_[neck_row + (self.armhole.top - neck_row) * upper, low_rows]
        line = dressed.phi_on_line(rows, cut.neck, (edge_x, cut.close + 0.6))
        straight = dressed.phi_of(rows, np.full(len(rows), edge_x))
        inner = np.where(rows < break_row, line, straight)
        # The corner of the hem is rounded.
        low = np.clip((rows - hem_row + 2.1) / 2.1, 0, 1)
        inner = inner + 0.16 * low**3 + 0.04 * low
        outer = self.armhole.side(rows, True)
        share = np.array(self.front_share)
        phi = inner[:, None] + (outer - inner)[:, None] * share
        row = np.broadcast_to(rows[:, None], phi.shape)
        lift = self.folds(phi, row) + (0.28 if over else 0.0) * smoothstep(0.35, 0.05, phi) * smoothstep(
            break_row - 1.2, break_row - 0.2, row
        )
        grid = dressed(phi, row, lift)
        return grid

    def neck_row(self):
        """The station at which the roll line meets the shoulder."""
        phi = self.dressed.phi_of(np.array([0.9]), np.array([self.cut.neck[0]]))
        return float(np.clip(self.dressed.row_of(phi, np.array([self.cut.neck[1]]))[0], 0.25, 1.2))

    def neck(self, phi):
        """The back begins where the front does."""
        return self.neck_row() + 0 * phi

    def _back(self):
        """Back panel of the left half."""
        phi, row = self.half(False)
        grid = self.dressed(phi, row, self.folds(phi, row))
        grid[:, -1, 0] = 0.0
        return grid

    def bodice(self):
        """Front and back panels of both sides."""

        def dart(c):
            # From under the bust over the waist to the pocket.
            x, y = np.abs(c.place[..., 0]), c.place[..., 1]
            line = PchipInterpolator([-62, -54, -46, -40, -32, -25], [8.6, 7.6, 6.6, 6.4, 7.2, 9.4])(y)
            return np.where(y < -28.5, x - line, 9.0)

        pieces = []
        for side, name in ((1, "front_l"), (-1, "front_r")):
            grid, shade = self.hemmed(self._front(side))
            piece = Piece(
                name,
                grid,
                self.cloth,
                {"right": "seam", "left": "soft"},
                ((dart, "seam"), (self._lapel_shadow, "shadow")),
                shade,
                island="front",
            )
            pieces.append(piece if side > 0 else mirrored(piece, name))
        grid, shade = self.hemmed(self._back())
        back = Piece("back_l", grid, self.cloth, {"left": "seam", "right": "seam"}, (), shade, island="back")
        return [*pieces, back, mirrored(back)]

    def room(self, t):
        """Room of the sleeve over the arm."""
        return PchipInterpolator([0, 0.4, 0.8, 1.0, 1.3, 1.7, 2.0], [1.1, 1.05, 1.0, 1.05, 0.95, 1.05, 1.15])(t)

    # ------------------------------------------------------------------ lapels and collar
    def roll_line(self, s):
        """Points (x, y) of the roll line, from the button (s = 0) to the neck (1)."""
        cut = self.cut
        low, high = np.array([-cut.overlap, cut.close + 0.6]), np.array(cut.neck)
        return low + (high - low) * np.asarray(s)[..., None]

    def lapel(self, side):
        """A lapel: folded over along the roll line, lying flat on the front."""
        cut = self.cut
        low, high = np.array([-cut.overlap, cut.close + 0.6]), np.array(cut.neck)
        gorge = (cut.gorge[1] - low[1]) / (high[1] - low[1])
        over = side == self.over
        s = np.linspace(0 if over else 0.10, gorge, 13)
        inner = self.roll_line(s)
        inner[-1] = cut.gorge
        share = s / gorge
        rise = (share - share[0]) / (1 - share[0])
        # The outer edge runs from the button to the tip, bulging a little, then along the gorge to the notch.
        edge = low + (np.array(cut.tip) - low) * share[:, None] ** np.array([0.92, 1.0])
        across = normalise(np.array([np.array(cut.tip) - low]))[0]
        edge += np.array([across[1], -across[0]]) * (cut.belly * np.sin(np.pi * share) ** 1.2)[:, None]
        self._edge = edge
        width = np.array([0, 0.035, 0.12, 0.35, 0.65, 0.93, 1.0])
        flat = inner[:, None] + (edge - inner)[:, None] * width[None, :, None]
        # The top edge of the lapel is the gorge: straight from the roll line to the notch, then to the tip.
        top = np.array(
            [np.interp(width, [0, 0.60, 1.0], [a, b, c]) for a, b, c in zip(cut.gorge, cut.notch, cut.tip)]
        ).T
        pull = smoothstep(0.80, 1.0, share)[:, None, None]
        flat = flat + (top - flat[-1])[None] * pull
        lift = np.interp(width, [0, 0.035, 0.12, 0.35, 0.65, 0.93, 1.0], [0.10, 0.30, 0.38, 0.28, 0.24, 0.22, 0.17])
        lift = lift * ((0.75 if over else 0.10) + (0.25 if over else 0.90) * smoothstep(0.0, 0.22, rise))[:, None]
        lift = lift + (0.40 if over else 0.0) * smoothstep(0.3, 0.0, rise)[:, None]
        grid = self.front(flat[..., 0], flat[..., 1], lift)
        under = self.front(flat[:, -1, 0], flat[:, -1, 1], np.full(len(flat), 0.04))
        inside = self.front(flat[:, 0, 0], flat[:, 0, 1], -0.35)
        grid = np.concatenate([inside[:, None], grid, under[:, None]], 1)[::-1]
        end = grid[0] - 0.28 * grid_normals(grid)[0] + [0, -0.03, 0]
        grid = np.concatenate([end[None], grid])
        shade = np.ones(grid.shape[:2])
        shade[:, 0], shade[:, 1], shade[:, -1], shade[0] = 0.45, 0.8, 0.5, 0.55
        return Piece(
            "lapel",
            grid,
            self.cloth,
            {},
            ((lambda c: np.minimum(c.w - c.x - 0.25, c.y - 0.25), "pick"),),
            shade,
            island="lapel",
        )

    def _lapel_shadow(self, texels):
        """How far (cm, in front view) the texels lie outside of the edge of the lapel; negative under it."""
        x, y = np.abs(texels.place[..., 0]), texels.place[..., 1]
        edge = self._edge[np.argsort(self._edge[:, 1])]
        leaf = np.array([self.cut.notch, self.cut.leaf])
        out = x - np.interp(y, edge[:, 1], edge[:, 0])
        collar = x - np.interp(y, leaf[:, 1], leaf[:, 0])
        out = np.where(y > edge[-1, 1], collar, out)
        return np.where((y > self.cut.leaf[1]) | (y < self.cut.close + 1), 9.0, out * 0.85)

    def lapels(self):
        """Both lapels."""
        left, right = self.lapel(1), self.lapel(-1)
        left.name = "lapel_l"
        return [left, mirrored(right, "lapel_r")]

    def collar(self):
        """The collar: a stand round the neck, a fold, and a fall that lies on the shoulders and meets the lapels."""
        cut = self.cut
        count = 13
        w = np.linspace(0, 1, count)  # 0 centre back, 1 the gorge in front
        # Fold line: from the centre back round the neck to the roll line.
        neck = np.array([0.0, -10.9, -7.0])
        side = np.array([5.2, -12.4, -2.6])
        front = self.front(np.array(cut.neck[0]), np.array(cut.neck[1] - 0.9), 0.75)
        gorge = self.front(np.array(cut.gorge[0]), np.array(cut.gorge[1]), 0.62)
        knots = np.array([neck, [3.4, -11.2, -6.2], side, front, gorge])
        fold = np.stack([PchipInterpolator([0, 0.30, 0.58, 0.84, 1], knots[:, k])(w) for k in range(3)], -1)
        fold[:, 0] = np.interp(
            w, [0, 0.15, 0.30, 0.45, 0.58, 0.72, 0.84, 1], [0, 1.9, 3.5, 4.7, 5.25, 5.25, front[0], gorge[0]]
        )
        # Outer edge of the fall.
        phi = np.interp(w, [0, 0.5, 0.75], [np.pi, 2.05, 1.35])
        row = np.interp(w, [0, 0.5, 0.75], [1.05, 1.35, 1.5])
        edge = self.dressed(phi, row, 0.45)
        leaf = self.front(np.array(cut.leaf[0]), np.array(cut.leaf[1]), 0.55)
        notch = self.front(np.array(cut.notch[0]), np.array(cut.notch[1]), 0.52)
        blend = smoothstep(0.60, 0.94, w)[:, None]
        edge = edge * (1 - blend) + leaf * blend
        edge[-1] = leaf
        share = np.array([0, 0.12, 0.40, 0.74, 1.0])
        fall = fold[:, None] + (edge - fold)[:, None] * share[None, :, None]
        # The front edge runs along the gorge to the notch and from there to the corner.
        end = np.array([np.interp(share, [0, 0.72, 1], [a, b, c]) for a, b, c in zip(gorge, notch, leaf)]).T
        pull = smoothstep(0.86, 1.0, w)[:, None, None]
        fall = fall + (end - fall[-1])[None] * pull
        out = grid_normals(fall)
        out = np.where((out * (fall - [0, -16, -2])).sum(-1, keepdims=True) < 0, -out, out)
        round_over = np.interp(share, [0, 0.12, 0.40, 0.74, 1.0], [0.0, 0.30, 0.28, 0.1, 0.0])
        fall = fall + out * round_over[None, :, None]
        fall = self.above(fall, np.array([0.45, 0.45, 0.40, 0.33, 0.30]))
        fall[:, 0] = fold
        edge = fall[:, -1]
        stand = [fold + [0, -0.25, 0] - 0.30 * normalise(fold * [1, 0, 1] - [0, 0, -2.0]), None]
        foot = fold * np.array([0.90, 1, 0.90]) + [0, -2.6, -0.2]
        stand[1] = foot
        under = self.above(edge - 0.30 * out[:, -1], 0.02) + [0, -0.05, 0]
        grid = np.stack([stand[1], stand[0], *np.moveaxis(fall, 1, 0), under])
        tail = grid[:, -1] - 0.28 * np.r_[out[-1, :1], out[-1, :1], out[-1], out[-1, -1:]]
        grid = np.concatenate([grid, tail[:, None]], 1)
        shade = np.ones(grid.shape[:2])
        shade[0], shade[1], shade[-1], shade[:, -1] = 0.25, 0.6, 0.5, 0.6
        whole = np.concatenate([(grid * [-1, 1, 1])[:, :0:-1], grid], 1)
        shade = np.concatenate([shade[:, :0:-1], shade], 1)
        return [Piece("collar", whole, self.cloth, {}, (), shade, flip=True)]

    # ------------------------------------------------------------------ details
    def pockets(self):
        """Two welts."""
        pieces = []
        x = np.linspace(6.0, 11.6, 7)
        low = self.front(x, -49.2 + 0.10 * (x - 6), 0.10)
        rows = [self.front(x, y + 0.10 * (x - 6), h) for y, h in ((-47.6, 0.0), (-47.65, 0.26), (-49.1, 0.26))] + [low]
        grid = np.stack(rows)
        grid = np.concatenate([grid[:, :1] + [-0.06, 0, -0.25], grid, grid[:, -1:] + [0.06, 0, -0.25]], 1)
        shade = np.array([0.5, 1, 1, 0.45])
        piece = Piece("welt", grid, self.cloth, {}, ((lambda c: c.y - 0.5, "stitch"),), shade[:, None])
        pieces += [piece, mirrored(piece)]
        return pieces

    def buttons(self):
        """Buttons on the upper front."""
        return [
            button(self.front, 0.0, self.cut.close - 0.5 - 9.5 * k, 0.55, self.button_cloth, 0.62)
            for k in range(self.cut.buttons)
        ]

    def into(self, rack):
        """Adds everything to the rack."""
        rack.add(
            *self.lapels(),
            *self.bodice(),
            *self.sleeves(((lambda c: c.x - 0.24 * c.w, "seam"),)),
            *self.collar(),
            *self.pockets(),
        )
        rack.add_solid(*self.buttons())
        return self
