"""Puts the host together: parts, baked light, textures, skeleton, file."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

import bake
import lina
import textures
from clothes import build_clothes
from eyes import build_eyes
from fields import to_linear, to_srgb
from gltf import ARRAY_BUFFER, ELEMENT_BUFFER, Writer
from hair import build_hair
from morphs import ARKIT_NAMES, skin_morphs
from mouth import build_mouth
from part import Part
from raster import draw
from rig import BONE_NAMES, BONES, EYE_HEIGHT, bone_place, skin_weights
from skin import PATCH_LEFT_EYE, PATCH_MOUTH, PATCH_RIGHT_EYE, build_skin

FLOOR = np.array([0, EYE_HEIGHT, 0])
METRES = 0.01
MORPH_THRESHOLD = 4e-5  # metres; smaller movements are not stored

# How strongly baked light darkens each material: sky share, key share, darkest value.
BAKE_STRENGTH = {
    "skin": (0.85, 0.34, 0.16),
    "hair": (0.75, 0.25, 0.20),
    "hairUnder": (0.70, 0.20, 0.30),
    "tee": (0.60, 0.15, 0.30),
    "jacket": (0.85, 0.30, 0.15),
    "lapel": (0.80, 0.25, 0.20),
    "button": (0.60, 0.20, 0.30),
}

# VRM expression presets, as ARKit weights (a name without Left/Right means both).
EXPRESSIONS = {
    "aa": {"jawOpen": 0.55, "mouthLowerDown": 0.25, "mouthUpperUp": 0.15},
    "ih": {"mouthStretch": 0.5, "jawOpen": 0.15, "mouthLowerDown": 0.3},
    "ou": {"mouthPucker": 0.75, "mouthFunnel": 0.45, "jawOpen": 0.12},
    "ee": {
        "mouthStretch": 0.6,
        "mouthSmile": 0.3,
        "jawOpen": 0.15,
        "mouthLowerDown": 0.5,
        "mouthUpperUp": 0.25,
    },
    "oh": {"mouthFunnel": 0.7, "jawOpen": 0.35, "mouthPucker": 0.25},
    "blink": {"eyeBlink": 1.0},
    "blinkLeft": {"eyeBlinkLeft": 1.0},
    "blinkRight": {"eyeBlinkRight": 1.0},
    "happy": {"mouthSmile": 0.8, "cheekSquint": 0.4},
    "surprised": {"browInnerUp": 1.0, "eyeWide": 0.8, "jawOpen": 0.25},
    "relaxed": {"mouthSmile": 0.3, "eyeSquint": 0.2},
    "sad": {"mouthFrown": 0.6, "browInnerUp": 0.7},
    "angry": {"browDown": 0.9, "mouthPress": 0.4},
}


def expand(weights):
    """ARKit weights with names that mean both sides written out."""
    full = {}
    for name, weight in weights.items():
        names = [name] if name in ARKIT_NAMES else [name + "Left", name + "Right"]
        full |= {n: full.get(n, 0) + weight for n in names}
    return full


@dataclass
class Host:
    """Parts by mesh, and textures by material (sRGB floats)."""

    meshes: dict
    textures: dict

    @property
    def parts(self):
        """All parts, mesh by mesh."""
        return [part for parts in self.meshes.values() for part in parts]


def _split_seam(part):
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
    return Part(
        part.name, part.material, positions, faces, skin_weights(positions), uv, None, morphs, part.extras
    )


def _probes(mesh):
    """Vertex pairs that checks look at: both lips at the contact, both lids at the margin."""
    probes = {}
    for patch, label in ((PATCH_MOUTH, "lip"), (PATCH_LEFT_EYE, "lidLeft"), (PATCH_RIGHT_EYE, "lidRight")):
        loop = mesh.loops[patch]
        upper, lower = loop.halves(loop.rings[-1])
        probes[label] = {"upper": upper.tolist(), "lower": lower.tolist()}
    return probes


def assemble():
    """Geometry and morphs of the whole host, textures still without baked light."""
    mesh = build_skin()
    shapes = skin_morphs(mesh)
    skin = Part(
        "skin", "skin", mesh.positions, mesh.faces, [], mesh.uv, None, shapes, {"probes": _probes(mesh)}
    )
    balls, lashes = build_eyes(mesh, shapes)
    meshes = {
        "Face": [_split_seam(skin), *build_mouth(mesh, shapes), *lashes],
        "Eyes": balls,
        "Hair": build_hair(),
        "Body": build_clothes(),
    }
    painted = {name: textures.PAINTERS[name](size) for name, (size, _) in lina.TEXTURES.items()}
    return Host(meshes, painted)


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
    """Put sky and key light into the skin texture and into the vertex shades."""
    skin = host.meshes["Face"][0]
    lit = [p for p in host.parts if p.material in BAKE_STRENGTH]
    occluders = [p for p in host.parts if p.material not in ("lash", "mouth", "teeth", "gum", "tongue")]
    size = lina.TEXTURES["skin"][0] // 2  # light is soft: half the texture's size is enough
    mask, points, normals = _texels(skin, size)
    sets = [(points, normals)] + [(p.positions, p.normals) for p in lit if p is not skin]
    light = bake.Light(occluders, progress).at(sets)

    sky_key = np.zeros((size, size, 2))
    sky_key[mask] = np.stack(light[0], -1)
    sky_key = gaussian_filter(_grow(sky_key, mask), (1.6, 1.6, 0))
    sky_key = sky_key.repeat(2, 0).repeat(2, 1)
    sky_key = gaussian_filter(sky_key, (0.8, 0.8, 0))
    shade = bake.factor(sky_key[..., 0], sky_key[..., 1], *BAKE_STRENGTH["skin"], tint=bake.SKIN_TINT)
    host.textures["skin"] = to_srgb(to_linear(host.textures["skin"]) * shade)
    for part, (sky, key) in zip([p for p in lit if p is not skin], light[1:]):
        painted = 1.0 if part.shade is None else np.asarray(part.shade)
        painted = np.reshape(painted, (-1, 1)) if np.ndim(painted) else painted
        part.shade = bake.factor(sky, key, *BAKE_STRENGTH[part.material]) * painted


# ------------------------------------------------------------------ the file
def _colours(part):
    """COLOR_0: linear shade as 8-bit RGBA."""
    shade = np.ones((len(part.positions), 1)) if part.shade is None else np.asarray(part.shade, float)
    shade = np.broadcast_to(shade.reshape(len(part.positions), -1), (len(part.positions), 3))
    rgba = np.c_[shade, np.ones(len(shade))]
    return np.round(np.clip(rgba, 0, 1) * 255).astype(np.uint8)


def _joints(part):
    """JOINTS_0 and WEIGHTS_0 as bytes; weights of a vertex sum to 255."""
    count = len(part.positions)
    joints, weights = np.zeros((count, 4), np.uint8), np.zeros((count, 4))
    for slot, (bone, weight) in enumerate(part.weights):
        joints[:, slot], weights[:, slot] = BONE_NAMES.index(bone), weight
    weights /= weights.sum(1, keepdims=True)
    weights[weights < 0.004] = 0
    units = np.round(weights * 255).astype(int)
    units[np.arange(count), units.argmax(1)] += 255 - units.sum(1)
    joints[units == 0] = 0
    return joints, units.astype(np.uint8)


def _primitive(writer, part, materials):
    joints, weights = _joints(part)
    positions = ((part.positions + FLOOR) * METRES).astype(np.float32)
    attributes = {
        "POSITION": writer.accessor(positions, "VEC3", ARRAY_BUFFER, bounds=True),
        "NORMAL": writer.accessor(part.normals.astype(np.float32), "VEC3", ARRAY_BUFFER),
        "COLOR_0": writer.accessor(_colours(part), "VEC4", ARRAY_BUFFER, normalized=True),
        "JOINTS_0": writer.accessor(joints, "VEC4", ARRAY_BUFFER),
        "WEIGHTS_0": writer.accessor(weights, "VEC4", ARRAY_BUFFER, normalized=True),
    }
    if part.uv is not None:
        attributes["TEXCOORD_0"] = writer.accessor(part.uv.astype(np.float32), "VEC2", ARRAY_BUFFER)
    indices = part.triangles.astype(np.uint16).ravel()
    primitive = {
        "attributes": attributes,
        "indices": writer.accessor(indices, "SCALAR", ELEMENT_BUFFER),
        "material": materials[part.material],
        "mode": 4,
        "extras": {"name": part.name, **part.extras},
    }
    if part.morphs is not None:
        still = np.zeros_like(part.positions)
        primitive["targets"] = [
            {"POSITION": writer.sparse(part.morphs.get(name, still) * METRES, MORPH_THRESHOLD)}
            for name in ARKIT_NAMES
        ]
    return primitive


def _materials(writer, host):
    textures_by_name = {
        name: writer.texture(name, host.textures[name], quality)
        for name, (_, quality) in lina.TEXTURES.items()
    }
    index = {}
    for name, (shading, colour, roughness, double_sided) in lina.MATERIALS.items():
        base = {"metallicFactor": 0.0, "roughnessFactor": roughness}
        if colour is None:
            base["baseColorTexture"] = {"index": textures_by_name[name]}
        else:
            base["baseColorFactor"] = [*np.round(to_linear(colour), 5).tolist(), 1.0]
        index[name] = writer.add(
            "materials",
            {
                "name": name,
                "pbrMetallicRoughness": base,
                "doubleSided": double_sided,
                "extras": {"shading": shading},
            },
        )
    return index


def _skeleton(writer):
    for bone in BONE_NAMES:
        parent = BONES[bone][0]
        place = bone_place(bone) - (bone_place(parent) if parent else 0)
        node = writer.add("nodes", {"name": bone, "translation": np.round(place, 6).tolist()})
        if parent:
            writer.json["nodes"][BONE_NAMES.index(parent)].setdefault("children", []).append(node)
    inverse = [np.eye(4) for _ in BONE_NAMES]
    for matrix, bone in zip(inverse, BONE_NAMES):
        matrix[3, :3] = -bone_place(bone)  # column-major
    matrices = np.stack(inverse).reshape(-1, 16).astype(np.float32)
    joints = list(range(len(BONE_NAMES)))
    writer.add(
        "skins", {"joints": joints, "inverseBindMatrices": writer.accessor(matrices, "MAT4"), "skeleton": 0}
    )
    writer.json["scenes"][0]["nodes"].append(0)


def _vrm(face_node):
    """The VRM 1.0 block: licence, bones, expressions."""

    def expression(weights):
        binds = [
            {"node": face_node, "index": ARKIT_NAMES.index(name), "weight": weight}
            for name, weight in expand(weights).items()
        ]
        return {"isBinary": False, "morphTargetBinds": binds}

    reach = {"inputMaxValue": 90, "outputScale": 10}
    return {
        "specVersion": "1.0",
        "meta": {
            "name": lina.NAME,
            "version": lina.VERSION,
            "authors": [lina.AUTHOR],
            "licenseUrl": "https://vrm.dev/licenses/1.0/",
            "thirdPartyLicenses": lina.LICENSE,
            "avatarPermission": "everyone",
            "commercialUsage": "corporation",
            "creditNotation": "unnecessary",
            "allowRedistribution": True,
            "modification": "allowModificationRedistribution",
        },
        "humanoid": {"humanBones": {bone: {"node": i} for i, bone in enumerate(BONE_NAMES)}},
        "expressions": {
            "preset": {name: expression(weights) for name, weights in EXPRESSIONS.items()},
            "custom": {name: expression({name: 1.0}) for name in ARKIT_NAMES},
        },
        "lookAt": {
            "type": "bone",
            "offsetFromHeadBone": [0, 0.09, 0.07],
            "rangeMapHorizontalInner": reach,
            "rangeMapHorizontalOuter": reach,
            "rangeMapVerticalDown": reach,
            "rangeMapVerticalUp": reach,
        },
    }


def write(host, path):
    """Write the host as a binary glTF file; returns its size in bytes."""
    writer = Writer("zhubo avatar studio")
    _skeleton(writer)
    materials = _materials(writer, host)
    face_node = None
    for name, parts in host.meshes.items():
        mesh = {"name": name, "primitives": [_primitive(writer, p, materials) for p in parts]}
        if name == "Face":
            mesh |= {"weights": [0.0] * len(ARKIT_NAMES), "extras": {"targetNames": ARKIT_NAMES}}
        index = writer.add("meshes", mesh)
        node = writer.add("nodes", {"name": name, "mesh": index, "skin": 0})
        writer.json["scenes"][0]["nodes"].append(node)
        face_node = node if name == "Face" else face_node
    writer.json["extensionsUsed"] = ["VRMC_vrm"]
    writer.json["extensions"] = {"VRMC_vrm": _vrm(face_node)}
    return writer.save(path)
