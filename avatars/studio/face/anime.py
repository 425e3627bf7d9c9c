"""A drawn face: the same skin and the same 52 shapes, with flat eyes, drawn lashes and cartoon materials."""

from face.anime_eyes import build_eyes
from face.anime_morphs import skin_morphs
from face.anime_mouth import build_mouth
from face.build import skin_part
from face.morphs import FaceFields
from face.skin import build_skin
from fields import to_linear
from paint import anime, anime_eye
from part import Built, Material, Texture

SKIN_TEXTURE, MASK_TEXTURE, IRIS_TEXTURE, WHITE_TEXTURE = 2048, 1024, 512, 256  # pixels
SKIN_SHADE = (0.955, 0.775, 0.785)
SKIN_SHIFT, SHIFT_SCALE = -0.08, -1.8  # of the border between light and shade, and how far the mask moves it


def toon(shade, outline=None, width=0.0, toony=0.95, shift=-0.08, rim=None):
    """VRMC_materials_mtoon. `shade` multiplies the texture on the side away from the light; `width` in metres; sRGB colours."""
    extension = {
        "specVersion": "1.0",
        "shadeColorFactor": _linear(shade),
        "shadingToonyFactor": toony,
        "shadingShiftFactor": shift,
        "giEqualizationFactor": 0.9,
        "rimLightingMixFactor": 0.0,
    }
    if outline is not None:
        extension |= {
            "outlineWidthMode": "worldCoordinates",
            "outlineWidthFactor": width,
            "outlineColorFactor": _linear(outline),
            "outlineLightingMixFactor": 0.0,
        }
    if rim is not None:
        extension |= {"parametricRimColorFactor": _linear(rim), "parametricRimFresnelPowerFactor": 4.0}
    return extension


def _linear(colour):
    return [round(float(v), 5) for v in to_linear(colour)]


def _flat(surface, colour, texture=None, **more):
    """A surface that is as bright in shade as in light."""
    return Material(surface, colour, 0.9, texture, toon=toon(colour), **more)


def skin_toon(complexion, shift=SKIN_SHIFT):
    """The cartoon material of skin, for a texture or a plain colour that is put in by the caller."""
    return toon(SKIN_SHADE, tuple(0.62 * v for v in complexion.shadow), 0.0009, shift=shift)


def materials(params):
    """What a drawn face is made of."""
    c = params.complexion
    skin = skin_toon(c, SKIN_SHIFT - SHIFT_SCALE * anime.NEUTRAL)
    skin |= {"shadingShiftTexture": {"texture": "skin_mask", "scale": SHIFT_SCALE}, "outlineWidthMultiplyTexture": "skin_mask"}
    return {
        "skin": Material("skin", roughness=0.9, texture="skin", toon=skin),
        "iris": _flat("eye", (1.0, 1.0, 1.0), "iris"),
        "eyewhite": _flat("eye", (1.0, 1.0, 1.0), "eyewhite"),
        "lash": _flat("lash", (1.0, 1.0, 1.0), "lash", double_sided=True),
        "brow": _flat("lash", tuple(c.brow), double_sided=True),
        "mouth": _flat("mouth", tuple(c.lip_inner), double_sided=True),
        "teeth": _flat("mouth", (1.0, 0.99, 0.975), double_sided=True),
        "tongue": _flat("mouth", (0.945, 0.50, 0.50)),
    }


def build_anime(params, face, form):
    """Everything of a drawn face."""
    mesh = build_skin(face)
    shapes = skin_morphs(FaceFields(face, mesh))
    parts = [skin_part(mesh, shapes, form, params.complexion.hairline), *build_mouth(face, mesh, shapes), *build_eyes(face, mesh, shapes)]
    textures = {
        "skin": Texture(anime.skin(face, params.complexion, SKIN_TEXTURE), 90),
        "skin_mask": Texture(anime.mask(face, MASK_TEXTURE), 92),
        "iris": Texture(anime_eye.iris(params.iris, IRIS_TEXTURE), 92),
        "eyewhite": Texture(anime_eye.white(face, params.iris, WHITE_TEXTURE), 92),
        "lash": Texture(anime_eye.lash(params.complexion, 64), 92),
    }
    return Built(parts, materials(params), textures)
