"""A piece of the host: one mesh primitive with its material, morphs and bones."""

from dataclasses import dataclass, field

import numpy as np

from fields import triangles, vertex_normals


@dataclass
class Part:
    """Positions in cm; `weights` is a list of (bone, per-vertex weight)."""

    name: str
    material: str
    positions: np.ndarray
    faces: np.ndarray
    weights: list
    uv: np.ndarray | None = None
    shade: np.ndarray | None = None  # painted linear RGB factor per vertex
    morphs: dict | None = None  # ARKit name -> displacement; None: not part of the face
    extras: dict = field(default_factory=dict)

    @property
    def triangles(self):
        return triangles(self.faces)

    @property
    def normals(self):
        return vertex_normals(self.positions, self.triangles)


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
