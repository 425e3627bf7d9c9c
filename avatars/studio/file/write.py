"""Writes a host as a VRM 1.0 file: T-pose, one skin, outfits, materials, spring bones."""

import numpy as np

from face.morphs import ARKIT_NAMES
from fields import normalise, to_linear
from file.gltf import ARRAY_BUFFER, ELEMENT_BUFFER, Writer
from file.vrm import node_constraint, spring_bones, vrm

METRES = 0.01
MORPH_THRESHOLD = 2e-5  # metres; smaller movements are not stored


def influences(part, order):
    """JOINTS_0 and WEIGHTS_0 as bytes: the four strongest bones of each vertex, weights that sum to 255."""
    table = np.zeros((len(part.positions), len(order)))
    for bone, weight in part.weights:
        table[:, order[bone]] += weight
    joints = np.argsort(-table, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(table, joints, 1)
    weights /= weights.sum(1, keepdims=True)
    weights[weights < 0.012] = 0
    weights /= weights.sum(1, keepdims=True)
    units = np.round(weights * 255).astype(int)
    units[:, 0] += 255 - units.sum(1)
    joints[units == 0] = 0
    return joints.astype(np.uint8), units.astype(np.uint8)


def stretched(part, skeleton, joints, units, names):
    """(positions, morphs) of a part in T-pose."""
    used = [(names[b], ((joints == b) * units).sum(1) / 255.0) for b in np.unique(joints)]
    positions = skeleton.unpose(part.positions, used)
    morphs = {name: skeleton.unturn(shape, used) for name, shape in (part.morphs or {}).items()}
    return positions, morphs


def tangents(positions, normals, uv, triangles):
    """TANGENT: along u of the texture, with the sign of v against it in w (as glTF has it)."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    (u1, v1), (u2, v2) = ((uv[triangles[:, k]] - uv[triangles[:, 0]]).T for k in (1, 2))
    area = u1 * v2 - u2 * v1
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)[:, None]
    along_u = ((b - a) * v2[:, None] - (c - a) * v1[:, None]) / area
    along_v = ((c - a) * u1[:, None] - (b - a) * u2[:, None]) / area
    weight = np.linalg.norm(np.cross(b - a, c - a), axis=1, keepdims=True)
    sums = np.zeros((2, len(positions), 3))
    for k in range(3):
        np.add.at(sums[0], triangles[:, k], normalise(along_u) * weight)
        np.add.at(sums[1], triangles[:, k], normalise(along_v) * weight)
    tangent = sums[0] - normals * (sums[0] * normals).sum(1, keepdims=True)
    # Where there is no direction of its own, any one in the surface will do.
    other = np.cross(normals, np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]]))
    lost = np.linalg.norm(tangent, axis=1, keepdims=True) < 1e-9
    tangent = normalise(np.where(lost, other, tangent))
    # glTF's bitangent points up in the picture, against v.
    sign = np.where((np.cross(normals, tangent) * -sums[1]).sum(1) < 0, -1.0, 1.0)
    return np.c_[tangent, sign].astype(np.float32)


def _colours(part):
    """COLOR_0: linear shade as 8-bit RGBA."""
    shade = np.ones((len(part.positions), 1)) if part.shade is None else np.asarray(part.shade, float)
    shade = np.broadcast_to(shade.reshape(len(part.positions), -1), (len(part.positions), 3))
    rgba = np.c_[shade, np.ones(len(shade))]
    return np.round(np.clip(rgba, 0, 1) * 255).astype(np.uint8)


class _File:
    """One host on its way into a file."""

    def __init__(self, host):
        self.host, self.writer = host, Writer("zhubo avatar studio")
        self.skeleton = host.form.skeleton
        self.names = list(self.skeleton.parents)
        self.order = {name: index for index, name in enumerate(self.names)}
        self.floor = np.array([0, host.form.params.eye_height, 0])

    def place(self, bone):
        """Place of a bone in metres above the floor."""
        return (self.skeleton.places[bone] + self.floor) * METRES

    def bones(self):
        """Nodes and the one skin."""
        for bone in self.names:
            parent = self.skeleton.parents[bone]
            place = self.place(bone) - (self.place(parent) if parent else 0)
            node = self.writer.add("nodes", {"name": bone, "translation": np.round(place, 6).tolist()})
            if bone in self.skeleton.constraints:
                constraint = node_constraint(self.skeleton.constraints[bone], self.order)
                self.writer.json["nodes"][node]["extensions"] = {"VRMC_node_constraint": constraint}
            if parent:
                self.writer.json["nodes"][self.order[parent]].setdefault("children", []).append(node)
        inverse = np.tile(np.eye(4), (len(self.names), 1, 1))
        inverse[:, 3, :3] = [-self.place(bone) for bone in self.names]  # column-major
        matrices = self.writer.accessor(inverse.reshape(-1, 16).astype(np.float32), "MAT4")
        joints = list(range(len(self.names)))
        self.writer.add("skins", {"joints": joints, "inverseBindMatrices": matrices, "skeleton": 0})
        self.writer.json["scenes"][0]["nodes"].append(0)

    def materials(self):
        """Index by name."""
        built, index = self.host.built, {}
        wanted = {part.material for part in built.parts}
        textures = {}

        def texture(name):
            if name not in textures:
                textures[name] = self.writer.texture(name, built.textures[name])
            return {"index": textures[name]}

        def used(picture):
            """What a cartoon material says of a picture: its name, or {"texture": name, ...more keys}."""
            picture = {"texture": picture} if isinstance(picture, str) else dict(picture)
            return texture(picture.pop("texture")) | picture

        for name in (name for name in built.materials if name in wanted):
            material = built.materials[name]
            base = {"metallicFactor": material.metallic, "roughnessFactor": material.roughness}
            base["baseColorFactor"] = [*np.round(to_linear(material.colour), 5).tolist(), 1.0]
            if material.texture:
                base["baseColorTexture"] = texture(material.texture)
            entry = {
                "name": name,
                "pbrMetallicRoughness": base,
                "doubleSided": material.double_sided,
                "extras": {"shading": material.surface},
            }
            if material.normal:
                entry["normalTexture"] = texture(material.normal)
                entry["extras"]["bumps"] = "fine"  # their shade is painted too; drawing them is for GPUs
            if material.alpha != "OPAQUE":
                entry["alphaMode"] = material.alpha
            if material.toon:
                toon = {key: used(value) if key.endswith("Texture") else value for key, value in material.toon.items()}
                if material.texture and "shadeMultiplyTexture" not in toon:
                    toon["shadeMultiplyTexture"] = texture(material.texture)
                entry["extensions"] = {"VRMC_materials_mtoon": toon}
            index[name] = self.writer.add("materials", entry)
        return index

    def primitive(self, part, materials):
        """One part."""
        joints, units = influences(part, self.order)
        positions, morphs = stretched(part, self.skeleton, joints, units, self.names)
        normals = part.normals_at(positions).astype(np.float32)
        writer = self.writer
        attributes = {
            "POSITION": writer.accessor(
                ((positions + self.floor) * METRES).astype(np.float32), "VEC3", ARRAY_BUFFER, bounds=True
            ),
            "NORMAL": writer.accessor(normals, "VEC3", ARRAY_BUFFER),
            "COLOR_0": writer.accessor(_colours(part), "VEC4", ARRAY_BUFFER, normalized=True),
            "JOINTS_0": writer.accessor(joints, "VEC4", ARRAY_BUFFER),
            "WEIGHTS_0": writer.accessor(units, "VEC4", ARRAY_BUFFER, normalized=True),
        }
        if part.uv is not None:
            if self.host.built.materials[part.material].normal:
                shape = tangents(positions, normals.astype(float), part.uv, part.triangles)
                attributes["TANGENT"] = writer.accessor(shape, "VEC4", ARRAY_BUFFER)
            attributes["TEXCOORD_0"] = writer.accessor(part.uv.astype(np.float32), "VEC2", ARRAY_BUFFER)
        primitive = {
            "attributes": attributes,
            "indices": writer.accessor(part.triangles.astype(np.uint16).ravel(), "SCALAR", ELEMENT_BUFFER),
            "material": materials[part.material],
            "mode": 4,
            "extras": {"name": part.name, **part.extras},
        }
        if part.morphs is not None:
            still = np.zeros_like(positions)
            primitive["targets"] = [
                {"POSITION": writer.sparse(morphs.get(name, still) * METRES, MORPH_THRESHOLD)}
                for name in ARKIT_NAMES
            ]
        return primitive

    def meshes(self, materials):
        """A node for the face, one for what is always drawn, one for each set of outfits; returns the face's node."""
        groups = {}
        for part in self.host.built.parts:
            key = "Face" if part.morphs is not None else "Body" if part.outfits is None else "+".join(part.outfits)
            groups.setdefault(key, []).append(part)
        face_node = None
        for name, parts in groups.items():
            mesh = {"name": name, "primitives": [self.primitive(p, materials) for p in parts]}
            if name == "Face":
                mesh |= {"weights": [0.0] * len(ARKIT_NAMES), "extras": {"targetNames": ARKIT_NAMES}}
            node = {"name": name, "mesh": self.writer.add("meshes", mesh), "skin": 0}
            if parts[0].outfits is not None:
                node["extras"] = {"outfits": list(parts[0].outfits)}
                if self.host.outfits[0].id not in parts[0].outfits:
                    node["extensions"] = {"KHR_node_visibility": {"visible": False}}
            index = self.writer.add("nodes", node)
            self.writer.json["scenes"][0]["nodes"].append(index)
            face_node = index if name == "Face" else face_node
        return face_node


def write(host, path):
    """Write the host as a binary glTF file; returns its size in bytes."""
    file = _File(host)
    for chain in host.built.chains:
        for k, joint in enumerate(chain.joints):
            file.skeleton.add(chain.bone(k), chain.bone(k - 1) if k else chain.parent, joint)
    file.names = list(file.skeleton.parents)
    file.order = {name: index for index, name in enumerate(file.names)}
    file.bones()
    face_node = file.meshes(file.materials())
    out = file.writer.json
    eyes = file.place("leftEye") - file.place("head")
    used = {"VRMC_vrm", "VRMC_springBone", "VRMC_node_constraint"}
    out["extensions"] = {
        "VRMC_vrm": vrm(host.params, file.order, face_node, [0, round(float(eyes[1]), 5), round(float(eyes[2]), 5)]),
        "VRMC_springBone": spring_bones(host.built.chains, file.order),
    }
    if any("extensions" in m for m in out["materials"]):
        used.add("VRMC_materials_mtoon")
    if any("KHR_node_visibility" in n.get("extensions", {}) for n in out["nodes"]):
        used.add("KHR_node_visibility")
    out["extensionsUsed"] = sorted(used)
    out["scenes"][0]["extras"] = {"outfits": [{"id": o.id, "name": o.name} for o in host.outfits]}
    return file.writer.save(path)
