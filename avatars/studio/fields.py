"""Small mathematical vocabulary of the studio: falloffs, blends, quad grids.

Units everywhere in the studio: centimetres, +Y up, +Z forward (towards the
camera), +X to the character's left. The eye line is y = 0; the glTF writer
moves the floor to y = 0 and converts to metres.
"""

import numpy as np


def smoothstep(start, end, x):
    """0 before `start`, 1 after `end`, cubic in between (start may exceed end)."""
    t = np.clip((x - start) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)


def bump(x, y, centre_x, centre_y, size_x, size_y):
    """Two-dimensional Gaussian of height 1; sizes are the 1/e half widths."""
    return np.exp(-(((x - centre_x) / size_x) ** 2) - ((y - centre_y) / size_y) ** 2)


def bell(x, centre, size):
    """One-dimensional Gaussian of height 1."""
    return np.exp(-(((x - centre) / size) ** 2))


def smooth_max(a, b, radius):
    """Maximum with a rounded corner of about `radius`."""
    h = np.clip(0.5 + 0.5 * (a - b) / radius, 0, 1)
    return b + (a - b) * h + radius * h * (1 - h)


def blend(a, b, t):
    """Linear blend of colours `a` and `b` (last axis) by the scalar field `t`."""
    return a + (np.asarray(b) - a) * t[..., None]


def normalise(v):
    """Unit vectors along the last axis; the zero vector stays zero."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def quad_grid(rows, columns, wrap=False, flip=False):
    """Quads of a row-major vertex grid; `wrap` joins the last column to the first.

    Counter-clockwise when rows run downwards and columns to the right.
    """
    last = columns if wrap else columns - 1
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(last), indexing="ij")
    right = (c + 1) % columns
    quads = np.stack(
        [r * columns + c, (r + 1) * columns + c, (r + 1) * columns + right, r * columns + right],
        -1,
    ).reshape(-1, 4)
    return quads[:, ::-1].copy() if flip else quads


def triangles(faces):
    """Triangles of quads (or of triangles), without degenerate ones."""
    faces = np.asarray(faces)
    if faces.shape[1] == 4:
        faces = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    a, b, c = faces.T
    return faces[(a != b) & (b != c) & (a != c)]


def vertex_normals(positions, tris):
    """Area-weighted vertex normals; vertices without area point forward."""
    a, b, c = (positions[tris[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros_like(positions)
    for k in range(3):
        np.add.at(total, tris[:, k], face)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 1e-9, total / np.maximum(length, 1e-9), [0.0, 0.0, 1.0])


def outward(positions, faces, centre=None):
    """`faces`, flipped as a whole where they enclose a negative volume."""
    tris = triangles(faces)
    middle = positions.mean(0) if centre is None else np.asarray(centre)
    a, b, c = (positions[tris[:, k]] - middle for k in range(3))
    volume = np.einsum("ij,ij->", a, np.cross(b, c))
    return faces if volume > 0 else faces[:, ::-1].copy()


def to_linear(srgb):
    """sRGB values 0..1 as linear light."""
    srgb = np.asarray(srgb, float)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_srgb(linear):
    """Linear light 0..1 as sRGB values."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
