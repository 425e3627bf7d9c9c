"""The head as an analytic loft: 21 closed loops from the crown to the shoulders.

A loop is drawn by its front, side and back points and by the exponent of a
superellipse. Loops are tilted (y runs from the front to the side point), so one
station is the jaw line and the next ones are the underside of the jaw.
"""

import numpy as np
from scipy.interpolate import Akima1DInterpolator, CloughTocher2DInterpolator, PchipInterpolator

from body.form import loft_point
from face.features import Features
from fields import bump, smoothstep

# front y, z | side x, y, z | back y, z | exponent of the front and of the back half
STATIONS = np.array(
    [
        [11.75, -0.5, 0.02, 11.75, -0.6, 11.75, -0.7, 2.0, 2.0],
        [11.55, 2.2, 2.6, 11.5, -0.8, 11.5, -3.6, 2.0, 2.0],
        [10.5, 5.2, 5.0, 10.3, -1.0, 10.3, -6.8, 2.05, 2.0],
        [8.3, 7.7, 6.75, 8.0, -1.0, 7.9, -9.0, 2.15, 2.05],
        [5.3, 9.05, 7.3, 5.1, -0.9, 4.7, -9.9, 2.25, 2.1],
        [2.4, 9.4, 7.3, 2.4, -0.6, 1.6, -9.8, 2.45, 2.1],
        [0.0, 9.15, 7.15, 0.2, -0.4, -1.4, -9.1, 2.52, 2.1],
        [-2.2, 9.05, 6.88, -2.0, -0.3, -4.2, -7.8, 2.38, 2.1],
        [-4.2, 9.1, 6.3, -3.8, -0.4, -6.4, -6.6, 2.14, 2.1],
        [-5.9, 9.05, 5.65, -5.2, -0.7, -8.1, -5.8, 2.02, 2.1],
        [-7.35, 8.9, 5.0, -6.3, -1.0, -9.2, -5.3, 1.92, 2.1],
        [-8.45, 8.85, 4.4, -7.2, -1.4, -9.9, -5.0, 1.85, 2.1],
        [-9.3, 8.2, 3.85, -7.7, -1.7, -10.4, -4.9, 1.84, 2.1],
        [-9.75, 6.6, 3.65, -8.6, -1.9, -10.8, -4.85, 1.9, 2.1],
        [-10.05, 4.6, 3.5, -9.4, -2.0, -11.2, -4.85, 2.0, 2.1],
        [-11.0, 2.7, 3.35, -10.6, -2.0, -11.9, -4.95, 2.0, 2.1],
        [-12.2, 1.75, 3.3, -12.0, -2.0, -12.8, -5.2, 2.0, 2.1],
        [-13.5, 1.6, 3.5, -13.1, -2.1, -13.8, -5.7, 2.0, 2.1],
        [-15.0, 2.1, 4.6, -14.4, -2.3, -14.8, -6.4, 2.0, 2.1],
    ]
)
# Below the neck the skin lies on the torso: these stations of it follow.
TORSO_ROWS = (1.35, 2.5, 4.2)
SINK = -0.10  # cm under the torso, so that cloth close to it stays outside
LAST_ROW = len(STATIONS) + len(TORSO_ROWS) - 1
# Rows (station numbers) that other files name.
JAW_ROW, UNDER_JAW_ROW = 12.6, 14.2

# Texture coordinates: the front of the face gets about 60 % of the width of the texture.
_u_of_phi = PchipInterpolator([-np.pi, -1.9, -1.2, 0, 1.2, 1.9, np.pi], [0, 0.10, 0.20, 0.5, 0.80, 0.90, 1])
_v_of_row = PchipInterpolator([0, 3, 4.5, 13, 15, LAST_ROW], [0, 0.10, 0.19, 0.80, 0.87, 1])
_phi_samples = np.linspace(-np.pi, np.pi, 8001)
_row_samples = np.linspace(0, LAST_ROW, 8001)


def uv_of(phi, row):
    """Texture coordinates, v downwards as glTF has it."""
    return np.stack([_u_of_phi(phi), _v_of_row(row)], -1)


def phi_of_u(u):
    """Numeric inverse of the horizontal texture coordinate."""
    return np.interp(u, _u_of_phi(_phi_samples), _phi_samples)


def row_of_v(v):
    """Numeric inverse of the vertical texture coordinate."""
    return np.interp(v, _v_of_row(_row_samples), _row_samples)


def _shaped(shape, form):
    """The stations of a head with this form, and of the upper chest under it."""
    table, rows = np.concatenate([STATIONS, form.stations(TORSO_ROWS)]), np.arange(LAST_ROW + 1)

    def along(knots, values):
        return PchipInterpolator(knots, values)(np.clip(rows, knots[0], knots[-1]))

    table[:, 2] *= shape.width * along(
        [0, 4, 6, 7.5, 9, 10.5, 11.5, 12.5, 13.2, 15, 16, 18, 19],
        [1, 1, 1, shape.cheek, 0.5 * (shape.cheek + shape.jaw), shape.jaw, 0.5 * (shape.jaw + shape.chin)]
        + [shape.chin, shape.chin, 0.5 * (shape.chin + shape.neck), shape.neck, shape.neck, 1],
    )
    lower = along([0, 6, 9, 12, 13.5, 15, 16.5, 20], [0, 0, 0.35, 1, 1, 0.5, 0, 0])
    table[:, [0]] -= (shape.chin_length * lower)[:, None]
    table[:, 3] -= 0.5 * shape.chin_length * lower
    table[:, 1] += shape.chin_forward * along([0, 7, 10, 12, 13, 14, 15, 20], [0, 0, 0.4, 1, 1, 0.5, 0, 0])
    table[:, 7] += shape.front * along([0, 2, 4, 8, 10, 12, 20], [0, 0.2, 1, 1, 0.5, 0, 0])
    table[:, 1] += shape.forehead * along([0, 1, 3, 5, 6, 7, 20], [0, 0.4, 1, 0.5, 0.1, 0, 0])
    deep = along([0, 13, 15, 19], [shape.depth, shape.depth, shape.neck, 1])
    for column in (1, 6):
        table[:, column] = -1.0 + (table[:, column] + 1.0) * deep
    return table


class Head:
    """The bare head of one host, without the features of the face."""

    def __init__(self, params, form):
        self._adam, self._form = params.shape.adam, form
        self._table = Akima1DInterpolator(np.arange(LAST_ROW + 1), _shaped(params.shape, form), axis=0)
        self._front = self._front_lookup()

    def loft(self, phi, row):
        """Point of the bare head at angle `phi` (0 front, +pi/2 the left) and station `row`."""
        row = np.clip(row, 0, LAST_ROW)
        point = loft_point(self._table, phi, row)
        if self._adam:
            point[..., 2] += self._adam * bump(point[..., 0], point[..., 1], 0, -12.6, 0.8, 0.9) * (np.cos(phi) > 0)
        on_torso = smoothstep(17.6, 19.0, row)
        if np.any(on_torso > 0):
            torso_row = np.interp(row, [17.6, 19, 20, 21], [0.9, *TORSO_ROWS])
            skin = self._form.torso(phi, torso_row, SINK)
            point = point + on_torso[..., None] * (skin - point)
        return point

    def _front_lookup(self):
        phi, row = np.meshgrid(np.linspace(-1.52, 1.52, 110), np.linspace(1.2, 13.2, 150))
        points = self.loft(phi, row).reshape(-1, 3)
        values = np.c_[points[:, 2], phi.ravel(), row.ravel()]
        return CloughTocher2DInterpolator(points[:, :2], values)

    def front_of(self, x, y):
        """(z, phi, row) of the bare head behind the frontal point (x, y)."""
        found = self._front(np.c_[np.ravel(x), np.ravel(y)])
        return found[:, 0], found[:, 1], found[:, 2]


class Face:
    """Head and features of one host: what all the rooms of the face work on."""

    def __init__(self, params, form):
        self.params, self.f, self.head = params, Features(params), Head(params, form)
