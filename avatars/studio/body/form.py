"""The bare body as smooth forms: what clothes are cut over and skin is drawn on.

Everything is in the pose the host has on air: arms hanging, in cm, the eye line at y = 0.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import Akima1DInterpolator, PchipInterpolator

from body.distance import ARM_T, SIDES, Distance
from body.skeleton import Skeleton
from fields import bump, normalise, smoothstep
from params import Colour, colour


@dataclass
class BodyParams:
    """The figure. Lengths in cm, shares of the base figure where a default is 1."""

    eye_height: float = 149.0  # of the eye line above the floor, without shoes
    shoulder: float = 1.0  # breadth of the shoulders
    chest: float = 1.0  # breadth and depth of the rib cage
    bust: float = 1.0  # 0: flat
    waist: float = 1.0
    hips: float = 1.0
    neck: float = 1.0
    arm_length: float = 1.0
    arm_girth: float = 1.0
    hand: float = 1.0
    hand_build: float = 0.0  # 0 slender fingers .. 1 strong ones
    leg_girth: float = 1.0
    nails: Colour = colour("#e8b4ae")
    nail_length: float = 0.12  # of the free edge


# front y, z | side x, y, z | back y, z | exponent of the front and of the back half
TORSO = np.array(
    [
        [-13.4, 2.0, 4.3, -13.0, -2.1, -11.6, -6.0, 2, 2],
        [-15.2, 3.3, 7.2, -14.4, -2.4, -13.4, -7.0, 2, 2],
        [-17.2, 4.6, 11.2, -16.0, -2.7, -15.6, -7.8, 2.1, 2.1],
        [-19.7, 5.8, 13.6, -18.2, -2.9, -18.4, -8.4, 2.2, 2.3],
        [-22.7, 6.8, 13.3, -21.4, -2.9, -22.2, -8.7, 2.3, 2.4],
        [-26.2, 7.5, 12.1, -25.4, -2.7, -26.0, -8.5, 2.3, 2.4],
        [-31.0, 7.6, 11.2, -30.6, -2.5, -31.0, -7.8, 2.3, 2.4],
        [-37.0, 6.9, 10.3, -36.8, -2.2, -37.0, -6.9, 2.3, 2.4],
        [-45.0, 6.6, 9.9, -45.0, -1.9, -45.0, -6.6, 2.3, 2.4],
        [-54.0, 7.5, 12.6, -54.0, -1.7, -54.0, -8.6, 2.3, 2.4],
        [-62.0, 7.9, 14.5, -62.0, -1.5, -62.0, -10.3, 2.3, 2.3],
        [-70.0, 7.0, 14.7, -70.0, -1.2, -70.0, -9.6, 2.3, 2.2],
    ]
)
LAST_ROW = len(TORSO) - 1
# Along a leg (0 hip joint, 1 knee, 2 ankle): from its axis to the outside, the inside, the front and the back.
LEG = np.array(
    [
        [0.0, 7.9, 7.6, 7.9, 8.6],
        [0.25, 7.5, 7.2, 7.9, 7.9],
        [0.6, 5.8, 5.6, 6.5, 6.1],
        [0.88, 4.45, 4.6, 5.1, 4.6],
        [1.0, 4.15, 4.5, 5.0, 4.3],
        [1.12, 3.95, 4.15, 4.2, 4.5],
        [1.32, 4.4, 4.3, 3.75, 5.7],
        [1.55, 3.6, 3.35, 3.2, 4.6],
        [1.8, 2.5, 2.4, 2.6, 3.0],
        [2.0, 2.35, 2.5, 2.6, 2.85],
        [2.15, 2.5, 2.6, 3.1, 3.0],
    ]
)
# Half breadth and half depth along an arm (0 shoulder joint, 1 elbow, 2 wrist); its top is round, as a shoulder is.
ARM_GIRTH = PchipInterpolator(
    [-0.15, 0, 0.12, 0.25, 0.5, 0.9, 1.0, 1.25, 1.7, 2.0],
    [
        [1.6, 2.6], [2.5, 3.4], [3.0, 3.65], [3.15, 3.6], [3.0, 3.2],
        [2.5, 2.6], [2.4, 2.55], [2.55, 2.75], [1.95, 2.1], [1.6, 1.95],
    ],
)
# Along a hanging arm (0 shoulder joint .. 2 wrist): where it parts from the torso, against its axis (inwards is negative),
# and half the width of the passage; shares of its half breadth.
ARM_BORDER = PchipInterpolator(
    [0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.55, 0.7, 1.0, 2.0],
    [
        [-0.16, 1.22], [-0.34, 0.98], [-0.48, 0.79], [-0.54, 0.64], [-0.66, 0.50],
        [-0.98, 0.36], [-1.30, 0.18], [-1.42, 0.18], [-1.70, 0.18], [-2.10, 0.18],
    ],
)


# Along the upper arm (0 shoulder joint, 1 elbow): where it begins and ends to follow its bone alone; along the lower arm: where
# the twist begins and ends; half the length (cm) of the bend of an elbow.
DELTOID, TWIST, ELBOW = (-0.25, 0.35), (0.06, 0.84), 4.0


def loft_point(table, phi, row):
    """Point of a lofted surface; phi 0 is the front, +pi/2 the character's left."""
    y_front, z_front, x_side, y_side, z_side, y_back, z_back, n_front, n_back = np.moveaxis(table(row), -1, 0)
    cos, sin = np.cos(phi), np.sin(phi)
    exponent = 2 / np.where(cos > 0, n_front, n_back)
    x = x_side * np.sign(sin) * np.abs(sin) ** exponent
    depth = np.abs(cos) ** exponent
    z = z_side + (np.where(cos > 0, z_front, z_back) - z_side) * depth
    y = np.where(cos > 0, y_front + (y_side - y_front) * sin**2, y_side + (y_back - y_side) * cos**2)
    return np.stack([x, y, z], -1)


class Form:
    """The figure of one host."""

    def __init__(self, params):
        self.params = params
        self.skeleton = Skeleton(params)
        stations = TORSO.copy()
        rows = np.arange(len(stations))

        def at(knots, values):
            return PchipInterpolator(knots, values)(rows)

        p = params
        breadth = at([0, 1, 3, 5, 7, 8, 9, 10, 11],
                     [p.neck, (p.neck + p.shoulder) / 2, p.shoulder, p.chest, (p.chest + p.waist) / 2, p.waist,
                      (p.waist + p.hips) / 2, p.hips, p.hips])
        depth = at([0, 1, 3, 5, 7, 8, 9, 10, 11],
                   [p.neck, (p.neck + p.chest) / 2, p.chest, p.chest, (p.chest + p.waist) / 2, p.waist,
                    (p.waist + p.hips) / 2, p.hips, p.hips])
        stations[:, 2] *= breadth
        for column in (1, 6):
            stations[:, column] = -2.0 + (stations[:, column] + 2.0) * depth
        self._table = Akima1DInterpolator(rows, stations, axis=0)
        self._legs = PchipInterpolator(LEG[:, 0], LEG[:, 1:], axis=0)

    def _bare(self, phi, row):
        point = loft_point(self._table, phi, np.clip(row, 0, LAST_ROW))
        ax, y = np.abs(point[..., 0]), point[..., 1]
        front = smoothstep(0.0, 0.5, np.cos(phi))
        point[..., 2] += self.params.bust * front * (
            2.3 * bump(ax, y, 6.1, -29.0, 4.3, 4.6) + 0.8 * bump(ax, y, 5.5, -24.0, 5.0, 4.5)
        )
        return point

    def torso(self, phi, row, offset=0.0):
        """Point `offset` cm outside the torso at the angle `phi` (0 front, +pi/2 the host's left) and the station `row`."""
        phi, row, offset = np.broadcast_arrays(np.asarray(phi, float), np.asarray(row, float), offset)
        point, step = self._bare(phi, row), 1e-3
        normal = normalise(
            np.cross(self._bare(phi, row + step) - point, self._bare(phi + step, row) - point)
        )
        return point + normal * offset[..., None]

    def stations(self, rows):
        """The table of the loft at these stations: front y, z; side x, y, z; back y, z; exponents."""
        return self._table(np.asarray(rows, float))

    def row_at(self, y):
        """The station whose side point is at the height `y`."""
        rows = np.linspace(0, LAST_ROW, 2000)
        return np.interp(-np.asarray(y, float), -self._table(rows)[:, 3], rows)

    # ------------------------------------------------------------------ arms
    def arm_axis(self, side, t):
        """Point, tangent, front and outer direction on the axis of an arm; side +1 left, t 0 shoulder joint, 1 elbow, 2 wrist.

        The elbow is rounded. `front` points forward, `outer` away from the body.
        """
        name = "left" if side > 0 else "right"
        joints = np.array([self.skeleton.at(name + bone) for bone in ("UpperArm", "LowerArm", "Hand")])
        t = np.asarray(t, float)
        ease = 0.18

        def along(t):
            straight = np.where(
                (t < 1)[..., None],
                joints[0] + (joints[1] - joints[0]) * t[..., None],
                joints[1] + (joints[2] - joints[1]) * (t - 1)[..., None],
            )
            near = np.clip(1 - np.abs(t - 1) / ease, 0, 1)
            inner = (joints[0] - joints[1]) + (joints[2] - joints[1])
            return straight + inner * (0.25 * ease * near**2)[..., None]

        point, step = along(t), 1e-3
        tangent = normalise(along(t + step) - along(t - step))
        front = normalise(np.array([0, 0, 1.0]) - tangent * tangent[..., 2:])
        outer = np.cross(front, tangent) * side
        return point, tangent, front, outer

    def arm_radius(self, t):
        """Half breadth and half depth of the bare arm at t 0 (shoulder joint) .. 1 (elbow) .. 2 (wrist), cm."""
        girth = self.params.arm_girth
        breadth, depth = np.moveaxis(ARM_GIRTH(t), -1, 0)
        return breadth * girth, depth * girth

    def arm(self, side, t, angle, offset=0.0):
        """Point `offset` cm outside an arm; angle 0 faces away from the body, +pi/2 the front."""
        t, angle, offset = np.broadcast_arrays(np.asarray(t, float), np.asarray(angle, float), offset)
        point, _, front, outer = self.arm_axis(side, t)
        breadth, depth = self.arm_radius(t)
        cos, sin = np.cos(angle), np.sin(angle)
        return point + outer * ((breadth + offset) * cos)[..., None] + front * ((depth + offset) * sin)[..., None]

    # ------------------------------------------------------------------ legs
    def leg(self, side, t, angle, offset=0.0):
        """Point `offset` cm outside a leg; t 0 hip joint, 1 knee, 2 ankle (up to 2.15, in the shoe); angle 0 outside, +pi/2 the front."""
        t, angle, offset = np.broadcast_arrays(np.asarray(t, float), np.asarray(angle, float), offset)
        name = "left" if side > 0 else "right"
        joints = np.array([self.skeleton.places[name + bone] for bone in ("UpperLeg", "LowerLeg", "Foot")])
        joints = np.r_[joints, 2 * joints[2:] - joints[1:2]]  # on into the foot
        axis = np.stack([np.interp(t, [0, 1, 2, 3], joints[:, k]) for k in range(3)], -1)
        outer, inner, front, back = (self._legs(t)[..., k] * self.params.leg_girth + offset for k in range(4))
        cos, sin = np.cos(angle), np.sin(angle)
        return axis + np.stack([side * np.where(cos > 0, outer, inner) * cos, 0 * t, np.where(sin > 0, front, back) * sin], -1)

    # ------------------------------------------------------------------ distance
    @cached_property
    def distance(self):
        """Signed distance of the bare figure on air: torso, arms and legs, without head and hands."""
        return Distance(self)

    def push_out(self, points, margin):
        """`points`, moved out of the figure until each is `margin` cm (a number, or one per point) away from it."""
        return self.distance.push_out(points, margin)

    # ------------------------------------------------------------------ weights
    def _arm_share(self, side, points, sleeve):
        """How much of each point follows the upper arm: what lies outside of a surface from the shoulder through the armpit.

        Below the armpit it runs between the hanging arm and the side of the torso.
        """
        distance, ring = self.distance.arms[SIDES.index(side)](points)
        t = ARM_T[0] + ring * (ARM_T[1] - ARM_T[0])
        axis, tangent, _, outer = self.arm_axis(side, t)
        breadth, _ = self.arm_radius(t)
        away = points - axis
        across = (away * outer).sum(-1) / breadth
        # Over the joint the surface leans outwards, so that the top of the shoulder stays with the torso.
        over = np.minimum(((points - self.arm_axis(side, np.zeros(1))[0]) * tangent).sum(-1), 0) / breadth
        middle, half = ARM_BORDER(np.maximum(t, 0)).T
        if sleeve:
            middle = middle - 0.75 * smoothstep(0.25, 0.36, t)
        near = smoothstep(4.5, 2.5, distance) * (points[:, 0] * side > 0)
        return smoothstep(-1, 1, (across + 0.55 * over - middle) / half) * near

    def weights(self, points, sleeve=False):
        """Bones and weights of skin or cloth at `points` (on air): torso, shoulders, arms, thighs.

        Under the arm the cloth of the side and that of the `sleeve` share their place; below the armhole a sleeve follows the arm.
        """
        x, y = points[:, 0], points[:, 1]
        arms = {}
        for name, side in (("left", 1), ("right", -1)):
            joints = [self.skeleton.at(name + bone) for bone in ("UpperArm", "LowerArm", "Hand")]
            upper, lower = normalise(joints[1] - joints[0]), normalise(joints[2] - joints[1])
            arm = self._arm_share(side, points, sleeve)
            shoulder = smoothstep(2.0, 9.5, x * side / self.params.shoulder) * smoothstep(-24.5, -19.5, y) * (1 - arm)
            arms[name + "Shoulder"] = 0.8 * shoulder
            # Between the torso and the arm lies what goes half the way; so it does round the elbow.
            along = (points - joints[0]) @ upper / np.linalg.norm(joints[1] - joints[0])
            free = arm * smoothstep(*DELTOID, along)
            bent = smoothstep(-ELBOW, ELBOW, (points - joints[1]) @ normalise(upper + lower))
            arms[name + "UpperArm_half"] = arm * (1 - free)
            arms[name + "UpperArm"] = arm * free * (1 - bent) ** 2
            arms[name + "LowerArm_half"] = arm * free * 2 * bent * (1 - bent)
            fore = arm * free * bent**2
            hand = smoothstep(-1.4, 1.4, (points - joints[2]) @ lower)
            twist = (points - joints[1]) @ lower / np.linalg.norm(joints[2] - joints[1])
            twist = np.clip((twist - TWIST[0]) / (TWIST[1] - TWIST[0]), 0, 1)
            arms[name + "LowerArm_swing"] = fore * np.maximum(1 - 2 * twist, 0)
            arms[name + "Hand_half"] = fore * (1 - np.abs(2 * twist - 1))
            arms[name + "Hand_roll"] = fore * np.maximum(2 * twist - 1, 0) * (1 - hand)
            arms[name + "Hand"] = fore * np.maximum(2 * twist - 1, 0) * hand
        rest = 1 - sum(arms.values())
        neck = smoothstep(-17.5, -13.0, y)
        upper_chest = smoothstep(-33, -25, y) - neck
        chest = smoothstep(-44, -35, y) - upper_chest - neck
        spine = smoothstep(-54, -46, y) - chest - upper_chest - neck
        hips = 1 - spine - chest - upper_chest - neck
        leg = smoothstep(-64, -74, y)
        left = smoothstep(-1.5, 1.5, x)
        floor = -self.params.eye_height
        knee = self.skeleton.places["leftLowerLeg"][1]
        lower = smoothstep(knee + 4, knee - 4, y)
        foot = smoothstep(floor + 11, floor + 7, y)
        weights = [("neck", rest * neck), ("upperChest", rest * upper_chest), ("chest", rest * chest), ("spine", rest * spine)]
        weights.append(("hips", rest * hips * (1 - leg)))
        for name, share in (("left", left), ("right", 1 - left)):
            whole = rest * hips * leg * share
            weights += [(name + "UpperLeg", whole * (1 - lower)), (name + "LowerLeg", whole * lower * (1 - foot)), (name + "Foot", whole * foot)]
        return weights + list(arms.items())
