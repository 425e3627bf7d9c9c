"""A small glTF 2.0 binary writer and the reader that the checks use.

Written for one layout: sparse position morphs, one skin, 8-bit weights and
vertex colours, textures inside the file.
"""

import io
import json
import struct
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

MAGIC, JSON_CHUNK, BINARY_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942
ARRAY_BUFFER, ELEMENT_BUFFER = 34962, 34963
COMPONENT = {
    np.dtype("float32"): 5126,
    np.dtype("uint32"): 5125,
    np.dtype("uint16"): 5123,
    np.dtype("uint8"): 5121,
}
DTYPE = {code: dtype for dtype, code in COMPONENT.items()}
WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Writer:
    """Collects accessors and objects; `save` puts the file together."""

    def __init__(self, generator):
        self.data = bytearray()
        self.json = {
            "asset": {"version": "2.0", "generator": generator},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [],
            "meshes": [],
            "materials": [],
            "textures": [],
            "images": [],
            "samplers": [
                {"magFilter": 9729, "minFilter": 9987, "wrapS": wrap, "wrapT": wrap} for wrap in (33071, 10497)
            ],
            "skins": [],
            "accessors": [],
            "bufferViews": [],
        }

    def _view(self, raw, target=None):
        self.data.extend(b"\0" * (-len(self.data) % 4))
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(raw)}
        if target:
            view["target"] = target
        self.data.extend(raw)
        return self._append("bufferViews", view)

    def _append(self, kind, value):
        self.json[kind].append(value)
        return len(self.json[kind]) - 1

    def accessor(self, array, kind, target=None, bounds=False, normalized=False):
        """Dense accessor over `array`."""
        array = np.ascontiguousarray(array)
        entry = {
            "bufferView": self._view(array.tobytes(), target),
            "componentType": COMPONENT[array.dtype],
            "count": len(array),
            "type": kind,
        }
        if bounds:
            entry |= {"min": array.min(0).tolist(), "max": array.max(0).tolist()}
        if normalized:
            entry["normalized"] = True
        return self._append("accessors", entry)

    def sparse(self, delta, threshold):
        """Sparse VEC3 accessor of the rows of `delta` that exceed `threshold`."""
        rows = np.flatnonzero(np.abs(delta).max(1) > threshold)
        values = delta[rows].astype(np.float32)
        entry = {"componentType": 5126, "count": len(delta), "type": "VEC3"}
        seen = values if len(rows) == len(delta) else np.concatenate([values, np.zeros((1, 3), np.float32)])
        low, high = seen.min(0), seen.max(0)
        entry |= {"min": low.tolist(), "max": high.tolist()}
        if len(rows):
            index = rows.astype(np.uint16)
            entry["sparse"] = {
                "count": len(rows),
                "indices": {"bufferView": self._view(index.tobytes()), "componentType": 5123},
                "values": {"bufferView": self._view(values.tobytes())},
            }
        return self._append("accessors", entry)

    def texture(self, name, texture):
        """A `part.Texture`: JPEG, or PNG where it has alpha."""
        stream, pixels = io.BytesIO(), np.round(np.clip(texture.image, 0, 1) * 255).astype(np.uint8)
        kind = "PNG" if pixels.shape[-1] == 4 else "JPEG"
        settings = {} if kind == "PNG" else {"quality": texture.quality, "subsampling": 0}
        Image.fromarray(pixels).save(stream, kind, optimize=True, **settings)
        view = self._view(stream.getvalue())
        image = self._append("images", {"name": name, "bufferView": view, "mimeType": "image/" + kind.lower()})
        return self._append("textures", {"source": image, "sampler": int(texture.repeat)})

    def add(self, kind, value):
        """Append to a top-level list and return the index."""
        return self._append(kind, value)

    def save(self, path):
        """Write the .glb and return its size in bytes."""
        self.json = {key: value for key, value in self.json.items() if value != []}
        self.data.extend(b"\0" * (-len(self.data) % 4))
        self.json["buffers"] = [{"byteLength": len(self.data)}]
        text = json.dumps(self.json, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + len(self.data)
        with open(path, "wb") as file:
            file.write(struct.pack("<III", MAGIC, 2, total))
            file.write(struct.pack("<II", len(text), JSON_CHUNK) + text)
            file.write(struct.pack("<II", len(self.data), BINARY_CHUNK) + self.data)
        return total


@dataclass
class Primitive:
    """What the reader gives per primitive; morphs are dense (n, 3) in metres."""

    name: str
    mesh: str
    material: dict
    positions: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray | None
    colours: np.ndarray
    joints: np.ndarray
    weights: np.ndarray
    morphs: dict = field(default_factory=dict)
    extras: dict = field(default_factory=dict)


class Model:
    """A .glb file read back."""

    def __init__(self, path):
        with open(path, "rb") as file:
            raw = file.read()
        self.size = len(raw)
        magic, version, total = struct.unpack_from("<III", raw)
        if magic != MAGIC or version != 2 or total != len(raw):
            raise ValueError(f"{path}: not a binary glTF 2.0 file")
        length = struct.unpack_from("<I", raw, 12)[0]
        self.json = json.loads(raw[20 : 20 + length])
        self.data = raw[28 + length :]
        self.primitives = list(self._primitives())

    def _bytes(self, view, offset=0):
        view = self.json["bufferViews"][view]
        start = view.get("byteOffset", 0) + offset
        return self.data[start : view.get("byteOffset", 0) + view["byteLength"]]

    def accessor(self, index):
        """Dense array of an accessor, sparse rows filled in, normalised integers as floats."""
        entry = self.json["accessors"][index]
        dtype, width = DTYPE[entry["componentType"]], WIDTH[entry["type"]]
        if "bufferView" in entry:
            raw = self._bytes(entry["bufferView"], entry.get("byteOffset", 0))
            array = np.frombuffer(raw, dtype, entry["count"] * width).reshape(-1, width)
        else:
            array = np.zeros((entry["count"], width), dtype)
        if "sparse" in entry:
            sparse, array = entry["sparse"], array.copy()
            index_type = DTYPE[sparse["indices"]["componentType"]]
            rows = np.frombuffer(self._bytes(sparse["indices"]["bufferView"]), index_type, sparse["count"])
            values = np.frombuffer(
                self._bytes(sparse["values"]["bufferView"]), dtype, sparse["count"] * width
            )
            array[rows] = values.reshape(-1, width)
        if entry.get("normalized"):
            array = array.astype(np.float64) / np.iinfo(dtype).max
        return array

    def picture(self, index):
        """An image of the file."""
        return Image.open(io.BytesIO(self._bytes(self.json["images"][index]["bufferView"])))

    def _primitives(self):
        for mesh in self.json["meshes"]:
            names = mesh.get("extras", {}).get("targetNames", [])
            for primitive in mesh["primitives"]:
                attributes = {k: self.accessor(v) for k, v in primitive["attributes"].items()}
                targets = primitive.get("targets", [])
                yield Primitive(
                    name=primitive.get("extras", {}).get("name", mesh["name"]),
                    mesh=mesh["name"],
                    material=self.json["materials"][primitive["material"]],
                    positions=attributes["POSITION"].astype(float),
                    normals=attributes["NORMAL"].astype(float),
                    triangles=self.accessor(primitive["indices"]).reshape(-1, 3).astype(np.int64),
                    uv=attributes.get("TEXCOORD_0"),
                    colours=attributes["COLOR_0"],
                    joints=attributes["JOINTS_0"],
                    weights=attributes["WEIGHTS_0"],
                    morphs={n: self.accessor(t["POSITION"]) for n, t in zip(names, targets)},
                    extras=primitive.get("extras", {}),
                )
