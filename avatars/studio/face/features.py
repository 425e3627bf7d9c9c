"""Features of the face as functions of the frontal plane (x, y).

Everything here is shared by the mesh, the blendshapes and the painter, so that a lip painted on the texture lies exactly on
the lip of the mesh. Lengths in cm; shares where a default is 1.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import PchipInterpolator

from fields import bell, bump, smoothstep


@dataclass
class MouthParams:
    """Place and form of the lips."""

    y: float = -6.0
    half_width: float = 2.12
    corner_rise: float = 0.40  # the corners sit higher than the middle: a slight smile at rest
    upper: float = 0.60  # height of the upper lip
    lower: float = 0.84
    bow: float = 1.0  # depth of Cupid's bow
    fullness: float = 1.0  # how far the lips stand out


@dataclass
class EyeParams:
    """Place and form of the eyes."""

    x: float = 3.28  # of the middle of the eyeball
    y: float = 0.05
    z: float = 6.62
    radius: float = 1.86
    inner: float = 1.40  # |x| of the inner corner
    outer: float = 5.18
    tilt: float = 0.52  # how much higher the outer corner is
    upper: float = 1.00  # opening above the line of the corners
    lower: float = 0.76
    peak: float = 0.92  # below 1: the arch of the upper lid is highest near the nose
    squareness: float = 0.62  # below 1: a broad arch, 1: a sine
    crease: float = 0.30  # of the double lid above the margin; 0: none
    crease_depth: float = 0.12
    bag: float = 0.10  # the small fold under the lower lid
    socket: float = 0.52  # depth of the socket
    iris: float = 0.615  # share of the ball's radius
    lashes: float = 1.0  # length
    lash_line: float = 1.0  # thickness of the dark line along the lid
    turn: float = 0.0  # degrees that the ball looks outwards; drawn eyes lie on a large ball with its centre far behind
    lid: float = 0.13  # thickness of the lids


@dataclass
class NoseParams:
    """Form of the nose."""

    length: float = 1.0  # of the way from the brow line down
    width: float = 0.92
    height: float = 1.0  # how far it stands out
    bridge: float = 1.0  # height of the bridge between the eyes
    wing: float = 1.0
    nostril: float = 0.24


@dataclass
class BrowParams:
    """Form of the eyebrows."""

    inner: float = 1.30  # |x| of the inner end
    outer: float = 5.75
    y: float = 2.42
    arch: float = 0.42
    drop: float = 0.26  # of the outer end
    thickness: float = 0.40
    strength: float = 0.86  # cover


@dataclass
class ShapeParams:
    """Form of the head against the base form; 1 changes nothing."""

    width: float = 1.0
    cheek: float = 1.0  # breadth at the cheekbones
    jaw: float = 1.0  # breadth at the corner of the jaw
    chin: float = 1.0  # breadth of the chin
    chin_length: float = 0.0  # cm longer
    chin_forward: float = 0.0  # cm
    depth: float = 1.0  # of the whole head
    forehead: float = 0.0  # cm that the forehead bulges
    ridge: float = 1.0  # of the brows
    apple: float = 1.0  # of the cheeks
    neck: float = 1.0  # girth of the neck
    adam: float = 0.0  # cm that the Adam's apple stands out
    flat: float = 0.0  # 0 .. 1: how far relief is flattened, as in drawn figures
    front: float = 0.0  # added to the exponent of the front between brows and mouth: flatter, with sharper cheeks


@dataclass
class FaceParams:
    """The face of one host."""

    shape: ShapeParams = field(default_factory=ShapeParams)
    eyes: EyeParams = field(default_factory=EyeParams)
    nose: NoseParams = field(default_factory=NoseParams)
    mouth: MouthParams = field(default_factory=MouthParams)
    brows: BrowParams = field(default_factory=BrowParams)
    ears: float = 0.88  # their size; 0: none


class Features:
    """The features of one face."""

    def __init__(self, params):
        self.params = params
        self.mouth, self.eyes, self.brows = params.mouth, params.eyes, params.brows
        self.mouth_y, self.mouth_half_width = params.mouth.y, params.mouth.half_width
        self.eye_middle = np.array([params.eyes.x, params.eyes.y])  # left; the right one is mirrored
        self.eye_radius = params.eyes.radius
        aside = self.eye_radius * np.sin(np.radians(params.eyes.turn))
        self.eye_centre = np.array([params.eyes.x - aside, params.eyes.y, params.eyes.z])
        self.eye_inner_x, self.eye_outer_x = params.eyes.inner, params.eyes.outer
        n = params.nose
        self.nose_top, self.nose_base = 1.5, 1.5 - 6.05 * n.length
        places = 1.5 - 6.05 * n.length * np.array([1, 0.935, 0.895, 0.85, 0.80, 0.75, 0.69, 0.60, 0.46, 0.31, 0.16, 0])
        self._nose_profile = PchipInterpolator(
            places,
            np.array([0, 0.10, 0.36, 0.90, 1.30, 1.46, 1.40, 1.10, 0.74, 0.44 * n.bridge, 0.20 * n.bridge, 0]) * n.height,
        )
        self._nose_width = PchipInterpolator(
            1.5 - 6.05 * n.length * np.array([1, 0.90, 0.835, 0.755, 0.64, 0.46, 0.25, 0]),
            np.array([0.5, 0.58, 0.76, 0.80, 0.66, 0.56, 0.56, 0.80]) * n.width,
        )
        self.tip_y = float(places[5])
        self.wing = (0.90 * n.width + 0.05, self.tip_y - 0.50)
        self.nostril = (0.52 * n.width + 0.04, self.tip_y - 0.88)

    # ------------------------------------------------------------------ mouth
    def lip_contact(self, x):
        """Height of the line where the closed lips touch."""
        q = np.clip(np.abs(x) / self.mouth_half_width, 0, 1.3)
        return self.mouth_y + self.mouth.corner_rise * q**2.2 - 0.05 * self.mouth.bow * bell(x, 0, 0.45)

    def upper_lip_height(self, x):
        """Height of the upper vermilion above the contact line (Cupid's bow)."""
        ax = np.abs(x)
        q = np.clip(ax / self.mouth_half_width, 0, 1)
        bow = 0.06 * bell(ax, 0.5, 0.33) * (1 - q)
        return self.mouth.upper * (1 - q**2.1) ** 0.95 - self.mouth.bow * (0.11 * bell(x, 0, 0.28) - bow)

    def lower_lip_height(self, x):
        """Height of the lower vermilion below the contact line."""
        q = np.clip(np.abs(x) / self.mouth_half_width, 0, 1)
        return self.mouth.lower * (1 - q**2.1) ** 0.9

    # ------------------------------------------------------------------ eyes
    def _along_lid(self, ax):
        return np.clip((ax - self.eye_inner_x) / (self.eye_outer_x - self.eye_inner_x), 0, 1)

    def eye_line(self, ax):
        """The tilted line from the inner to the outer corner of the eye."""
        t = (ax - self.eye_inner_x) / (self.eye_outer_x - self.eye_inner_x)
        return self.eyes.y - 0.25 - 0.02 + self.eyes.tilt * t

    def upper_lid_height(self, ax):
        """Opening above the eye line."""
        return self.eyes.upper * np.sin(np.pi * self._along_lid(ax) ** self.eyes.peak) ** self.eyes.squareness

    def lower_lid_height(self, ax):
        """Opening below the eye line."""
        return self.eyes.lower * np.sin(np.pi * self._along_lid(ax) ** 1.12) ** 0.82

    def eye_sphere_z(self, x, y):
        """Front of the lids: the eyeball's sphere grown by their thickness; falls away outside it."""
        d2 = (np.abs(x) - self.eye_centre[0]) ** 2 + (y - self.eye_centre[1]) ** 2
        radius = self.eye_radius + self.eyes.lid
        inside = np.sqrt(np.maximum(radius**2 - d2, 0.02))
        front = self.eye_centre[2] + inside - np.maximum(d2 - radius**2 * 0.97, 0)
        if not self.eyes.turn:
            return front
        # A large ball is under the skin everywhere; only the eye lies on it.
        beyond = np.hypot(np.abs(x) - self.eye_middle[0], y - self.eye_middle[1]) - 2.1
        return front - 1.6 * np.maximum(beyond, 0) ** 2

    # ------------------------------------------------------------------ nose
    def nose(self, x, y):
        """Relief of the nose: profile times width, wings, tip, nostrils."""
        ax, inside = np.abs(x), np.clip(y, self.nose_base, self.nose_top)
        profile = np.where((y > self.nose_base) & (y < self.nose_top), self._nose_profile(inside), 0)
        height = profile * np.exp(-(np.abs(x / self._nose_width(inside)) ** 2.0))
        n = self.params.nose
        height += 0.50 * n.wing * bump(ax, y, *self.wing, 0.38, 0.40)
        height += 0.16 * n.height * bump(x, y, 0, self.tip_y + 0.06, 0.52, 0.48)
        height -= 0.26 * (n.nostril > 0) * bump(ax, y, *self.nostril, n.nostril + 0.02, 0.15)
        return height

    # ------------------------------------------------------------------ the rest of the face
    def broad_relief(self, x, y):
        """The soft forms only: what skin slides over when the face moves."""
        ax, s = np.abs(x), self.params.shape
        my = self.mouth_y
        return (1 - 0.6 * s.flat) * (
            0.16 * s.ridge * bump(ax, y, 3.3, 2.25, 2.2, 0.75)
            + 0.44 * s.apple * bump(ax, y, 3.9, -2.45, 1.7, 1.3)
            + 0.28 * bump(x, y, 0, my + 0.30, 2.2, 1.5)  # muzzle
            - 0.14 * bump(ax, y, 4.5, -5.2, 1.2, 1.4)  # under the cheekbone
        )

    def relief(self, x, y):
        """Displacement of the skin along z, without lips and lids."""
        ax, e, my, flat = np.abs(x), self.eyes, self.mouth_y, self.params.shape.flat
        middle = 0.5 * (e.inner + e.outer)
        height = -e.socket * bump(ax, y, middle - 0.55, 0.30, 1.85, 1.15)  # eye socket
        height -= 0.40 * bump(ax, y, e.inner + 0.2, e.y - 0.05, 0.75, 0.75)  # inner corner of the eye
        height -= 0.10 * bump(x, y, 0, 0.5 * (self.nose_base + my + 0.5), 0.24, 0.45)  # philtrum
        height -= 0.22 * bump(x, y, 0, my - 1.40, 1.3, 0.42)  # groove under the lower lip
        height += 0.30 * bump(x, y, 0, my - 2.25, 1.15, 0.82)  # chin
        height -= 0.12 * bump(ax, y, self.mouth_half_width + 0.42, my + 0.2, 0.45, 0.6)  # corner dimple
        return self.nose(x, y) + self.broad_relief(x, y) + (1 - 0.5 * flat) * height

    def brow_line(self, along):
        """Height of the middle line of an eyebrow, 0 inner to 1 outer end."""
        b = self.brows
        return b.y + b.arch * np.sin(np.pi * along**1.15 * 0.80) - b.drop * along**3

    def brow(self, x, y):
        """Cover of the eyebrow at (x, y), the place along it (0 inner, 1 outer), and the height over its middle line."""
        b = self.brows
        t = (np.abs(x) - b.inner) / (b.outer - b.inner)
        along = np.clip(t, 0, 1)
        centre = self.brow_line(along)
        thickness = b.thickness * ((1 - along) ** 0.55 * (0.60 + 0.40 * smoothstep(0, 0.40, along))) + 0.05
        cover = 1 - smoothstep(0.50, 1.15, np.abs((y - centre) / thickness))
        cover *= smoothstep(-0.05, 0.26, t + 0.06 * (y - centre) / thickness) * (1 - smoothstep(0.90, 1.02, t))
        return cover, along, y - centre
