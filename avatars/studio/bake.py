"""Baked light: how much of the sky and of the key light each point sees at rest.

Orthographic depth maps of the whole host are drawn from many directions; a
point sees a direction when it is not behind that map. The result goes into the
skin texture and into vertex colours, so that a renderer needs neither shadow
map nor ambient occlusion.
"""

import numpy as np
from numba import njit

from fields import normalise
from raster import draw

SKY_DIRECTIONS, KEY_DIRECTIONS = 72, 16
KEY = np.array([-0.06, 0.62, 0.90])  # from above the camera
KEY_SPREAD = 0.20
MAP_SIZE = 900  # pixels
# Where the maps lie: centre and radius in cm. Points below FAR_BELOW look at the second one.
NEAR, FAR = (np.array([0, -12.0, 0]), 28.0), (np.array([0, -76.0, 0]), 92.0)
FAR_BELOW = -34.0
LIFT, BIAS = 0.10, 0.16  # cm off the surface, and depth tolerance
# Occlusion reddens skin: light that enters it comes out red.
SKIN_TINT = np.array([0.80, 1.04, 1.10])


@njit(cache=True)
def _visible(px, py, along, depth, out):
    height, width = depth.shape
    for i in range(len(px)):
        x, y = int(px[i]), int(py[i])
        if x < 1 or y < 1 or x >= width - 1 or y >= height - 1:
            out[i] = 1.0
            continue
        seen = 0.0
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                if depth[y + dy, x + dx] > -along[i] - BIAS:
                    seen += 1.0
        out[i] = seen / 9.0


def _sphere(count):
    """Evenly spread directions (golden spiral)."""
    k = np.arange(count) + 0.5
    y = 1 - 2 * k / count
    turn = np.pi * (1 + 5**0.5) * k
    ring = np.sqrt(1 - y * y)
    return np.stack([ring * np.cos(turn), y, ring * np.sin(turn)], -1)


class Light:
    """Occluders, ready to be asked for the light at sets of points."""

    def __init__(self, parts, progress):
        self.positions = np.concatenate([p.positions for p in parts])
        offsets = np.cumsum([0] + [len(p.positions) for p in parts[:-1]])
        self.triangles = np.concatenate([p.triangles + o for p, o in zip(parts, offsets)]).astype(np.int64)
        self.progress = progress

    def _map(self, direction, where):
        right = normalise(np.cross([0.0, 1.0, 0.02], direction))
        frame = np.stack([right, np.cross(direction, right), direction])
        projected = self._project(self.positions, frame, where)
        projected[:, 2] *= -1
        depth, _, _ = draw(projected, self.triangles, np.zeros((len(projected), 1)), MAP_SIZE, MAP_SIZE)
        return frame, depth

    @staticmethod
    def _project(points, frame, where):
        centre, radius = where
        q = (points - centre) @ frame.T
        q[:, :2] = (q[:, :2] / radius + 1) * 0.5 * MAP_SIZE
        return q

    def at(self, sets):
        """[(sky, key)] in 0..1 for each (points, normals) of `sets`."""
        sky_directions = _sphere(SKY_DIRECTIONS)
        spread = KEY_SPREAD * _sphere(KEY_DIRECTIONS)
        directions = [(d, True) for d in sky_directions] + [(normalise(KEY + s), False) for s in spread]
        sums = [np.zeros((3, len(points))) for points, _ in sets]  # sky seen, sky, key seen
        needs_far = any((points[:, 1] < FAR_BELOW).any() for points, _ in sets)
        for step, (direction, is_sky) in enumerate(directions):
            near = self._map(direction, NEAR)
            far = self._map(direction, FAR) if needs_far else near
            for (points, normals), total in zip(sets, sums):
                seen, low = np.ones(len(points)), points[:, 1] < FAR_BELOW
                for (frame, depth), where, chosen in ((near, NEAR, ~low), (far, FAR, low)):
                    q = self._project(points[chosen] + normals[chosen] * LIFT, frame, where)
                    part = np.empty(len(q))
                    _visible(q[:, 0], q[:, 1], q[:, 2], depth, part)
                    seen[chosen] = part
                if is_sky:
                    weight = np.maximum(normals @ direction, 0) * (0.65 + 0.35 * direction[1])
                    total[0] += weight * seen
                    total[1] += weight
                else:
                    total[2] += seen / KEY_DIRECTIONS
            self.progress(step + 1, len(directions))
        return [(t[0] / np.maximum(t[1], 1e-6), t[2]) for t in sums]


def factor(sky, key, sky_share, key_share, floor, tint=1.0):
    """Linear RGB factor: how far occlusion and key shadow darken a base colour."""
    light = (1 - sky_share + sky_share * sky) * (1 - key_share + key_share * key)
    return np.maximum(light, floor)[..., None] ** np.broadcast_to(tint, 3)
