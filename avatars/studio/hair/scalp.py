"""The scalp that hair grows on: places by direction, the hairline, the cap under the strands, and what strands keep off."""

import numpy as np
from scipy.spatial import cKDTree

from fields import bell, normalise, quad_grid, smoothstep
from paint.skin import HAIRLINE

CENTRE = np.array([0.0, 1.5, -1.2])  # directions are seen from here
LOWEST_ROW = 12.6  # stations of the head below this are neck
CAP_COLUMNS, CAP_ROWS = 44, 8
CLOTHES = 1.8  # cm over the bare body that jackets may take


class Scalp:
    """Where hair grows and hangs on one host."""

    def __init__(self, head, form, hairline):
        self.head, self.hairline_y = head, hairline
        phi, row = np.meshgrid(np.linspace(-np.pi, np.pi, 121), np.linspace(0, LOWEST_ROW, 140))
        points = head.loft(phi, row).reshape(-1, 3) - CENTRE
        self._radius = np.linalg.norm(points, axis=1)
        self._tree = cKDTree(points / self._radius[:, None])
        self.form = form

    def skull(self, direction):
        """Point of the bare head in `direction` (n, 3) from the centre of the skull."""
        direction = normalise(np.atleast_2d(np.asarray(direction, float)))
        distance, index = self._tree.query(direction, k=14)
        weight = np.exp(-((distance / 0.05) ** 2)) + 1e-9
        radius = (weight * self._radius[index]).sum(1) / weight.sum(1)
        return CENTRE + direction * radius[:, None]

    def on(self, azimuth, elevation, lift=0.0):
        """Point `lift` cm over the skull; degrees: azimuth 0 the front, +90 the left; elevation 90 the crown."""
        a, e = np.radians(azimuth), np.radians(elevation)
        point = self.skull([[np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)]])[0]
        return point + normalise(point - CENTRE) * lift

    def at(self, azimuth, height, lift=0.0):
        """Point `lift` cm before the head at an azimuth in degrees and a height `y`."""
        elevation = 0.0
        for _ in range(12):
            point = self.on(azimuth, elevation, lift)
            flat = np.hypot(point[0] - CENTRE[0], point[2] - CENTRE[2])
            elevation = np.degrees(np.arctan2(height - CENTRE[1], max(flat, 0.5)))
        return point

    def top(self, x, z, lift=0.0):
        """Point over the upper half of the head that lies near `x`, `z` seen from above."""
        plan = np.array([x - CENTRE[0], 0, z - CENTRE[2]])
        up = np.sqrt(max(1 - (plan[0] / 7.6) ** 2 - (plan[2] / 9.6) ** 2, 0.02)) * 10.2
        direction = plan + [0, up, 0]
        point = self.skull(direction)[0]
        return point + normalise(point - CENTRE) * lift

    def outwards(self, points):
        """Unit vectors away from the head, and below the chin away from neck, chest and back."""
        head = (points - CENTRE) / [8.0, 10.5, 9.5]
        head[:, 1] = np.maximum(head[:, 1], 0)
        body = np.stack([0.5 * points[:, 0], 0 * points[:, 0], points[:, 2] + 4.0], -1)
        low = smoothstep(-5.0, -14.0, points[:, 1])[:, None]
        return normalise(normalise(head) * (1 - low) + normalise(body) * low)

    def keep_off(self, points, over_head, over_body=CLOTHES):
        """`points`, moved so that they stay that many cm over the head and the body."""
        out = np.array(points, float)
        ray = out - CENTRE
        length = np.linalg.norm(ray, axis=1)
        near = out[:, 1] > -9.0
        least = np.linalg.norm(self.skull(ray) - CENTRE, axis=1) + over_head
        push = np.where(near, np.maximum(least - length, 0) * smoothstep(-10.5, -6.5, out[:, 1]), 0)
        out += normalise(ray) * push[:, None]
        return self.off_body(out, over_body)

    def off_body(self, points, least):
        """`points`, moved so that those below the neck stay `least` cm over the body."""
        out, low = points.copy(), points[:, 1] < -12.8
        if low.any():
            out[low] = self.form.push_out(out[low], least * smoothstep(-12.8, -16.0, out[low, 1]))
        return out

    # ------------------------------------------------------------------ the cap
    def hairline(self, phi):
        """Height in cm at which hair begins at the angle `phi` of the head's loft (radians)."""
        return self.hairline_y + HAIRLINE(np.degrees(np.abs(phi)))

    def _edge_row(self, phi, sideburn):
        rows = np.linspace(0.0, 12.0, 240)
        y = self.head.loft(phi[:, None], rows[None])[..., 1]
        line = self.hairline(phi) + sideburn * bell(np.degrees(np.abs(phi)), 74, 10)
        return np.array([np.interp(-h, -column, rows) for h, column in zip(line, y)])

    def cap(self, lift, rng, sideburn=0.0, ragged=0.10):
        """(positions, faces, uv, shade): hair that lies on the skin from the crown down to the hairline."""
        phi = np.linspace(-np.pi, np.pi, CAP_COLUMNS + 1)[:-1]
        edge = self._edge_row(phi, sideburn) + rng.uniform(-ragged, ragged, CAP_COLUMNS) - 0.15 * np.maximum(np.cos(phi), 0)
        share = np.r_[0.0, np.linspace(0.18, 1, CAP_ROWS - 1)]
        row = share[:, None] * edge[None]
        points = self.head.loft(np.broadcast_to(phi, row.shape), row)
        thick = lift * (1 - smoothstep(0.80, 1.0, share)) + 0.03
        points = points + self.outwards(points.reshape(-1, 3)).reshape(points.shape) * thick[:, None, None]
        uv = np.stack(np.broadcast_arrays((phi / (2 * np.pi) * 4)[None], 0.05 + 0.35 * share[:, None]), -1)
        shade = np.broadcast_to((0.62 + 0.1 * share)[:, None], row.shape)
        faces = quad_grid(CAP_ROWS, CAP_COLUMNS, wrap=True)
        return points.reshape(-1, 3), faces, uv.reshape(-1, 2), shade.reshape(-1)
