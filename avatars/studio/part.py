"""A piece of the host: one mesh primitive with its material, morphs and bones."""

from dataclasses import dataclass, field

import numpy as np

from fields import triangles, vertex_normals


@dataclass
class Part:
    """Positions in cm, in the pose the host has on air (arms hanging); `weights` is a list of (bone, per-vertex weight)."""

    name: str
    material: str
    positions: np.ndarray
    faces: np.ndarray
    weights: list
    uv: np.ndarray | None = None
    shade: np.ndarray | None = None  # painted linear RGB factor per vertex
    morphs: dict | None = None  # ARKit name -> displacement; None: not part of the face
    extras: dict = field(default_factory=dict)
    outfits: tuple | None = None  # the outfits that it belongs to; None: always drawn
    seamless: bool = False  # vertices at one place share a normal, as on both sides of a seam of the texture

    @property
    def triangles(self):
        return triangles(self.faces)

    @property
    def normals(self):
        return self.normals_at(self.positions)

    def normals_at(self, positions):
        """Vertex normals where the part stands at `positions`."""
        if not self.seamless:
            return vertex_normals(positions, self.triangles)
        _, first, same = np.unique(np.round(self.positions, 5), axis=0, return_index=True, return_inverse=True)
        same = same.reshape(-1)
        return vertex_normals(positions[first], same[self.triangles])[same]


@dataclass
class Material:
    """What a part is made of. Colours are sRGB; textures are named by `Host.textures`."""

    surface: str  # skin, eye, hair, cloth, mouth, lash, clear, unlit
    colour: tuple = (1.0, 1.0, 1.0)
    roughness: float = 0.6
    texture: str | None = None  # base colour; multiplied with `colour`
    normal: str | None = None  # tangent-space normal map
    metallic: float = 0.0
    double_sided: bool = False
    alpha: str = "OPAQUE"  # OPAQUE, MASK or BLEND (of the texture's alpha)
    toon: dict | None = None  # VRMC_materials_mtoon, as the file has it


@dataclass
class Texture:
    """An image 0..1 of shape (height, width, 3 or 4): sRGB for colours, linear for normal maps."""

    image: np.ndarray
    quality: int = 90  # of JPEG; pictures with alpha become PNG
    repeat: bool = False  # wraps round instead of stopping at the edge


@dataclass
class Chain:
    """A spring-bone chain: joints in cm from the root to the tip, hung on `parent`.

    The bones are called `name` + `_0`, `_1`, ...; the last one is only the tip. Stiffness, gravity (downwards) and drag as
    VRMC_springBone has them (stiffness about 0.2 loose .. 3 stiff, drag 0..1), radius in cm.
    """

    name: str
    parent: str
    joints: np.ndarray
    stiffness: float = 1.0
    gravity: float = 0.1
    drag: float = 0.4
    radius: float = 1.0
    outfits: tuple | None = None

    def bone(self, k):
        """The name of joint `k`."""
        return f"{self.name}_{k}"


def rigid(positions, bone):
    """Weights of a part that hangs on one bone."""
    return [(bone, np.ones(len(positions)))]


def merge(pieces):
    """Concatenate (positions, faces, *per-vertex arrays) tuples."""
    faces, offset = [], 0
    for piece in pieces:
        faces.append(piece[1] + offset)
        offset += len(piece[0])
    rest = [np.concatenate(column) for column in zip(*(p[2:] for p in pieces))]
    return np.concatenate([p[0] for p in pieces]), np.concatenate(faces), *rest


@dataclass
class Built:
    """What one room of the studio hands over: parts, and what they are made of by name."""

    parts: list = field(default_factory=list)
    materials: dict = field(default_factory=dict)
    textures: dict = field(default_factory=dict)
    chains: list = field(default_factory=list)

    def add(self, other):
        """Takes over everything of `other`."""
        self.parts += other.parts
        self.materials |= other.materials
        self.textures |= other.textures
        self.chains += other.chains
