"""The shade that hair throws on a drawn face: hard, from the one light that cartoons are drawn under."""

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter, label

from fields import normalise
from raster import draw

KEY = np.array([-0.2506, 0.3509, 0.9023])  # towards the light; the same as the renderer's
MAP_SIZE, MAP_CENTRE, MAP_RADIUS = 1600, np.array([0, -7.0, 0]), 17.0  # pixels, cm
BIAS = 0.05  # cm
SMALLEST = 0.001  # share of the texture that a patch of shade has at least; smaller ones are stray marks
THROWN = ("hair",)  # the beginnings of the names of materials that throw shade


def _frame():
    right = normalise(np.cross([0.0, 1.0, 0.0], KEY))
    return np.stack([right, np.cross(KEY, right), KEY])


def _project(points):
    q = (points - MAP_CENTRE) @ _frame().T
    q[:, :2] = (q[:, :2] / MAP_RADIUS + 1) * 0.5 * MAP_SIZE
    q[:, 2] *= -1
    return q


def cast(built):
    """Puts the shade of the hair on the skin into the red of the texture "skin_mask"."""
    skin = next(part for part in built.parts if part.name == "skin")
    hair = [p for p in built.parts if p.material.startswith(THROWN) and p.outfits is None]
    if not hair:
        return
    offsets = np.cumsum([0] + [len(p.positions) for p in hair])
    points = _project(np.concatenate([p.positions for p in hair]))
    triangles = np.concatenate([p.triangles + o for p, o in zip(hair, offsets)]).astype(np.int64)
    depth, _, _ = draw(points, triangles, np.zeros((len(points), 1)), MAP_SIZE, MAP_SIZE)

    image = built.textures["skin_mask"].image
    size = len(image)
    flat = np.c_[skin.uv * size, np.zeros(len(skin.uv))]
    _, places, owner = draw(flat, skin.triangles.astype(np.int64), skin.positions, size, size)
    texels = owner >= 0
    q = _project(places[texels])
    x, y = (np.clip(q[:, k].astype(int), 0, MAP_SIZE - 1) for k in (0, 1))
    dark = np.zeros((size, size))
    dark[texels] = depth[y, x] < q[:, 2] - BIAS
    islands, count = label(dark)
    small = np.bincount(islands.ravel(), minlength=count + 1) < SMALLEST * size**2
    dark[small[islands]] = 0
    # Texels beyond the edge of the mesh take what their neighbours have.
    dark = np.where(texels, dark, binary_dilation(dark > 0, iterations=3))
    dark = np.clip(2.0 * gaussian_filter(dark, 1.6) - 0.5, 0, 1)
    image[..., 0] = np.maximum(image[..., 0], dark)
