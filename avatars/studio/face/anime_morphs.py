"""The shapes of a drawn face: a small mouth that opens wide, while the chin moves little."""

import numpy as np

from face import morphs
from face.morphs import CLOSED_LIP_WEIGHT, jaw_rotation
from fields import bell, bump, smoothstep

CORNER = 0.30  # share of the jaw's motion at the corners of the mouth
LIP = 1.0  # share of the jaw's motion in the middle of the lower lip
CHIN = 0.42  # share of the jaw's motion at the chin
LIP_SPREAD = 0.9  # cm over which the motion of the lower lip fades to that of the chin


def skin_morphs(face):
    """Displacements (n, 3) of the skin in cm by ARKit name; `face` are the fields of its skin."""
    shapes = morphs.skin_morphs(face)
    face.around = np.exp(-((face.from_lips / 0.8) ** 2)) * face.mask
    face.flat = np.exp(-((face.from_lips / 0.35) ** 2)) * face.mask
    _jaw(face, shapes)
    _corners(face, shapes)
    _lips(face, shapes)
    _smiling_eyes(face, shapes)
    return shapes


def _smiling_eyes(face, shapes):
    """A smile lifts the lower lids, as smiling eyes are drawn; cheeks stay flat, so that they never hide the lashes."""
    rise = face.follow(face.zero, 0.18 * bump(face.ax, face.y, 3.8, -3.2, 1.7, 0.9) * face.mask)
    for side, name in ((1, "Left"), (-1, "Right")):
        shapes["cheekSquint" + name] = rise * (face.side == side)[:, None] + face.lids(side, 0.0, 0.14)
        shapes["eyeSquint" + name] = face.lids(side, 0.06, 0.15)


def _jaw(face, shapes):
    corner = CORNER * face.q**3.2
    upper, lower = corner, LIP - (LIP - CORNER) * face.q**3.2
    face.jaw_at_contact = np.where(face.upper, upper, lower)
    fall = CHIN / LIP + (1 - CHIN / LIP) * np.exp(-((face.below / LIP_SPREAD) ** 2))
    fade = (1 - smoothstep(morphs.JAW_ROW, 15.2, face.row)) * smoothstep(-0.35, 0.25, face.facing)
    aside = np.exp(-((np.maximum(face.ax - face.f.mouth_half_width, 0) / 1.1) ** 2))
    # Beside the mouth the skin is drawn out evenly between the cheek and the jaw.
    beside = CHIN * smoothstep(face.f.mouth_y + 1.0, face.f.mouth_y - 2.2, face.y)
    own = np.where(face.upper, upper * np.exp(-face.above / 0.8), lower * fall)
    face.jaw = (aside * own + (1 - aside) * beside) * fade
    rotation = jaw_rotation(face.points)
    shapes["jawOpen"] = rotation * face.jaw[:, None]
    near = np.exp(-((np.maximum(face.from_contact - face.lip_height, 0) / 0.8) ** 1.5)) * aside * face.mask
    shapes["mouthClose"] = rotation * ((CLOSED_LIP_WEIGHT - face.jaw_at_contact) * near)[:, None]
    shapes["jawLeft"] = face.move(0.5 * morphs.JAW_SIDE * face.jaw, 0, 0)
    shapes["jawRight"] = -shapes["jawLeft"]
    shapes["jawForward"] = face.move(0, 0, 0.5 * morphs.JAW_FORWARD * face.jaw)


def _corners(face, shapes):
    ax, y, side, mask, w = face.ax, face.y, face.side, face.mask, face.f.mouth_half_width
    # A parabola inside the mouth and a bell beyond it, so that the line becomes a round U.
    lift = np.where(ax < w, (ax / w) ** 2, bell(ax, w, 0.75))
    spread = np.where(ax < w, ax / w, bell(ax, w, 0.9))
    height = bell(y, face.f.mouth_y, 0.85) * mask
    cheek = bump(ax, y, 3.9, -3.0, 1.5, 1.2) * mask

    def corner(dx, dy, middle=0.0, dz=0.0):
        return face.follow(side * dx * spread * height, dy * lift * height + middle * (1 - lift) * face.around, dz)

    smile = corner(0.42, 0.40, -0.10) + face.follow(face.zero, 0.20 * cheek)
    morphs.both(face, shapes, "mouthSmile", smile)
    morphs.both(face, shapes, "mouthFrown", corner(-0.08, -0.40, 0.13))
    morphs.both(face, shapes, "mouthStretch", corner(0.40, -0.02))
    morphs.both(face, shapes, "mouthDimple", corner(0.16, 0.08))
    shapes["mouthLeft"] = face.follow(0.45 * face.around, face.zero)
    shapes["mouthRight"] = face.follow(-0.45 * face.around, face.zero)


def _plateau(face, upper):
    """Flat across the middle of one lip, fading to the corners and away from the lip."""
    this = face.upper if upper else ~face.upper
    beyond = np.maximum(face.from_contact - face.lip_height, 0)
    return this * np.exp(-((beyond / 0.55) ** 2)) * (1 - face.q**3) * face.mask


def _lips(face, shapes):
    upper, q, zero, around, flat = face.upper, face.q, face.zero, face.around, face.flat
    raised, lowered = _plateau(face, True), _plateau(face, False)
    morphs.both(face, shapes, "mouthUpperUp", face.follow(zero, 0.34 * raised))
    morphs.both(face, shapes, "mouthLowerDown", face.follow(zero, -0.52 * lowered))
    level = -0.8 * (face.f.lip_contact(face.x) - face.f.mouth_y) * around
    shapes["mouthPucker"] = face.follow(-0.46 * face.x * around, level + 0.02 * around) + face.move(0, 0, 0.22 * around)
    ellipse = np.sqrt(np.clip(1 - q**2, 0, 1)) * np.exp(-((face.from_lips / 0.6) ** 2)) * face.mask
    dy = np.where(upper, 0.24, -0.34) * ellipse + 0.5 * level
    shapes["mouthFunnel"] = face.follow(-0.34 * face.x * around, dy) + face.move(0, 0, 0.18 * around)
    middle = flat * (1 - q**4)
    shapes["mouthRollUpper"] = face.move(0, -(0.5 * face.above + 0.02) * upper * middle, -0.10 * upper * middle)
    shapes["mouthRollLower"] = face.move(0, (0.5 * face.below + 0.02) * ~upper * middle, -0.10 * ~upper * middle)
    press = face.move(0.06 * face.side * q * flat, np.where(upper, -0.25, 0.25) * face.from_contact * flat, -0.05 * middle)
    morphs.both(face, shapes, "mouthPress", press)
    shapes["mouthShrugLower"] = face.follow(zero, 0.20 * np.where(upper, 0.8, 1.0) * around * (1 - q**2))
    shapes["mouthShrugUpper"] = face.follow(zero, 0.14 * around * (1 - q**2))
    sneer = 0.16 * bump(face.ax, face.y, 0.8, -3.6, 0.6, 0.8) * face.mask + 0.10 * raised
    morphs.both(face, shapes, "noseSneer", face.follow(zero, sneer))
