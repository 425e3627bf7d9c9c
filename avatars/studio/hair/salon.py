"""Dresses hair: the style of a host's document on a host's head."""

from face.anime import toon
from hair import anime_long, bob, long_waves, paint, ponytail, short_textured
from hair.growth import RING_V, STRANDS, Growth
from hair.scalp import Scalp
from part import Built, Material, Texture

TEXTURE = 512  # pixels
OUTLINE = 0.0011  # metres
STYLES = {
    "long_waves": long_waves.grow,
    "bob": bob.grow,
    "low_ponytail": ponytail.grow,
    "short_textured": short_textured.grow,
    "anime_long": anime_long.grow,
}


def _film(params):
    hair = Material("hair", roughness=params.roughness, texture="hair")
    ribbon = Material("cloth", tuple(params.ribbon), 0.7)
    return {"hair": hair, "hairRibbon": ribbon}, {"hair": Texture(paint.strands(params, TEXTURE, params.seed, RING_V), 88)}


def _drawn(params):
    hair = Material("hair", roughness=0.9, texture="hair", toon=toon((0.74, 0.68, 0.86), params.outline, OUTLINE))
    shade = tuple(v * f for v, f in zip(params.ribbon, (0.80, 0.62, 0.72)))
    ribbon = Material("cloth", tuple(params.ribbon), 0.9, toon=toon(shade, params.outline, OUTLINE))
    picture = paint.drawn(params, TEXTURE, params.seed, STRANDS, RING_V)
    return {"hair": hair, "hairRibbon": ribbon}, {"hair": Texture(picture, 90)}


def build_hair(params, head, form, anime=False):
    """Hair of one host on `head` (the loft of the face) over `form` (the body); `anime`: with cartoon materials."""
    if params.style not in STYLES:
        raise ValueError(f"hair.style: {params.style!r} is unknown; known here: {', '.join(STYLES)}")
    growth = Growth(Scalp(head, form, params.hairline), params.seed, anime)
    parts, chains = STYLES[params.style](params, growth)
    materials, textures = _drawn(params) if anime else _film(params)
    used = {part.material for part in parts}
    return Built(parts, {name: m for name, m in materials.items() if name in used}, textures, chains)
