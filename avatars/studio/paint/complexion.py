"""The colours of a face and its make-up."""

from dataclasses import dataclass

from params import Colour, colour


@dataclass
class ComplexionParams:
    """Skin, lips, brows and make-up; shares 0..1 say how much of a colour is put on."""

    skin: Colour = colour("#f6d3c2")
    blush: Colour = colour("#ee9087")
    blush_share: float = 0.27
    lips: Colour = colour("#d36a6c")
    lip_inner: Colour = colour("#bd4450")
    lip_gloss: float = 0.6
    brow: Colour = colour("#3d2a23")
    shadow: Colour = colour("#b9776a")  # of the upper lid
    shadow_share: float = 0.34
    liner: Colour = colour("#2a1713")
    liner_share: float = 0.85
    bag_light: float = 0.35  # highlight on the fold under the eye
    contour: float = 0.5  # warm shade along cheek and jaw
    stubble: float = 0.0  # bluish shade of a shaven beard
    freckles: float = 0.0
    lines: float = 0.0  # of age: beside the mouth, under and beside the eyes, on the forehead
    hairline: float = 7.9  # height of the painted hairline over the middle of the face, cm


@dataclass
class IrisParams:
    """Colours of the eye."""

    dark: Colour = colour("#1e100b")
    light: Colour = colour("#94603a")
    rim: Colour = colour("#140a07")
    white: Colour = colour("#f7f4f2")
    pupil: float = 0.40  # share of the iris
    sparkle: float = 1.0  # of the catch-lights
