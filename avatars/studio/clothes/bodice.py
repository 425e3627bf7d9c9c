"""The body of anything worn above the waist: front, back and sleeves over the dressed torso."""

import numpy as np
from fields import bell, smoothstep

from clothes.cloth import Piece, mirrored
from clothes.drape import QUARTER, Armhole, Dressed, Front, sleeve, turned


class Bodice:
    """Front and back panels that meet at shoulder, armhole and side seam.

    Set by the garment: `cloth`, `hem` (y), `armhole_rows`, `armhole_width`, `sleeve_end` (t of the arm), `cuff` (how far the
    edges are turned in, cm) and the methods `ease`, `neck`, `room`.
    """

    hem = -56.0
    armhole_rows = (2.75, 5.15)
    armhole_width = (0.60, 0.62)
    sleeve_end = 1.93
    cap = 0.3
    crumple = 1.0  # strength of the large folds
    front_share = (0, 0.10, 0.22, 0.35, 0.48, 0.61, 0.74, 0.87, 1)
    back_share = (0, 0.14, 0.28, 0.43, 0.58, 0.72, 0.86, 1)
    below = 14  # rows from the armhole to the hem
    columns = 18  # of a sleeve

    def __init__(self, form, cloth):
        self.form, self.cloth = form, cloth
        self.dressed = Dressed(form, self.ease)
        self.armhole = Armhole(self.dressed, *self.armhole_rows, *self.armhole_width)
        self.hem_row = float(self.dressed.row_of(QUARTER, self.hem)[()])

    # ------------------------------------------------------------------ what a garment says
    def ease(self, phi, row):
        """Room between body and cloth in cm."""
        return np.full(np.shape(phi), 0.5)

    def neck(self, phi):
        """The station at which the cloth begins."""
        return 0.6 + 0 * phi

    def room(self, t):
        """Room of the sleeve over the arm in cm."""
        return 0.7 + 0 * t

    def folds(self, phi, row):
        """Large folds in cm: at the waist, under the arm, over the hips."""
        turn = np.abs(phi)
        pull = np.cos((row - 7.9) * 5.2 - 2.2 * turn) * bell(row, 8.0, 0.9) * bell(turn, 0.8, 0.5)
        under = (
            np.cos((row - 5.4) * 4.4 + 5.0 * (turn - QUARTER)) * bell(row, 5.9, 0.7) * bell(turn, QUARTER - 0.15, 0.4)
        )
        back = np.cos(4 * turn + 1.4 * row) * bell(turn, 2.5, 0.5) * bell(row, 8.3, 0.9)
        return self.crumple * (0.18 * pull + 0.22 * under + 0.16 * back)

    # ------------------------------------------------------------------ panels
    def rows(self):
        """Stations below the neck: the first six (to the top of the armhole) are shares 0..1, the others stations."""
        half = self.columns // 2 + 1
        below = np.linspace(self.armhole.bottom, self.hem_row, self.below + 1)[1:]
        return np.linspace(0, 1, 6)[:-1], np.r_[self.armhole.rows(half), below]

    def stations(self, phi_top, low):
        """Stations of a grid whose upper edge has the angles `phi_top`; (rows, columns)."""
        upper, _ = self.rows()
        start = self.neck(phi_top)
        return np.concatenate(
            [start + (self.armhole.top - start) * upper[:, None], np.broadcast_to(low[:, None], (len(low), len(start)))]
        )

    def half(self, front):
        """Angles and stations of the left half of the front (from the middle out) or of the back (from the side in)."""
        upper, low = self.rows()
        outer = np.r_[np.full(len(upper), QUARTER), self.armhole.side(low, front)]
        share = np.array(self.front_share if front else self.back_share)
        phi = outer[:, None] * share if front else outer[:, None] + (np.pi - outer[:, None]) * share
        return phi, self.stations(phi[0], low)

    def panel(self, front, lift=None):
        """The whole front or back as one grid, with a turned-in hem."""
        phi, row = self.half(front)
        height = self.folds(phi, row) + (0 if lift is None else lift(phi, row))
        grid = self.dressed(phi, row, height)
        if front:
            grid[:, 0, 0] = 0
            whole = np.concatenate([(grid * [-1, 1, 1])[:, :0:-1], grid], 1)
            self.relief = np.concatenate([height[:, :0:-1], height], 1)
        else:
            grid[:, -1, 0] = 0
            whole = np.concatenate([grid, (grid * [-1, 1, 1])[:, -2::-1]], 1)
            self.relief = np.concatenate([height, height[:, -2::-1]], 1)
        return self.hemmed(whole)

    def hemmed(self, grid, depth=1.4, thick=0.28, flip=False):
        """`grid` with its lower edge turned in, and its shade."""
        grid = turned(grid, depth, thick, flip)
        shade = np.ones(grid.shape[:2])
        shade[-2], shade[-1] = 0.5, 0.18
        return grid, shade

    def body(self, marks=(), back_marks=(), bottom="hem", top="seam"):
        """Front and back as pieces."""
        edges = {"left": "seam", "right": "seam", "bottom": bottom, "top": top}
        pieces = []
        for name, lines in (("front", marks), ("back", back_marks)):
            grid, shade = self.panel(name == "front")
            relief = np.concatenate([self.relief, np.zeros((len(grid) - len(self.relief), grid.shape[1]))])
            pieces.append(
                Piece(
                    name,
                    grid,
                    self.cloth,
                    edges,
                    lines,
                    shade,
                    density=0.8 if lines is back_marks else 1.0,
                    relief=relief,
                )
            )
        return pieces

    def sleeves(self, marks=(), bottom="hem", depth=2.0, thick=0.25, rows=(7, 13)):
        """Both sleeves."""
        grid, self.sleeve_t, _ = sleeve(
            self.form,
            self.armhole,
            self.sleeve_end,
            self.room,
            self.columns,
            cap=self.cap,
            rows=rows,
            folds=1.5 * self.crumple,
        )
        grid, shade = self.hemmed(grid, depth, thick, flip=True)
        shade[-1] = 0.10
        piece = Piece(
            "sleeve_l",
            grid,
            self.cloth,
            {"top": "seam", "bottom": bottom},
            marks,
            shade,
            True,
            "sleeve",
            arm=self._arm(len(grid)),
        )
        return [piece, mirrored(piece)]

    def _arm(self, rows):
        """How far each row of a sleeve goes with the arm alone."""
        share = smoothstep(0.0, 0.5, self.sleeve_t)
        return np.r_[share, np.ones(rows - len(share))]


class Shell(Bodice):
    """A fine top of which only the opening of a jacket shows a part: its front between two lines."""

    def __init__(self, form, cloth, low=-20.0, half_width=5.2, rise=0.16, bottom=-41.0, drape=0.0):
        self.low, self.half_width, self.rise, self.bottom, self.drape = low, half_width, rise, bottom, drape
        super().__init__(form, cloth)

    def ease(self, phi, row):
        """Close to the body, hanging from the bust."""
        return 0.22 + 0.25 * smoothstep(4, 7, row)

    def pieces(self):
        """The visible part, its upper edge turned in."""
        x = np.linspace(-1, 1, 11)
        top = self.low + self.rise * (self.half_width * x) ** 2 / (1 + 0.03 * (self.half_width * x) ** 2)
        share = np.r_[0, 0.02, np.linspace(0.09, 1, 9)]
        y = top + (self.bottom - top) * share[:, None]
        across = np.broadcast_to(x * self.half_width, y.shape)
        front = Front(self.dressed, self.folds)
        lift = np.full(y.shape, 0.0)
        if self.drape:
            # A draped neckline: folds that hang from both sides like garlands.
            depth = (top - y) - 0.09 * across**2
            lift = (
                self.drape
                * np.cos(depth * 2 * np.pi / 3.4)
                * smoothstep(0.0, 1.5, top - y)
                * np.exp(-(((top - y) / 8) ** 2))
            )
        if self.cloth.weave == "jersey":
            # A tee hangs from the chest in a few soft folds.
            lift = 0.22 * np.cos(1.0 * across + 0.10 * y) * smoothstep(-34, -58, y) + 0.12 * np.cos(
                0.55 * y - 0.5 * across
            ) * smoothstep(-40, -52, y)
        grid = front(across, y, lift + 0.20)
        inner = front(across[0], top - 0.05, -0.06)
        deep = front(across[0], top - 1.0, -0.05)
        grid = np.concatenate([deep[None], inner[None], grid])
        shade = np.ones(grid.shape[:2])
        shade[0], shade[1] = 0.4, 0.75
        return [
            Piece(
                "shell",
                grid,
                self.cloth,
                {},
                (
                    (
                        lambda c: c.y - (2.9 if self.cloth.weave == "jersey" else 1.15),
                        "seam" if self.cloth.weave == "jersey" else "soft",
                    ),
                ),
                shade,
            )
        ]
