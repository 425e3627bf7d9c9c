"""Dresses hair: the style of a host's document on a host's head."""

from hair import long_waves, paint, short_textured
from hair.growth import Growth
from hair.scalp import Scalp
from part import Built, Material, Texture

TEXTURE = 512  # pixels
STYLES = {"long_waves": long_waves.grow, "short_textured": short_textured.grow}


def build_hair(params, head, form, anime=False):
    """Hair of one host on `head` (the loft of the face) over `form` (the body)."""
    if params.style not in STYLES:
        raise ValueError(f"hair.style: {params.style!r} is unknown; known here: {', '.join(STYLES)}")
    growth = Growth(Scalp(head, form, params.hairline), params.seed)
    parts, chains = STYLES[params.style](params, growth)
    materials = {"hair": Material("hair", roughness=params.roughness, texture="hair")}
    textures = {"hair": Texture(paint.strands(params, TEXTURE, params.seed), 88)}
    return Built(parts, materials, textures, chains)
