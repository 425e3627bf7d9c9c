"""The 52 ARKit blendshapes as displacement fields over the analytic head.

No sculpting: a shape is a formula in the frontal plane. `FaceFields.follow` slides
skin along the face, so that a lip which moves sideways also moves round the jaw.
"""

import numpy as np

from face.head import JAW_ROW, UNDER_JAW_ROW
from fields import bell, bump, smooth_max, smoothstep
from face.skin import PATCH_LEFT_EYE, PATCH_MOUTH, PATCH_RIGHT_EYE

# Order of Apple's ARFaceAnchor.BlendShapeLocation.
ARKIT_NAMES = """
eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft eyeWideLeft
eyeBlinkRight eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight eyeSquintRight
eyeWideRight jawForward jawLeft jawRight jawOpen mouthClose mouthFunnel mouthPucker mouthLeft
mouthRight mouthSmileLeft mouthSmileRight mouthFrownLeft mouthFrownRight mouthDimpleLeft
mouthDimpleRight mouthStretchLeft mouthStretchRight mouthRollLower mouthRollUpper mouthShrugLower
mouthShrugUpper mouthPressLeft mouthPressRight mouthLowerDownLeft mouthLowerDownRight
mouthUpperUpLeft mouthUpperUpRight browDownLeft browDownRight browInnerUp browOuterUpLeft
browOuterUpRight cheekPuff cheekSquintLeft cheekSquintRight noseSneerLeft noseSneerRight tongueOut
""".split()

JAW_HINGE = np.array([0, -1.6, -0.4])
JAW_ANGLE = np.radians(15)  # at jawOpen = 1
JAW_SIDE, JAW_FORWARD = 0.75, 0.65  # cm at weight 1
CLOSED_LIP_WEIGHT = 0.26  # where mouthClose lets the lips meet, as a share of the jaw motion


def jaw_rotation(points, amount=1.0):
    """Displacement of `points` when the jaw opens by `amount` of its full angle."""
    angle = JAW_ANGLE * amount
    y, z = points[:, 1] - JAW_HINGE[1], points[:, 2] - JAW_HINGE[2]
    turned = points.copy()
    turned[:, 1] = JAW_HINGE[1] + y * np.cos(angle) - z * np.sin(angle)
    turned[:, 2] = JAW_HINGE[2] + y * np.sin(angle) + z * np.cos(angle)
    return turned - points


class FaceFields:
    """Coordinates and masks of the skin vertices that the shapes are written in."""

    def __init__(self, model, mesh):
        self.f, self.head = model.f, model.head
        self.mesh = mesh
        self.points = mesh.positions
        self.x, self.y, self.z = self.points.T
        self.ax, self.side = np.abs(self.x), np.sign(self.x)
        self.zero = np.zeros_like(self.x)
        self.facing, self.row = np.cos(mesh.phi), mesh.row
        self.front = (self.facing > 0.08) & (self.row < 13.1) & (self.row > 1.3)
        self.front_mask = smoothstep(0, 0.3, self.facing)
        contact = self.contact = self.f.lip_contact(self.x)
        on_mouth = mesh.patch == PATCH_MOUTH
        self.upper = np.where(on_mouth, mesh.is_upper, self.y >= contact)
        self.mouth_mask = smoothstep(-0.05, 0.35, self.facing) * (
            1 - smoothstep(12.3, UNDER_JAW_ROW, self.row)
        )
        self.mask = self.mouth_mask * self.front_mask
        self.above, self.below = np.maximum(self.y - contact, 0), np.maximum(contact - self.y, 0)
        self.from_contact = np.where(self.upper, self.above, self.below)
        self.q = np.clip(self.ax / self.f.mouth_half_width, 0, 1)  # 0 middle .. 1 corner
        self.lip_height = np.where(self.upper, self.f.upper_lip_height(self.x), self.f.lower_lip_height(self.x))
        beyond = np.maximum(self.from_contact - self.lip_height, 0)
        self.from_lips = np.hypot(beyond, np.maximum(self.ax - self.f.mouth_half_width, 0))
        self.lips = np.exp(-((self.from_lips / 0.75) ** 2)) * self.front_mask * self.mouth_mask
        self.lip_height = np.maximum(self.lip_height, 0.03)
        self.lip_ring = np.where(on_mouth & (mesh.ring >= 1), mesh.ring - 1, 0)
        self.left = smoothstep(-0.7, 0.7, self.x)
        # Where the border of a lip bulges so that a narrow open mouth is round and not pointed.
        edge = np.clip(self.from_contact / self.lip_height, 0, 1) * np.exp(-((self.from_lips / 0.8) ** 2))
        self.round_out = np.where(self.upper, 0.45, -1.0) * bell(self.q, 0.60, 0.38) * edge * self.mask
        self._jaw_weight()

    def _jaw_weight(self):
        """0 above and 1 below the contact line in the middle, one half at the corners."""
        corner = self.q**3.4
        upper = 0.5 * corner * np.exp(-self.above / 1.7)
        lower = 1 - 0.5 * corner * np.exp(-self.below / 1.5)
        fade = (1 - smoothstep(JAW_ROW, 15.2, self.row)) * smoothstep(-0.35, 0.25, self.facing)
        self.jaw = np.where(self.upper, upper, lower) * fade
        self.jaw_at_contact = np.where(self.upper, 0.5 * corner, 1 - 0.5 * corner)

    def follow(self, dx, dy, dz=0.0):
        """Displacement that slides skin by (dx, dy) over the broad forms, plus dz."""
        moving = (np.abs(dx) + np.abs(dy) > 1e-4) & self.front
        z = np.zeros_like(self.x)
        if moving.any():
            x0, y0 = self.x[moving], self.y[moving]
            x1, y1 = x0 + dx[moving], y0 + dy[moving]
            rise = self._surface(x1, y1) - self._surface(x0, y0)
            # Near the silhouette the frontal map is steep: clamp and fade.
            fade = smoothstep(0.12, 0.45, self.facing[moving])
            fade = fade * (1 - smoothstep(12.0, 12.9, self.row[moving]))
            z[moving] = np.clip(np.nan_to_num(rise), -0.6, 0.6) * fade
        return np.stack(np.broadcast_arrays(dx, dy, z + dz), -1).astype(float)

    def _surface(self, x, y):
        return self.head.front_of(x, y)[0] + self.f.broad_relief(x, y)

    def move(self, dx, dy, dz):
        """Plain displacement."""
        return np.stack(np.broadcast_arrays(dx + self.zero, dy + self.zero, dz + self.zero), -1)

    def lids(self, side, upper_share, lower_share):
        """Upper margin down and lower margin up by shares of the opening.

        Vertices stay on the sphere of the lids. Morphs are linear and the ball is
        round, so a closing lid also gets a push outwards, or its chord would cut
        the ball half way.
        """
        ax, patch = self.ax, PATCH_LEFT_EYE if side > 0 else PATCH_RIGHT_EYE
        upper_y = self.f.eye_line(ax) + self.f.upper_lid_height(ax)
        lower_y = self.f.eye_line(ax) - self.f.lower_lid_height(ax)
        near = (self.side == side) & (np.abs(ax - self.f.eye_middle[0]) < 3.0)
        near &= (np.abs(self.y) < 2.9) & self.front
        on_patch = self.mesh.patch == patch
        upper = np.where(on_patch, self.mesh.is_upper, self.y > 0)
        outside = np.maximum(np.maximum(self.f.eye_inner_x - ax, ax - self.f.eye_outer_x), 0)
        fade = np.exp(-((outside / 0.45) ** 2)) * near * (upper_y - lower_y)
        down = (1 - smoothstep(0.05, 1.75, np.maximum(self.y - upper_y, 0))) * fade
        up = (1 - smoothstep(0.05, 1.2, np.maximum(lower_y - self.y, 0))) * fade
        dy = np.where(upper, -upper_share * down, lower_share * up)
        moved = np.abs(dy) > 1e-5
        x, y0 = self.x[moved], self.y[moved]
        y1 = y0 + dy[moved]

        def skin_z(y):
            bare = self.head.front_of(x, y)[0]
            return smooth_max(bare + self.f.relief(x, y), self.f.eye_sphere_z(x, y), 0.35)

        margin = np.where(on_patch[moved], smoothstep(0.72, 1.0, self.mesh.ring[moved]), 0)
        dz = (1 - margin) * (skin_z(y1) - skin_z(y0))
        dz += margin * (self.f.eye_sphere_z(x, y1) - self.f.eye_sphere_z(x, y0))
        displacement = np.zeros_like(self.points)
        displacement[:, 1] = dy
        push = 0.15 * np.clip(-dy[moved] / 1.3, 0, 1)
        displacement[moved, 2] = np.nan_to_num(dz) + push
        return displacement


def skin_morphs(face):
    """Displacements (n, 3) of the skin in cm by ARKit name; `face` are the fields of its skin."""
    shapes = {}
    _jaw(face, shapes)
    _mouth_corners(face, shapes)
    _lips(face, shapes)
    _cheeks_and_nose(face, shapes)
    _brows(face, shapes)
    _eyes(face, shapes)
    shapes["tongueOut"] = np.zeros_like(face.points)
    return {name: shapes[name] for name in ARKIT_NAMES}


def both(face, shapes, name, displacement):
    """Store a symmetric field as its left and right half."""
    shapes[name + "Left"] = displacement * face.left[:, None]
    shapes[name + "Right"] = displacement * (1 - face.left)[:, None]


def _jaw(face, shapes):
    ax, y, mask = face.ax, face.y, face.mask
    rotation = jaw_rotation(face.points)
    opened = rotation * face.jaw[:, None]
    # The cheeks hollow a little, and the corners are drawn in as the lips stretch.
    opened[:, 0] -= (
        face.side * mask * (0.18 * bump(ax, y, 4.3, -5.2, 1.3, 1.6) + 0.22 * bump(ax, y, 2.3, -6.0, 1.1, 1.2))
    )
    # The lower lip's ends follow, so that the open mouth is round below; mouthClose takes that back.
    ends = face.f.mouth.corner_rise * face.q**2.2 * np.exp(-((face.from_lips / 0.8) ** 2)) * mask
    ends = 0.75 * ends * np.where(face.upper, face.q**8, 1.0)
    opened[:, 1] += 0.12 * face.round_out - ends
    shapes["jawOpen"] = opened
    # mouthClose brings both lips to one line at any jaw angle: use weight = jawOpen.
    size = np.where(face.upper, 1.1, 1.0)
    falloff = np.exp(-((np.maximum(face.from_contact - face.lip_height, 0) / size) ** 1.5))
    falloff = falloff * np.exp(-((np.maximum(ax - face.f.mouth_half_width, 0) / 0.9) ** 2))
    closed = rotation * ((CLOSED_LIP_WEIGHT - face.jaw_at_contact) * falloff * mask)[:, None]
    closed[:, 1] += ends - 0.12 * face.round_out
    closed[:, 2] += 0.10 * face.lips
    shapes["mouthClose"] = closed
    shapes["jawLeft"] = face.move(JAW_SIDE * face.jaw, 0, 0)
    shapes["jawRight"] = -shapes["jawLeft"]
    shapes["jawForward"] = face.move(0, 0, JAW_FORWARD * face.jaw)


def _mouth_corners(face, shapes):
    ax, y, side, mask, lips = face.ax, face.y, face.side, face.mask, face.lips
    # Smile: a parabola inside the mouth gives a U; a bell at the corner would give a V.
    lift = np.where(ax < 2.4, (ax / 2.4) ** 2, bell(ax, 2.4, 1.05))
    spread = np.where(ax < 2.4, (ax / 2.4) ** 1.1, bell(ax, 2.4, 1.3))
    height = bell(y, face.f.mouth_y + 0.05, 1.3) * mask
    dx = side * (0.78 * spread * height + 0.12 * bump(ax, y, 3.9, -4.2, 1.3, 1.3) * mask)
    # The lips are drawn thin between the corners.
    thin = np.where(face.upper, -0.13, 0.17) * face.from_contact * lips
    dy = 0.60 * lift * height + 0.40 * bump(ax, y, 3.9, -3.1, 1.6, 1.3) * mask + thin + 0.05 * lips * (1 - face.q)
    cheek = 0.36 * bump(ax, y, 3.9, -2.7, 1.4, 1.1) - 0.26 * bump(ax, y, 3.0, -5.0, 0.45, 1.0)
    both(face, shapes, "mouthSmile", face.follow(dx, dy, cheek * mask - 0.14 * lips))

    def corner(dx, dy, size_x, size_y):
        g = bump(ax, y, 2.2, -5.85, size_x, size_y) * mask
        return side * dx * g, dy * g

    dx, dy = corner(0.15, -0.60, 1.1, 1.0)
    both(face, shapes, "mouthFrown", face.follow(dx, dy + 0.06 * lips * (1 - face.q)))
    dx, dy = corner(0.70, -0.10, 1.7, 1.3)
    both(face, shapes, "mouthStretch", face.follow(dx, dy, -0.10 * lips))
    dx, dy = corner(0.30, 0.08, 0.9, 0.8)
    dent = -0.30 * bump(ax, y, 2.5, -5.85, 0.55, 0.6) * mask
    both(face, shapes, "mouthDimple", face.follow(dx, dy, dent))
    around = np.exp(-((face.from_lips / 1.5) ** 2)) * mask
    shapes["mouthLeft"] = face.follow(0.75 * around, face.zero)
    shapes["mouthRight"] = face.follow(-0.75 * around, face.zero)


def _plateau(face, upper, size):
    """Flat across the middle of one lip, fading to the corners and away from the lip."""
    beyond = np.maximum(face.from_contact - face.lip_height, 0)
    this = face.upper if upper else ~face.upper
    across = np.exp(-((np.maximum(face.ax - 0.7, 0) / 1.25) ** 2)) * (1 - face.q**4)
    return this * np.exp(-((beyond / size) ** 2)) * across * face.mask


def _lips(face, shapes):
    x, y, ax, mask, q, lips = face.x, face.y, face.ax, face.mask, face.q, face.lips
    upper, zero = face.upper, face.zero
    raised, lowered = _plateau(face, True, 0.9), _plateau(face, False, 1.0)
    both(face, shapes, "mouthUpperUp", face.follow(zero, 0.62 * raised, 0.05 * raised))
    both(face, shapes, "mouthLowerDown", face.follow(zero, -0.72 * lowered, -0.05 * lowered))

    around = np.exp(-((np.maximum(ax - 0.9 * face.f.mouth_half_width, 0)) ** 2))
    around = around * np.exp(-((face.from_lips / 1.25) ** 2)) * mask
    thicker = np.where(upper, 0.22 * face.from_contact, 0.20 * face.from_contact * (1 - q))
    # The corners come down, or the narrow mouth would turn into a V.
    level = -0.80 * (face.f.lip_contact(x) - face.f.mouth_y) * around
    dy = thicker * lips + 0.04 * around * (1 - q) + level + 0.09 * face.round_out
    forward = 0.62 * (1 - 0.25 * q) * around
    shapes["mouthPucker"] = face.follow(-0.40 * x * around, dy) + face.move(0, 0, forward)
    ellipse = np.sqrt(np.clip(1 - q**2, 0, 1)) * np.exp(-((face.from_lips / 0.9) ** 2)) * mask
    dy = np.where(upper, 0.34, -0.42) * ellipse + 0.5 * level + 0.13 * face.round_out
    forward = 0.50 * (1 - 0.2 * q) * around
    shapes["mouthFunnel"] = face.follow(-0.36 * x * around, dy) + face.move(0, 0, forward)

    # Rolls: the border travels to the contact line and inwards.
    middle = 1 - q**4
    # At the contact line itself less, or one lip alone would leave a step there.
    inwards = np.clip(face.lip_ring * 1.4, 0.15, 1) * (1 - 0.75 * smoothstep(0.7, 1.0, face.lip_ring))
    roll = upper * np.exp(-((face.from_lips / 0.45) ** 2)) * mask * middle
    shapes["mouthRollUpper"] = face.move(
        0, -0.62 * face.above * roll, -(0.38 * inwards + 0.08) * roll
    )
    roll = ~upper * np.exp(-((face.from_lips / 0.5) ** 2)) * mask * middle
    shapes["mouthRollLower"] = face.move(
        0, 0.55 * face.below * roll, -(0.38 * inwards + 0.08) * roll
    )
    press = np.where(upper, -0.22, 0.22) * face.from_contact * lips
    pressed = face.move(face.side * 0.08 * lips * q, press, -0.16 * lips * middle)
    both(face, shapes, "mouthPress", pressed)

    pushed = np.where(~upper, np.exp(-((face.below - 0.8) ** 2) / 2.2), 0.55 * lips)
    dy = 0.34 * pushed * bell(ax, 0, 2.2) * mask
    shapes["mouthShrugLower"] = face.follow(zero, dy, 0.16 * bump(x, y, 0, -6.6, 1.6, 0.9) * mask)
    shrug = lips * bell(ax, 0, 1.6)
    shapes["mouthShrugUpper"] = face.follow(zero, 0.26 * shrug, 0.10 * shrug)


def _cheeks_and_nose(face, shapes):
    x, y, ax, mask, zero = face.x, face.y, face.ax, face.mask, face.zero
    shapes["cheekPuff"] = face.move(
        face.side * 0.55 * bump(ax, y, 4.6, -5.0, 1.8, 1.7) * mask,
        0,
        (0.60 * bump(ax, y, 3.9, -5.0, 1.6, 1.6) + 0.20 * bump(x, y, 0, -4.9, 2.2, 0.7)) * mask
        + 0.1 * face.lips,
    )
    rise = 0.40 * bump(ax, y, 3.7, -2.3, 1.7, 0.95) * mask
    both(
        face, shapes, "cheekSquint", face.follow(zero, rise, 0.22 * bump(ax, y, 3.9, -2.0, 1.4, 0.7) * mask)
    )
    sneer = face.follow(
        zero,
        0.38 * bump(ax, y, 1.0, -3.3, 0.7, 0.9) * mask,
        0.05 * bump(ax, y, 1.2, -3.2, 0.5, 0.6) * mask,
    )
    sneer[:, 1] += 0.22 * _plateau(face, True, 0.9)
    both(face, shapes, "noseSneer", sneer)


def _brows(face, shapes):
    y, ax, zero = face.y, face.ax, face.zero
    above_lid = face.front_mask * (y > 0.7)
    lowered = bump(ax, y, 2.2, 2.3, 2.4, 1.25) * smoothstep(0.75, 1.8, y) * face.front_mask
    both(
        face,
        shapes,
        "browDown",
        face.follow(
            -face.side * 0.20 * bump(ax, y, 1.3, 2.3, 1.2, 1.0) * above_lid,
            -0.62 * lowered,
            0.14 * bump(ax, y, 1.6, 2.0, 1.2, 0.7) * above_lid,
        ),
    )
    inner = 0.95 * bump(ax, y, 1.0, 2.6, 1.75, 1.5) * smoothstep(0.75, 1.9, y) * face.front_mask
    shapes["browInnerUp"] = face.follow(zero, inner, 0.10 * bump(ax, y, 1.2, 3.4, 1.6, 0.5) * above_lid)
    outer = 0.62 * bump(ax, y, 4.6, 2.7, 1.9, 1.3) * smoothstep(0.9, 2.0, y) * face.front_mask
    both(face, shapes, "browOuterUp", face.follow(zero, outer))


def _eyes(face, shapes):
    for side, name in ((1, "Left"), (-1, "Right")):
        shapes["eyeBlink" + name] = face.lids(side, 0.885, 0.13)
        bag = face.follow(
            face.zero,
            0.16 * bump(face.x, face.y, side * 3.4, -1.9, 1.5, 0.7) * face.mask,
            0.12 * bump(face.x, face.y, side * 3.4, -1.6, 1.3, 0.5) * face.mask,
        )
        shapes["eyeSquint" + name] = face.lids(side, 0.18, 0.22) + bag
        shapes["eyeWide" + name] = face.lids(side, -0.16, -0.04)
        # Gaze itself is turned by the eye bones; these move the lids with it.
        shapes["eyeLookUp" + name] = face.lids(side, -0.06, 0.05)
        shapes["eyeLookDown" + name] = face.lids(side, 0.17, -0.08)
        for direction in ("In", "Out"):
            shapes["eyeLook" + direction + name] = np.zeros_like(face.points)
