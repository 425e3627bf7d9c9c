"""A stage outfit: short fitted jacket with a sailor collar, trims and a big bow."""

from dataclasses import replace

import numpy as np
from fields import bell, smoothstep
from part import Chain
from scipy.interpolate import PchipInterpolator

from clothes.bodice import Bodice
from clothes.cloth import Piece, mirrored
from clothes.drape import Above, Front
from clothes.trims import binding, ribbon


class StageJacket(Bodice):
    """The jacket; `trim` is the cloth of collar and cuffs, `line` of the lines on them."""

    hem = -54.0
    below = 8
    cap = 0.5
    crumple = 0.5
    columns = 16
    sleeve_end = 1.86
    armhole_rows = (2.6, 4.9)
    front_share = (0, 0.16, 0.33, 0.5, 0.67, 0.84, 1)
    back_share = (0, 0.2, 0.4, 0.6, 0.8, 1)

    def __init__(self, form, cloth, trim, line):
        self.trim, self.line = trim, line
        super().__init__(form, cloth)
        self.front = Front(self.dressed, self.folds)
        self.above = Above(self.dressed, (0, 7))

    def ease(self, phi, row):
        """Fitted, a little flared over the hips."""
        room = PchipInterpolator([0, 2, 4, 5.5, 7, 8, 9, 10, 11], [0.4, 0.5, 0.6, 0.6, 0.55, 0.55, 1.0, 1.6, 2.0])(row)
        return room + 0.4 * smoothstep(0.0, 0.8, np.cos(phi)) * bell(row, 7.2, 0.9)

    def neck(self, phi):
        """The seam under the collar; a V in front."""
        return 0.4 + 2.6 * smoothstep(0.75, 0.0, np.abs(phi))

    def room(self, t):
        """Slim at the top, wide at the cuff."""
        return PchipInterpolator([0, 0.4, 0.8, 1.0, 1.5, 1.9, 2.0], [1.0, 0.9, 0.8, 0.8, 1.1, 1.6, 1.7])(t)

    def collar(self):
        """The sailor collar with its line."""
        w = np.r_[np.linspace(0, 0.5, 9), np.linspace(0.5, 1, 9)[1:]]
        inner_front = self.front(
            np.interp(w[:9], [0, 0.5], [0.3, 4.7]), np.interp(w[:9], [0, 0.5], [-24.6, -13.9]), 0.25
        )
        phi = np.interp(w[9:], [0.5, 1], [1.75, np.pi])
        inner = np.concatenate([inner_front, self.dressed(phi, np.full(len(phi), 0.25), 0.3)])
        outer_front = self.front(
            np.interp(w[:9], [0, 0.25, 0.5], [1.2, 7.4, 9.6]),
            np.interp(w[:9], [0, 0.25, 0.5], [-26.6, -21.8, -17.2]),
            0.4,
        )
        phi = np.interp(w[9:], [0.5, 0.75, 1], [1.7, 2.45, np.pi])
        row = np.interp(w[9:], [0.5, 0.75, 1], [2.0, 5.0, 5.0])
        outer = np.concatenate([outer_front, self.dressed(phi, row, 0.4)])

        def sheet(shares, lift):
            grid = inner[:, None] + (outer - inner)[:, None] * np.array(shares)[None, :, None]
            grid = self.above(grid, lift)
            grid[-1, :, 0] = 0
            return grid

        body = sheet([0, 0.05, 0.35, 0.68, 0.95, 1.0], np.array([0.1, 0.42, 0.45, 0.42, 0.38, 0.05]))
        stripe = sheet([0.80, 0.81, 0.87, 0.88], np.array([0.36, 0.50, 0.50, 0.36]))
        pieces = []
        for name, grid, cloth in (("sailor", body, self.trim), ("sailor_line", stripe, self.line)):
            whole = np.concatenate([grid, (grid * [-1, 1, 1])[-2::-1]])
            pieces.append(Piece(name, whole, cloth, {}, (), None, True))
        return pieces

    def cuffs(self):
        """Broad cuffs with a line."""
        edge = self.sleeve_grid[-3]
        out = edge - edge.mean(0)
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        pieces = []
        for name, width, lift, start, cloth in (
            ("cuff", 4.2, 0.22, 0.0, self.trim),
            ("cuff_line", 0.6, 0.34, 3.0, self.line),
        ):
            piece = binding(edge + [0, start, 0] + 0.02 * start * out, out, width, cloth, name, lift, True)
            piece.arm = 1.0
            pieces += [piece, mirrored(piece)]
        return pieces

    def sleeves(self, *args, **kwargs):
        """Sleeves, whose edge the cuffs follow."""
        pieces = super().sleeves(*args, **kwargs)
        self.sleeve_grid = pieces[0].grid
        return pieces

    def into(self, rack):
        """Adds everything to the rack."""

        def dart(c):
            x, y = np.abs(c.place[..., 0]), c.place[..., 1]
            return np.where(y < -33, x - np.interp(y, [-54, -45, -33], [7.0, 5.6, 6.6]), 9.0)

        def under_collar(c):
            x, y = np.abs(c.place[..., 0]), c.place[..., 1]
            edge = np.interp(y, [-27.0, -21.8, -17.0], [0.6, 7.4, 9.7])
            inner = np.interp(y, [-24.6, -13.9], [0.3, 4.7])  # the V shows the front itself
            return np.where((y > -28) & (x > inner), 0.8 * (x - edge), 9.0)

        def under_bow(c):
            x, y = np.abs(c.place[..., 0]), c.place[..., 1]
            return 1 - ((x - 3.6) / 3.8) ** 2 - ((y + 29.0 - 0.25 * x) / 1.5) ** 2

        marks = ((dart, "seam"), (under_collar, "shadow"), (under_bow, "cel"))
        pieces = [*self.body(marks), *self.sleeves(), *self.collar(), *self.cuffs()]
        y = np.linspace(-29.0, -53.3, 6)
        pieces.append(ribbon(self.front, np.stack([0 * y, y], -1), 2.4, self.trim, "strip", 0.16))
        rack.add(*pieces)
        return self


def bow(front, y, cloth, knot, size=1.0, tails=12.0, outfit=""):
    """A big bow at (0, y): (pieces, chains); its tails hang on spring bones."""
    place = front(np.array(0.0), np.array(y), 0.9)
    turn = np.linspace(0, 2 * np.pi, 11)
    t = np.linspace(0, 1, 8)
    along = size * np.interp(t, [0, 1], [0.4, 9.2])
    half = size * PchipInterpolator([0, 0.25, 0.7, 0.92, 1], [0.9, 2.0, 3.5, 3.3, 2.3])(t)
    deep = size * PchipInterpolator([0, 0.2, 0.6, 0.9, 1], [0.6, 1.1, 1.5, 0.9, 0.15])(t)
    crease = 1 - 0.45 * np.exp(-(((np.sin(turn)) / 0.35) ** 2))[None] * np.exp(-t * 3)[:, None]
    loop = np.stack(
        [
            np.broadcast_to(along[:, None], (8, 11)),
            half[:, None] * np.sin(turn) + size * 1.2 * t[:, None] ** 1.5 - 0.3,
            0.5 + deep[:, None] * np.cos(turn) * crease - 1.2 * t[:, None] ** 2,
        ],
        -1,
    )
    pieces = []
    loop = place + loop
    wedge = np.abs(np.sin(turn))[None] - np.array([0.9, 0.75, 0.45, 0.2, 0, 0, 0, 0])[:, None]
    right = Piece(
        "bow_l", loop, replace(cloth, both_sides=False), {}, (), relief=np.where(np.cos(turn)[None] > -0.2, wedge, -0.2)
    )
    pieces += [right, mirrored(right)]
    polar = np.linspace(0, np.pi, 6)[:, None]
    ball = place + size * np.stack(
        [1.25 * np.sin(polar) * np.sin(turn), 1.5 * np.cos(polar) + 0 * turn, 0.7 + 1.1 * np.sin(polar) * np.cos(turn)],
        -1,
    )
    pieces.append(Piece("bow_knot", ball, knot, {}, ()))
    chains = []
    for side, name in ((1, "left"), (-1, "right")):
        s = np.linspace(0, 1, 7)
        centre_x = side * (0.8 + 2.2 * s)
        centre_y = y - 0.6 - tails * s
        width = size * (0.6 + 1.2 * s**0.8)
        across = np.array([-1, 0, 1])
        cut = np.where(s == 1, 1.0, 0.0)[:, None] * np.array([-1.6, 0.0, 1.6]) * side
        grid = front(
            centre_x[:, None] + width[:, None] * across,
            centre_y[:, None] + cut,
            0.75 - 0.2 * np.abs(across) + 0.3 * s[:, None],
        )
        joints = grid[[0, 3, 6], 1]
        chain = Chain(f"{name}Bow{outfit.title()}", "upperChest", joints, 0.9, 0.25, 0.4, 0.8, (outfit,))
        share = np.broadcast_to(s[:, None], grid.shape[:2]).ravel()
        second = smoothstep(0.3, 0.7, share)
        hold = smoothstep(0.25, 0.0, share)
        bones = {"upperChest": hold, chain.bone(0): (1 - hold) * (1 - second), chain.bone(1): (1 - hold) * second}
        fold = np.stack([0.2 * np.ones(7), np.where(s < 0.45, -0.3 + 0.6 * s, 0.2), 0.2 * np.ones(7)], 1)
        pieces.append(Piece(f"tail_{name}", grid, cloth, {}, (), relief=fold, bones=bones))
        chains.append(chain)
    return pieces, chains
