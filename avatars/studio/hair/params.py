"""What a host's document says about hair."""

from dataclasses import dataclass

from params import Colour
from params import colour as srgb


@dataclass
class HairParams:
    """Hair of one host. Lengths in cm; shares where a default is 1."""

    style: str = "long_waves"  # one of `salon.STYLES`
    colour: Colour = srgb("#4f342b")
    light: Colour = srgb("#b98a70")  # of strands that catch light
    tip: Colour = srgb("#6c4839")
    ribbon: Colour = srgb("#ff7fae")  # of a style with ribbons
    outline: Colour = srgb("#3d2f55")  # of drawn hair
    length: float = 0.0  # cm longer (or, below 0, shorter) than the style
    volume: float = 1.0  # how far it stands off the head
    wave: float = 1.0  # strength of the waves
    tuck: bool = True  # whether the hair on the side of the parting lies behind the ear
    part_side: float = 1.0  # 1: parted on the host's left, -1: on the right
    fringe: float = 1.0  # how much fringe: 0 none
    hairline: float = 7.9  # height over the middle of the face, as the complexion has it
    roughness: float = 0.25
    seed: int = 7
