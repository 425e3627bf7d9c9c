"""Puts a host together: every room's parts, baked light, the file."""

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

import bake
from body.build import build_body
from body.form import BodyParams, Form
from clothes.wardrobe import OutfitParams, bare, dress
from face.age import aged
from face.anime import build_anime, skin_toon
from face.build import build_face
from face.features import FaceParams
from face.head import Face
from fields import to_linear, to_srgb
from hair.params import HairParams
from hair.salon import build_hair
from paint import anime_shade
from paint.complexion import ComplexionParams, IrisParams
from part import Built
from raster import draw


@dataclass
class HostParams:
    """`host.yaml`."""

    id: str
    name: str
    version: str = "1.0.0"
    author: str = "The Zhubo authors"
    license: str = "MIT OR Apache-2.0"
    style: str = "film"  # film or anime
    seed: int = 7
    age: int = 28  # years
    body: BodyParams = field(default_factory=BodyParams)
    face: FaceParams = field(default_factory=FaceParams)
    complexion: ComplexionParams = field(default_factory=ComplexionParams)
    iris: IrisParams = field(default_factory=IrisParams)
    hair: HairParams = field(default_factory=HairParams)
    outfits: list[OutfitParams] = field(default_factory=list)  # the first is worn where nothing else is said


@dataclass
class Host:
    """A host, ready to be lit and written."""

    params: HostParams
    form: Form
    face: Face
    built: Built
    outfits: list


def _style(params):
    """How faces of the host's style are built."""
    styles = {"film": build_face, "anime": build_anime}
    if params.style not in styles:
        raise ValueError(f"style: {params.style!r} is unknown; known are {', '.join(styles)}")
    return styles[params.style]


def _bare_skin(form, outfit):
    """What the body room asks for: the outfit, where its sleeves end, the heights between which legs are bare."""
    seen = bare(form, outfit)
    heights = [form.skeleton.places["left" + bone][1] for bone in ("UpperLeg", "LowerLeg", "Foot")]
    heights[2] = 3.0 - form.params.eye_height  # bare ankles reach into the shoes
    legs = seen.legs and tuple(float(np.interp(t, [0, 1, 2], heights)) for t in seen.legs)
    return outfit.id, seen.sleeve_end, legs


def assemble(params):
    """Geometry, morphs and textures of the whole host, still without baked light."""
    params.face, params.complexion = aged(params.face, params.complexion, params.age)
    form = Form(params.body)
    face = Face(params.face, form)
    skeleton = form.skeleton
    skeleton.add("leftEye", "head", face.f.eye_centre)
    skeleton.add("rightEye", "head", face.f.eye_centre * [-1, 1, 1])
    anime = params.style == "anime"
    built = _style(params)(params, face, form)
    built.add(build_hair(params.hair, face.head, form, anime))
    bare_skin = [_bare_skin(form, outfit) for outfit in params.outfits]
    built.add(build_body(form, params.complexion.skin, bare_skin, skin_toon(params.complexion) if anime else None))
    for outfit in params.outfits:
        built.add(dress(form, outfit, anime))
    return Host(params, form, face, built, params.outfits)


# How strongly baked light darkens each surface: sky share, key share, darkest value.
BAKE_STRENGTH = {
    "skin": (0.85, 0.30, 0.20),
    "hair": (0.75, 0.25, 0.20),
    "cloth": (0.80, 0.28, 0.16),
}
EAR_STRENGTH = (0.42, 0.10, 0.50)  # light shines through ears
ROUND = ("nearest", "wrap", "nearest")  # the texture of the skin goes round the head
# These do not stand in the light of others.
NO_OCCLUDERS = ("lash", "mouth", "clear")


def _texels(part, size):
    """(mask, points, normals) of a part's surface on its texture."""
    attributes = np.c_[part.positions, part.normals]
    flat = np.c_[part.uv * size, np.zeros(len(part.uv))]
    _, buffer, owner = draw(flat, part.triangles.astype(np.int64), attributes, size, size)
    mask = owner >= 0
    normals = buffer[mask][:, 3:]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return mask, buffer[mask][:, :3], normals


def _grow(image, mask):
    """Fill texels outside `mask` with the nearest one inside."""
    nearest = distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return image[tuple(nearest)]


def bake_light(host, progress):
    """Put sky and key light into the skin texture and into the vertex shades.

    What all outfits have in common is lit without clothes, so that no collar darkens the neck of another outfit; then each
    outfit with all that is seen of it.
    """
    if host.params.style == "anime":
        anime_shade.cast(host.built)
    always = [p for p in host.built.parts if p.outfits is None]
    _bake(host, always, always, progress)
    for outfit in host.outfits:
        own = [p for p in host.built.parts if p.outfits is not None and outfit.id in p.outfits]
        _bake(host, always + own, [p for p in own if p.outfits[0] == outfit.id], progress)


def _bake(host, present, lit, progress):
    def surface(part):
        return host.built.materials[part.material].surface

    lit = [p for p in lit if surface(p) in BAKE_STRENGTH and not host.built.materials[p.material].toon]
    if not lit:
        return
    occluders = [p for p in present if surface(p) not in NO_OCCLUDERS]
    face = next((p for p in lit if p.name == "skin"), None)
    others = [p for p in lit if p is not face]
    sets = [(p.positions, p.normals) for p in others]
    if face:
        size = len(host.built.textures["skin"].image) // 2  # light is soft: half the texture's size is enough
        mask, points, normals = _texels(face, size)
        sets.append((points, normals))
    light = bake.Light(occluders, progress).at(sets)
    for part, (sky, key) in zip(others, light):
        painted = 1.0 if part.shade is None else np.asarray(part.shade)
        painted = np.reshape(painted, (-1, 1)) if np.ndim(painted) == 1 else painted
        tint = bake.SKIN_TINT if surface(part) == "skin" else 1.0
        strength = EAR_STRENGTH if part.name.startswith("ear") else BAKE_STRENGTH[surface(part)]
        part.shade = bake.factor(sky, key, *strength, tint=tint) * painted
    if face:
        _bake_texture(host, mask, np.stack(light[-1], -1), size)


def _bake_texture(host, mask, light, size):
    sky_key = np.zeros((size, size, 2))
    sky_key[mask] = light
    sky_key = gaussian_filter(_grow(sky_key, mask), (1.6, 1.6, 0), mode=ROUND)
    sky_key = sky_key.repeat(2, 0).repeat(2, 1)
    sky_key = gaussian_filter(sky_key, (0.8, 0.8, 0), mode=ROUND)
    shade = bake.factor(sky_key[..., 0], sky_key[..., 1], *BAKE_STRENGTH["skin"], tint=bake.SKIN_TINT)
    texture = host.built.textures["skin"]
    texture.image = to_srgb(to_linear(texture.image) * shade)
