"""An oversized hoodie with two-tone panels, and its hood lying on the back."""

import numpy as np
from fields import normalise, smoothstep
from part import Chain
from scipy.interpolate import PchipInterpolator

from clothes.bodice import Bodice
from clothes.cloth import Piece, mirrored
from clothes.drape import Above, Front


class Hoodie(Bodice):
    """Upper part and sleeves' upper half in one colour, the lower part in another."""

    hem = -60.0
    below = 9
    cap = 0.0
    crumple = 1.8
    columns = 16
    sleeve_end = 1.86
    armhole_rows = (2.95, 5.7)
    armhole_width = (0.52, 0.54)
    front_share = (0, 0.16, 0.33, 0.5, 0.67, 0.84, 1)
    back_share = (0, 0.2, 0.4, 0.6, 0.8, 1)

    def __init__(self, form, cloth, lower, trim):
        self.lower, self.trim = lower, trim
        super().__init__(form, cloth)
        self.front = Front(self.dressed, self.folds)
        self.above = Above(self.dressed, (0, 7))

    def ease(self, phi, row):
        """Wide; gathered at the hem."""
        return PchipInterpolator([0, 2, 4, 6, 8, 9, 9.6, 11], [0.6, 1.2, 2.0, 2.8, 4.2, 3.4, 2.4, 2.2])(row)

    def neck(self, phi):
        """The seam of the hood."""
        return 0.35 + 0.5 * smoothstep(0.8, 0.0, np.abs(phi))

    def room(self, t):
        """Wide sleeves, gathered at the cuff."""
        return PchipInterpolator([0, 0.4, 0.8, 1.0, 1.4, 1.72, 1.80, 2.0], [2.0, 2.0, 2.0, 2.1, 2.3, 2.2, 1.3, 0.9])(t)

    def panels(self):
        """Front and back, split at the chest into two colours, with a line between."""
        pieces = []
        for name, front in (("front", True), ("back", False)):
            grid, shade = self.panel(front)
            cut = 12
            marks = ((self._under_hood, "shadow"), (self._gathers, "cel")) if front else ((self._gathers, "cel"),)
            for part, rows, cloth in (
                ("upper", slice(0, cut + 1), self.cloth),
                ("line", slice(cut, cut + 2), self.trim),
                ("lower", slice(cut + 1, None), self.lower),
            ):
                pieces.append(Piece(f"{name}_{part}", grid[rows], cloth, {}, marks, shade[rows]))
        return pieces

    def _under_hood(self, texels):
        """How far below the hood (cm) texels of the front lie."""
        x, y = np.abs(texels.place[..., 0]), texels.place[..., 1]
        return np.where(y > -25, np.interp(x, [0, 4, 8, 12], [-21.6, -20.6, -18.4, -16.5]) - y - 0.2, 9.0)

    def _gathers(self, texels):
        """Where the cloth is drawn dark: wedges over the ribbed hem and from under the arms."""
        x, y = np.abs(texels.place[..., 0]), texels.place[..., 1]
        dark = np.full(x.shape, -1.0)
        for place, height in ((2.0, 4.5), (5.2, 7.5), (8.2, 5.0), (11.2, 9.0)):
            above = np.clip((y + 60.5) / height, 0, 1)
            dark = np.maximum(dark, 0.55 * (1 - above) - np.abs(x - place - 0.35 * above * place / 8) - 0.06)
        for tip, low in ((7.5, -37.0), (9.0, -41.0)):
            share = np.clip((x - tip) / (13.5 - tip), 0, 1)
            dark = np.maximum(dark, np.where(x > tip, 0.75 * share - np.abs(y - low - 6.0 * share**1.4), -1.0))
        return dark

    def ribs(self):
        """Rib at hem and cuffs."""
        front, _ = self.panel(True)
        back, _ = self.panel(False)
        pieces = []
        for name, grid in (("rib_front", front), ("rib_back", back)):
            edge = grid[-3]
            out = normalise((edge - [0, 0, -2.0]) * [1, 0, 1])
            low = edge - [0, 3.6, 0] - 0.5 * out
            rows = np.stack(
                [
                    edge,
                    edge - [0, 0.4, 0] - 0.45 * out,
                    (edge * [1, 1, 1] - [0, 1.9, 0]) - 0.2 * out,
                    low,
                    low - 0.4 * out + [0, 0.5, 0],
                ]
            )
            pieces.append(Piece(name, rows, self.trim, {}, (), np.array([0.8, 0.9, 1, 1, 0.4])[:, None]))
        edge = self.sleeve_grid[-3]
        out = edge - edge.mean(0)
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        down = normalise(self.sleeve_grid[-3].mean(0) - self.sleeve_grid[-5].mean(0))
        rows = np.stack(
            [
                edge,
                edge + 0.4 * down - 0.5 * out,
                edge + 1.8 * down - 0.25 * out,
                edge + 3.4 * down - 0.8 * out,
                edge + 3.2 * down - 1.1 * out,
            ]
        )
        cuff = Piece("rib_cuff", rows, self.trim, {}, (), np.array([0.8, 0.9, 1, 1, 0.4])[:, None], True, arm=1.0)
        return [*pieces, cuff, mirrored(cuff)]

    def hood(self):
        """The hood: a thick roll round the neck that falls on the back."""
        phi = np.linspace(-np.pi, np.pi, 29) + np.pi
        turn = (1 - np.cos(phi)) / 2  # 0 in front, 0.5 at the sides, 1 behind

        def ring(front, side, behind):
            radius, y = (PchipInterpolator([0, 0.5, 1], values)(turn) for values in zip(front, side, behind))
            return np.stack([radius * np.sin(phi), y, radius * np.cos(phi) - 1.8], -1)

        low = PchipInterpolator([0, 0.3, 0.6, 1], [3.1, 2.0, 2.0, 4.4])(turn)
        rows = [
            ring((4.2, -16.4), (4.3, -13.4), (4.6, -12.0)),
            ring((5.0, -16.6), (5.2, -11.4), (5.6, -9.8)),
            ring((6.2, -16.9), (6.3, -10.8), (7.2, -9.0)),
            ring((7.6, -18.0), (8.0, -12.0), (9.8, -11.4)),
            self.dressed(phi, low - 0.35, PchipInterpolator([0, 0.5, 1], [1.0, 1.7, 3.2])(turn)),
            self.dressed(phi, low, PchipInterpolator([0, 0.5, 1], [0.7, 0.8, 1.8])(turn)),
            self.dressed(phi, low + 0.05, 0.02),
        ]
        for k, margin in enumerate((0.2, 0.5, 0.9, 1.1)):
            rows[k] = np.where(
                (turn < 0.4)[:, None], self.above(rows[k], margin * smoothstep(0.4, 0.15, turn)), rows[k]
            )
        grid = np.stack(rows)
        shade = np.array([0.5, 0.8, 1, 1, 1, 0.9, 0.6])[:, None]
        inner = Piece("hood_in", grid[:3], self.lower, {}, (), shade[:3])
        return [inner, Piece("hood", grid[2:], self.cloth, {}, (), shade[2:])]

    def pocket(self):
        """The pouch in front."""
        height = -45.0 - 12.5 * np.linspace(0, 1, 6)[:, None]
        lift = np.full((6, 9), 0.42)
        lift[[0, -1]], lift[:, [0, -1]] = 0.0, 0.0
        x = np.broadcast_to(np.array([-1, -0.985, -0.6, -0.25, 0, 0.25, 0.6, 0.985, 1]), (6, 9))
        y2 = np.broadcast_to(height, (6, 9)).copy()
        y2[0], y2[1] = height[0], height[0] - 0.12
        half = np.broadcast_to(np.interp(y2, [-57.5, -51.5, -45.0], [8.8, 8.6, 5.2]), (6, 9))
        return [Piece("pouch", self.front(x * half, y2, lift), self.lower, {}, ())]

    def strings(self, outfit):
        """Two strings on spring bones: (pieces, chains)."""
        pieces, chains = [], []
        for side, name in ((1, "left"), (-1, "right")):
            s = np.linspace(0, 1, 7)
            path = self.front(side * (2.3 + 0.5 * s), -19.6 - 10.0 * s, 1.3 - 0.6 * s)
            chain = Chain(f"{name}String{outfit.title()}", "upperChest", path[[0, 3, 6]], 0.8, 0.3, 0.4, 0.5, (outfit,))
            ring = np.linspace(0, 2 * np.pi, 6)
            radius = np.r_[np.full(6, 0.22), 0.22]
            radius[-2:] = 0.34
            grid = path[:, None] + radius[:, None, None] * np.stack([np.sin(ring), 0 * ring, np.cos(ring)], -1)
            share = np.broadcast_to(s[:, None], grid.shape[:2]).ravel()
            second, hold = smoothstep(0.3, 0.7, share), smoothstep(0.2, 0.0, share)
            bones = {"upperChest": hold, chain.bone(0): (1 - hold) * (1 - second), chain.bone(1): (1 - hold) * second}
            pieces.append(Piece(f"string_{name}", grid, self.trim, {}, (), bones=bones))
            chains.append(chain)
        return pieces, chains

    def sleeves(self, *args, **kwargs):
        """Sleeves in two colours."""
        left, _ = super().sleeves(*args, **kwargs)
        self.sleeve_grid = left.grid
        cut = 11
        pieces = []
        for name, rows, cloth in (
            ("sleeve_up", slice(0, cut + 1), self.cloth),
            ("sleeve_line", slice(cut, cut + 2), self.trim),
            ("sleeve_low", slice(cut + 1, None), self.lower),
        ):
            piece = Piece(name, left.grid[rows], cloth, {}, (), left.shade[rows], True, arm=left.arm[rows])
            pieces += [piece, mirrored(piece)]
        return pieces

    def into(self, rack):
        """Adds everything to the rack."""
        strings, chains = self.strings(rack.outfit)
        rack.add(*self.panels(), *self.sleeves(depth=0.6), *self.ribs(), *self.hood(), *self.pocket(), *strings)
        rack.hang(*chains)
        return self
