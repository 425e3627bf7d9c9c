"""The whole face: skin, eyes, lashes, mouth, with the 52 shapes and their paint."""

import numpy as np

from face.ears import build_ears
from face.eyes import build_eyes
from face.head import uv_of
from face.morphs import FaceFields, skin_morphs
from face.mouth import build_mouth
from face.skin import PATCH_LEFT_EYE, PATCH_MOUTH, PATCH_RIGHT_EYE, build_skin
from fields import smoothstep
from paint import eye, skin
from paint.skin import HAIRLINE
from part import Built, Material, Part, Texture

SKIN_TEXTURE, EYE_TEXTURE = 1024, 256  # pixels
SCALP_MARGIN = 1.6  # cm of skin above the hairline; the rest is under the cap of the hair


def skin_weights(form, positions):
    """Head and the body's own; the chin follows the head although it is low."""
    y, z = positions[:, 1], positions[:, 2]
    head = smoothstep(-12.6, -9.6, y + np.clip(0.32 * z, 0, 2.2))
    return [("head", head)] + [(bone, weight * (1 - head)) for bone, weight in form.weights(positions)]


def _split_seam(part, form):
    """Double the vertices where the texture wraps round at the back of the head."""
    faces = part.faces.copy()
    u = part.uv[faces][:, :, 0]
    wrapped = np.flatnonzero(u.max(1) - u.min(1) > 0.5)
    copies, sources = {}, []
    for face in wrapped:
        for corner in range(4):
            vertex = faces[face, corner]
            if part.uv[vertex, 0] < 0.5:
                if vertex not in copies:
                    copies[vertex] = len(part.uv) + len(sources)
                    sources.append(vertex)
                faces[face, corner] = copies[vertex]
    take = np.r_[np.arange(len(part.uv)), np.array(sources, int)]
    uv = part.uv[take]
    uv[len(part.uv) :, 0] += 1
    morphs = {name: shape[take] for name, shape in part.morphs.items()}
    positions = part.positions[take]
    weights = skin_weights(form, positions)
    return Part(part.name, part.material, positions, faces, weights, uv, None, morphs, part.extras, seamless=True)


def _seen(mesh, hairline):
    """The faces that can be seen: no scalp under hair, and of the chest only what a neckline may show."""
    corners = mesh.positions[mesh.faces]
    x, y, z = corners.mean(1).T
    front = (x / 10.5) ** 2 + ((y + 13) / 10.5) ** 2 < 1
    back = (x / 10.5) ** 2 + ((y + 13) / 6.0) ** 2 < 1
    line = hairline + HAIRLINE(np.degrees(np.abs(mesh.phi[mesh.faces])))
    scalp = (corners[..., 1] > line + SCALP_MARGIN).all(1)
    return mesh.faces[((y > -13.2) & ~scalp) | ((y <= -13.2) & np.where(z > -3.0, front, back))]


def _probes(mesh):
    """Vertex pairs that checks look at: both lips at the contact, both lids at the margin."""
    probes = {}
    for patch, label in ((PATCH_MOUTH, "lip"), (PATCH_LEFT_EYE, "lidLeft"), (PATCH_RIGHT_EYE, "lidRight")):
        loop = mesh.loops[patch]
        upper, lower = loop.halves(loop.rings[-1])
        probes[label] = {"upper": upper.tolist(), "lower": lower.tolist()}
    return probes


def materials(params):
    """What a face is made of."""
    return {
        "skin": Material("skin", roughness=0.50, texture="skin"),
        "eye": Material("eye", roughness=0.08, texture="eye"),
        "lash": Material("lash", (0.16, 0.09, 0.075), 0.6, double_sided=True),
        "mouth": Material("mouth", (0.62, 0.25, 0.25), 0.6),
        "teeth": Material("mouth", (0.97, 0.955, 0.93), 0.22),
        "gum": Material("mouth", (0.80, 0.42, 0.42), 0.35),
        "tongue": Material("mouth", (0.84, 0.44, 0.44), 0.38),
    }


def skin_part(mesh, shapes, form, hairline):
    """The skin of head, neck and neckline with its shapes and bones."""
    used, faces = np.unique(_seen(mesh, hairline), return_inverse=True)
    place = np.zeros(len(mesh.positions), int)
    place[used] = np.arange(len(used))
    probes = {
        loop: {half: place[ids].tolist() for half, ids in halves.items()} for loop, halves in _probes(mesh).items()
    }
    shapes = {name: shape[used] for name, shape in shapes.items()}
    faces = faces.reshape(-1, 4)
    part = Part("skin", "skin", mesh.positions[used], faces, [], mesh.uv[used], None, shapes, {"probes": probes})
    return _split_seam(part, form)


def build_face(params, face, form):
    """Everything of the face."""
    mesh = build_skin(face)
    shapes = skin_morphs(FaceFields(face, mesh))
    balls, lashes = build_eyes(face, mesh, shapes)
    parts = [skin_part(mesh, shapes, form, params.complexion.hairline)]
    if params.face.ears:
        parts += build_ears(face, params.face.ears, uv_of(0.0, 4.4))
    parts += [*build_mouth(face, mesh, shapes), *lashes, *balls]
    textures = {
        "skin": Texture(skin.skin(face, params.complexion, SKIN_TEXTURE, params.seed), 90),
        "eye": Texture(eye.eye(params, EYE_TEXTURE, params.seed), 92),
    }
    return Built(parts, materials(params), textures)
