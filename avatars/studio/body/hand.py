"""A hand as one closed sheet of quads: wrist, palm, four fingers, a thumb, and nails on top.

It is drawn for the left hand in T-pose: x along the fingers, y out of the back of the hand, z to the thumb, the wrist at
the origin. Rings of a digit have eight points, from the nail's side over the thumb's side to the pad and back; the palm's
rings have twenty.
"""

import numpy as np
from scipy.interpolate import PchipInterpolator

from body.skeleton import FINGERS, LOWER_ARM, THUMB
from fields import bell, normalise, smoothstep

WRIST_T = 1.86  # where the hand begins on the arm
# Angles of `Form.arm` at the twenty points of a ring: the back of the hand from the thumb's side, then the palm back to it.
RING = np.radians(np.r_[np.arange(72, -73, -18), -90, np.arange(-108, -253, -18), -270])
PARTS = ("Proximal", "Intermediate", "Distal")
THUMB_PARTS = ("Metacarpal", "Proximal", "Distal")
TURN = np.arange(8) * np.pi / 4
# Where a digit has rings: 0 first joint, 1 and 2 the next ones, 3 the tip.
FINGER_RINGS = (0.66, 0.87, 1.0, 1.14, 1.88, 2.1, 2.5, 2.82)
THUMB_RINGS = (0.74, 1.0, 1.2, 1.88, 2.1, 2.5, 2.82)
# Half breadth, height over the axis, depth under it along a digit, cm; slender and strong.
KNOTS = (0.0, 0.42, 0.7, 1.0, 1.5, 2.0, 2.5, 2.82, 3.0)
SLENDER = np.array(
    [
        [0.84, 0.79, 0.74, 0.74, 0.67, 0.62, 0.55, 0.39, 0.12],
        [0.76, 0.70, 0.65, 0.67, 0.56, 0.52, 0.41, 0.26, 0.06],
        [0.86, 0.82, 0.78, 0.66, 0.68, 0.55, 0.55, 0.42, 0.12],
    ]
)
STRONG = np.array(
    [
        [0.95, 0.91, 0.86, 0.89, 0.81, 0.79, 0.72, 0.50, 0.18],
        [0.86, 0.82, 0.76, 0.80, 0.67, 0.65, 0.50, 0.31, 0.09],
        [0.98, 0.94, 0.90, 0.80, 0.82, 0.69, 0.65, 0.49, 0.18],
    ]
)
THUMB_KNOTS = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 2.4, 2.8, 3.0)
THUMB_SLENDER = np.array(
    [
        [1.35, 1.15, 0.98, 0.93, 0.78, 0.76, 0.74, 0.46, 0.16],
        [1.15, 1.00, 0.88, 0.86, 0.70, 0.66, 0.50, 0.30, 0.08],
        [1.55, 1.30, 1.02, 0.88, 0.78, 0.68, 0.66, 0.46, 0.14],
    ]
)
GIRTH = {"Index": 1.0, "Middle": 1.03, "Ring": 0.97, "Little": 0.85}
# Rows of the palm from the wrist (0) to the knuckles (1); the thumb grows out between THUMB_ROWS.
ROWS = np.array([0.08, 0.24, 0.42, 0.62, 0.83, 1.0])
THUMB_ROWS = (1, 3)
# The nail's rows along the last bone, and how wide each is.
NAIL_ROWS, NAIL_WIDTHS = (2.44, 2.56, 2.78, 2.96), (0.66, 0.96, 0.90, 0.52)


class Sheet:
    """Points, faces and weights that grow piece by piece."""

    def __init__(self):
        self.points, self.faces, self.weights = [], [], []

    def add(self, points, weights):
        """Takes points and a table {bone: weight} for each; returns their indices."""
        start = len(self.points)
        self.points += list(points)
        self.weights += list(weights)
        return np.arange(start, len(self.points))

    def join(self, low, high):
        """Quads between two closed rings."""
        for k in range(len(low)):
            n = (k + 1) % len(low)
            self.faces.append((low[k], low[n], high[n], high[k]))

    def close(self, ring, pole):
        """Triangles from a ring to a point."""
        for k in range(len(ring)):
            self.faces.append((ring[k], ring[(k + 1) % len(ring)], pole, pole))

    def table(self):
        """Positions, faces, and weights as arrays by bone."""
        used, faces = np.unique(np.array(self.faces), return_inverse=True)
        weights = [self.weights[k] for k in used]
        bones = sorted({bone for own in weights for bone in own})
        return np.array(self.points)[used], faces.reshape(-1, 4), {b: np.array([w.get(b, 0.0) for w in weights]) for b in bones}


def _mix(a, b):
    """Half of each of two weight tables."""
    return {bone: (a.get(bone, 0.0) + b.get(bone, 0.0)) / 2 for bone in a | b}


class Digit:
    """A finger or the thumb: joints, frame, girth, weights."""

    def __init__(self, name, joints, up, knots, girth, parts=PARTS, first=(-0.35, 0.35)):
        self.name, self.joints, self.parts, self.first = name, np.asarray(joints, float), parts, first
        self.girth = PchipInterpolator(knots, girth, axis=1)
        self._up = np.asarray(up, float)

    def at(self, s):
        """Point on the axis, and the directions along, to the thumb's side and up."""
        point = np.array([np.interp(s, range(4), self.joints[:, k]) for k in range(3)])
        step = np.array([np.interp(np.clip([s - 0.25, s + 0.25], 0, 3), range(4), self.joints[:, k]) for k in range(3)])
        along = normalise(step[:, 1] - step[:, 0])
        up = normalise(self._up - along * (self._up @ along))
        return point, along, np.cross(along, up), up

    def surface(self, s, angle, lift=0.0):
        """Points of the skin at `s`; `angle` 0 is the nail's side, +pi/2 the thumb's side."""
        point, _, side, up = self.at(s)
        breadth, over, under = self.girth(s) + lift
        sin, cos = np.sin(angle), np.cos(angle)
        # A little squarer than an ellipse.
        round_ = (np.abs(sin) ** 2.3 + np.abs(cos) ** 2.3) ** (-1 / 2.3)
        return point + np.outer(round_ * breadth * sin, side) + np.outer(round_ * np.where(cos > 0, over, under) * cos, up)

    def weight(self, s, palm=0.0):
        """Weights at `s`; `palm` 0 on the back .. 1 on the pad, where the finger begins later."""
        shift = 0.12 * palm
        first = float(smoothstep(self.first[0] + shift, self.first[1] + shift, s))
        second, third = float(smoothstep(0.84, 1.17, s)), float(smoothstep(1.82, 2.18, s))
        shares = (1 - first, first * (1 - second), first * second * (1 - third), first * second * third)
        names = ("Hand", *(self.name + part for part in self.parts))
        return {name: share for name, share in zip(names, shares) if share > 0}

    def grow(self, sheet, loop, rings):
        """The digit from a closed loop of eight points of the sheet to its tip."""
        for s in rings:
            ring = sheet.add(self.surface(s, TURN), [self.weight(s, (1 - np.cos(a)) / 2) for a in TURN])
            sheet.join(loop, ring)
            loop = ring
        point, along, _, up = self.at(3.0)
        sheet.close(loop, sheet.add([point - 0.05 * up], [self.weight(3.0)])[0])

    def nail(self, sheet, length, strong):
        """The nail plate with a free edge of `length` cm; pointed, or square where hands are `strong`."""
        across = np.array([-0.92, -0.45, 0.45, 0.92])
        grid = []
        breadth, over, _ = self.girth(2.5)
        start, along, side, up = self.at(NAIL_ROWS[0])
        end = self.at(3.0)[0] + along * length
        slope_top = self.girth(NAIL_ROWS[0])[1]
        for s, width in zip(NAIL_ROWS, np.array(NAIL_WIDTHS) + np.array([0.08, 0, 0, 0.30]) * strong):
            share = (s - NAIL_ROWS[0]) / (NAIL_ROWS[-1] - NAIL_ROWS[0])
            # The plate runs on straight where the fingertip goes down.
            top = slope_top * (1 - share) + 0.44 * over * share + 0.10 * share * (1 - share)
            axis = start + (end - start) * share
            # Both ends are round.
            bow = np.array([-1.0, 1.0, 1.0, -1.0]) * (share - 0.3) * 0.09 * (1 - 0.6 * strong)
            angle = across * 0.95
            drop = (1 - np.cos(angle)) * breadth * 0.62
            lift = np.array([-0.01, 0.03, 0.03, -0.01]) + (0.02 if share == 0 else 0)
            spread = 0.86 * width * breadth * np.sin(angle)
            grid += [axis + side * x + up * y + along * z for x, y, z in zip(spread, top - drop + lift, bow)]
        ids = sheet.add(grid, [self.weight(2.9)] * len(grid)).reshape(len(NAIL_ROWS), 4)
        for r in range(len(NAIL_ROWS) - 1):
            for c in range(3):
                sheet.faces.append((ids[r, c], ids[r, c + 1], ids[r + 1, c + 1], ids[r + 1, c]))


class Hand:
    """The left hand of a `Form` in T-pose; `build` gives skin and nails as (points, faces, weights by bone, paint)."""

    def __init__(self, form):
        params = form.params
        self.form, self.scale, self.strong = form, params.hand, params.hand_build
        girth = SLENDER + (STRONG - SLENDER) * self.strong
        self.fingers = []
        for name, (first, lengths, lean) in FINGERS.items():
            way = np.array([np.cos(np.radians(lean)), 0, np.sin(np.radians(lean))])
            joints = np.array(first) + way * np.r_[0, np.cumsum(lengths)][:, None]
            self.fingers.append(Digit(name, joints, [0, 1, 0], KNOTS, girth * GIRTH[name]))
        joints = np.array(THUMB[0]) + np.r_[np.zeros((1, 3)), np.cumsum(THUMB[1], 0)]
        thumb = THUMB_SLENDER * (1 + 0.16 * self.strong)
        self.thumb = Digit("Thumb", joints, [-0.15, 0.62, 0.75], THUMB_KNOTS, thumb, THUMB_PARTS, first=(0.0, 0.7))

    # ------------------------------------------------------------------ palm
    def columns(self):
        """Knuckle points (9 columns from the thumb's side) and the share of the height that the palm has there."""
        axes = [finger.joints[0] for finger in self.fingers]
        index, little = self.fingers[0], self.fingers[3]
        outer = axes[0] + [-0.1, -0.05, 0.78 * index.girth(0)[0]]
        last = axes[3] + [-0.1, -0.05, -0.78 * little.girth(0)[0]]
        points = [outer]
        for k, axis in enumerate(axes):
            points += [axis, (axis + axes[k + 1]) / 2 if k < 3 else last]
        shape = np.array([0.74, 1.05, 0.80, 1.05, 0.80, 1.05, 0.80, 1.02, 0.66])
        return np.array(points), shape

    def wrist(self, x):
        """Ring of the arm `x` cm after the wrist (in cm of this host), in the order of the palm's rings."""
        skeleton = self.form.skeleton
        t = 2 + x / (LOWER_ARM * self.form.params.arm_length)
        ring = self.form.arm(1, t, RING)
        return skeleton.unpose(ring, [("leftLowerArm", np.ones(20))]) - skeleton.places["leftHand"]

    def row(self, r):
        """A ring of the palm at the share `r` of the way from the wrist to the knuckles."""
        knuckles, shape = self.columns()
        wrist = self.wrist(0.0) / self.scale
        go = smoothstep(-0.15, 0.85, r) * 1.0
        girth = 1 + 0.10 * self.strong
        top_height = PchipInterpolator([0, 0.25, 0.6, 1], [wrist[4, 1], 1.42 * girth, 1.14 * girth, 0.82 * girth])(r)
        low_height = PchipInterpolator([0, 0.25, 0.6, 1], [-wrist[4, 1], -1.30 * girth, -1.12 * girth, -0.98 * girth])(r)
        across = wrist[:9, 2] + (knuckles[:, 2] - wrist[:9, 2]) * go
        flat = np.sqrt(1 - np.linspace(-1, 1, 9) ** 2 * 0.85)
        shape = flat + (shape - flat) * go
        axis = knuckles[:, 1] * r**2
        x = knuckles[:, 0] * r
        top = np.stack([x, axis + top_height * shape, across], -1)
        low = np.stack([x, axis + low_height * (flat + (0.9 - flat) * go * 0.7), across], -1)
        # Masses of thumb and little finger, the hollow between them, pads under the fingers.
        low[:, 1] -= 1.05 * bell(r, 0.38, 0.30) * bell(across, 1.9, 1.3)
        low[:, 1] -= 0.50 * bell(r, 0.40, 0.32) * bell(across, -2.1, 1.1)
        low[:, 1] += 0.34 * bell(r, 0.62, 0.24) * bell(across, -0.2, 1.3)
        low[:, 1] -= 0.12 * bell(r, 0.98, 0.12)
        side = np.stack([x[[8, 0]], axis[[8, 0]] + [0.02, 0.0], across[[8, 0]] + np.array([-0.34, 0.34]) * (1 - 0.25 * go)], -1)
        side[0, 2] -= 0.22 * bell(r, 0.42, 0.3)
        return np.concatenate([top, side[:1], low[::-1], side[1:]])

    def web(self):
        """The ring where the fingers part, and the three points between them; with weights."""
        share = [0.43, 0.42, 0.42, 0.42]
        rings = [finger.surface(s, TURN) for finger, s in zip(self.fingers, share)]
        weights = [[finger.weight(s, (1 - np.cos(a)) / 2) for a in TURN] for finger, s in zip(self.fingers, share)]
        top, low, top_w, low_w = [rings[0][1]], [rings[0][3]], [weights[0][1]], [weights[0][3]]
        between, between_w = [], []
        for k in range(4):
            top.append(rings[k][0]), low.append(rings[k][4])
            top_w.append(weights[k][0]), low_w.append(weights[k][4])
            if k < 3:
                near, far = rings[k], rings[k + 1]
                top.append((near[7] + far[1]) / 2 + [-0.55, -0.10, 0])
                low.append((near[5] + far[3]) / 2 + [0.02, 0.10, 0])
                between.append((near[6] + far[2]) / 2 + [-0.02, 0.02, 0])
                for table, angle in ((top_w, 7), (low_w, 5), (between_w, 6)):
                    table.append(_mix(weights[k][angle], weights[k + 1][8 - angle]))
        top.append(rings[3][7]), low.append(rings[3][5])
        top_w.append(weights[3][7]), low_w.append(weights[3][5])
        ring = [*top, rings[3][6], *low[::-1], rings[0][2]]
        return ring, [*top_w, weights[3][6], *low_w[::-1], weights[0][2]], between, between_w

    def palm_weights(self, points, r):
        """Hand, and the fingers' share near the knuckles."""
        result = []
        for k, point in enumerate(points):
            column = min(max((8 - (k - 10)) if 9 < k < 19 else k if k < 9 else (8 if k == 9 else 0), 0), 8)
            palm = 1.0 if 9 < k < 19 else 0.0 if k < 9 else 0.5
            s = (r - 1) * 7.8 / 4.0
            own = [self.fingers[f] for f in {min(max((column - 1) // 2, 0), 3), min(column // 2, 3)}]
            tables = [finger.weight(s, palm) for finger in own]
            result.append(_mix(tables[0], tables[-1]))
        return result

    # ------------------------------------------------------------------ the whole
    def skin(self):
        """The sheet of the skin."""
        sheet = Sheet()
        arm = LOWER_ARM * self.form.params.arm_length
        rings = []
        for x in ((WRIST_T - 2) * arm, -0.9):
            ring = self.wrist(x)
            hand = float(smoothstep(-1.4, 1.4, x))
            rings.append(sheet.add(ring / self.scale, [{"Hand_roll": 1 - hand, "Hand": hand}] * 20))
        for r in ROWS:
            ring = self.row(r)
            hand = smoothstep(-1.4, 1.4, ring[:, 0] * self.scale)
            tables = [
                {**w, "Hand": w.get("Hand", 0) - (1 - h), "Hand_roll": 1 - h} if h < 1 else w
                for w, h in zip(self.palm_weights(ring, r), hand)
            ]
            rings.append(sheet.add(ring, tables))
        ring, tables, between, between_tables = self.web()
        rings.append(sheet.add(ring, tables))
        webs = sheet.add(between, between_tables)
        a, b = (row + 2 for row in THUMB_ROWS)
        for i, (low, high) in enumerate(zip(rings, rings[1:])):
            for k in range(20):
                n = (k + 1) % 20
                if not (a <= i < b and k in (18, 19)):
                    sheet.faces.append((low[k], high[k], high[n], low[n]))
        self._thumb(sheet, rings, a, b)
        sides = [rings[-1][19], *webs, rings[-1][9]]
        last = rings[-1]
        for k, finger in enumerate(self.fingers):
            c = 2 * k
            loop = [last[c + 1], last[c], sides[k], last[18 - c], last[17 - c], last[16 - c], sides[k + 1], last[c + 2]]
            finger.grow(sheet, loop, FINGER_RINGS)
        return sheet

    def _thumb(self, sheet, rings, a, b):
        """The thumb out of its opening at the side of the palm."""
        m = a + 1
        top, low = [r[0] for r in rings], [r[18] for r in rings]
        loop = [top[a], rings[a][19], low[a], low[m], low[b], rings[b][19], top[b], top[m]]
        base = np.array([sheet.points[k] for k in loop])
        for k in loop:
            sheet.weights[k] = _mix(sheet.weights[k], _mix({"Hand": 1.0}, {"ThumbMetacarpal": 1.0}))
        tube = self.thumb.surface(0.42, TURN)
        ring = sheet.add(0.42 * base + 0.58 * tube, [_mix({"Hand": 0.4, "ThumbMetacarpal": 0.6}, self.thumb.weight(0.5))] * 8)
        sheet.join(loop, ring)
        self.thumb.grow(sheet, ring, THUMB_RINGS)

    def build(self):
        """((points, faces, weights) of the skin, the same of the nails), in cm from the wrist."""
        skin, nails = self.skin(), Sheet()
        for digit in (*self.fingers, self.thumb):
            digit.nail(nails, self.form.params.nail_length, self.strong)
        points, faces, weights = skin.table()
        points = relax(points, faces, self._soft(points, weights))
        nail_points, nail_faces, nail_weights = nails.table()
        return (points * self.scale, faces, weights), (nail_points * self.scale, nail_faces, nail_weights)

    @staticmethod
    def _soft(points, weights):
        """Where the sheet is smoothed: palm and root of the thumb, not the wrist's ring and the digits."""
        digits = sum(w for bone, w in weights.items() if bone.endswith(("Proximal", "Intermediate", "Distal")))
        return smoothstep(0.6, 0.0, digits) * smoothstep(-0.6, 1.2, points[:, 0])


def relax(points, faces, soft, rounds=6):
    """`points`, smoothed by Taubin's two steps where `soft` is 1."""
    edges = np.unique(np.sort(np.concatenate([faces[:, [k, (k + 1) % 4]] for k in range(4)]), axis=1), axis=0)
    edges = edges[edges[:, 0] != edges[:, 1]]
    count = np.bincount(edges.ravel(), minlength=len(points))[:, None]
    for _ in range(rounds):
        for step in (0.5, -0.52):
            total = np.zeros_like(points)
            np.add.at(total, edges[:, 0], points[edges[:, 1]])
            np.add.at(total, edges[:, 1], points[edges[:, 0]])
            points = points + step * soft[:, None] * (total / count - points)
    return points
