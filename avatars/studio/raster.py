"""Triangle rasterisation kernels, shared by the baker and the preview."""

import math

import numpy as np
from numba import njit


@njit(cache=True)
def rasterise(points, tris, attributes, cull, depth, buffer, owner, labels):
    """Nearest surface per pixel.

    `points` are (x pixel, y pixel, depth, smaller is nearer). Attributes are
    interpolated into `buffer`; `owner` takes the triangle's label. Where
    cull[t] is true, triangles that turn their back are skipped.
    """
    height, width = depth.shape
    channels = attributes.shape[1]
    for t in range(tris.shape[0]):
        a, b, c = tris[t, 0], tris[t, 1], tris[t, 2]
        x0, y0, z0 = points[a, 0], points[a, 1], points[a, 2]
        x1, y1, z1 = points[b, 0], points[b, 1], points[b, 2]
        x2, y2, z2 = points[c, 0], points[c, 1], points[c, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        # y grows downwards: counter-clockwise triangles have a negative area
        if abs(area) < 1e-12 or (cull[t] and area > 0):
            continue
        left, right = max(0, int(math.floor(min(x0, x1, x2)))), min(width - 1, int(max(x0, x1, x2)) + 1)
        top, bottom = max(0, int(math.floor(min(y0, y1, y2)))), min(height - 1, int(max(y0, y1, y2)) + 1)
        inverse = 1.0 / area
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                px, py = x + 0.5, y + 0.5
                w1 = ((px - x0) * (y2 - y0) - (x2 - x0) * (py - y0)) * inverse
                w2 = ((x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)) * inverse
                w0 = 1.0 - w1 - w2
                if w0 < -1e-6 or w1 < -1e-6 or w2 < -1e-6:
                    continue
                z = w0 * z0 + w1 * z1 + w2 * z2
                if z < depth[y, x]:
                    depth[y, x] = z
                    owner[y, x] = labels[t]
                    for k in range(channels):
                        buffer[y, x, k] = (
                            w0 * attributes[a, k] + w1 * attributes[b, k] + w2 * attributes[c, k]
                        )


def draw(points, tris, attributes, width, height, cull=None, labels=None):
    """(depth, buffer, owner) of a scene; owner is -1 where nothing is."""
    cull = np.zeros(len(tris), np.bool_) if cull is None else cull
    labels = np.zeros(len(tris), np.int64) if labels is None else labels
    depth = np.full((height, width), 1e9)
    buffer = np.zeros((height, width, attributes.shape[1]))
    owner = np.full((height, width), -1, np.int64)
    rasterise(points, tris, attributes, cull, depth, buffer, owner, labels)
    return depth, buffer, owner
