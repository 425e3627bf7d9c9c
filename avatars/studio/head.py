"""The head as an analytic loft: 21 closed loops from the crown to the shoulders.

A loop is drawn by its front, side and back points and by the exponent of a
superellipse. Loops are tilted (y runs from the front to the side point), so one
station is the jaw line and the next ones are the underside of the jaw.
"""

import numpy as np
from scipy.interpolate import Akima1DInterpolator, CloughTocher2DInterpolator, PchipInterpolator

# front y, z | side x, y, z | back y, z | exponent of the front and of the back half
STATIONS = np.array(
    [
        [11.75, -0.5, 0.02, 11.75, -0.6, 11.75, -0.7, 2.0, 2.0],
        [11.55, 2.2, 2.6, 11.5, -0.8, 11.5, -3.6, 2.0, 2.0],
        [10.5, 5.2, 5.0, 10.3, -1.0, 10.3, -6.8, 2.05, 2.0],
        [8.3, 7.7, 6.75, 8.0, -1.0, 7.9, -9.0, 2.15, 2.05],
        [5.3, 9.05, 7.3, 5.1, -0.9, 4.7, -9.9, 2.25, 2.1],
        [2.4, 9.4, 7.3, 2.4, -0.6, 1.6, -9.8, 2.3, 2.1],
        [0.0, 9.15, 7.08, 0.2, -0.4, -1.4, -9.1, 2.34, 2.1],
        [-2.2, 9.05, 6.8, -2.0, -0.3, -4.2, -7.8, 2.27, 2.1],
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
        [-16.5, 3.3, 7.4, -15.7, -2.5, -15.8, -7.2, 2.1, 2.1],
        [-19.2, 4.8, 10.6, -17.6, -2.6, -17.6, -8.0, 2.3, 2.2],
    ]
)
LAST_ROW = len(STATIONS) - 1
# Rows (station numbers) that other files name.
JAW_ROW, UNDER_JAW_ROW = 12.6, 14.2


def loft_point(table, phi, row):
    """Point of a lofted surface; phi 0 is the front, +pi/2 the character's left."""
    y_front, z_front, x_side, y_side, z_side, y_back, z_back, n_front, n_back = np.moveaxis(table(row), -1, 0)
    cos, sin = np.cos(phi), np.sin(phi)
    exponent = 2 / np.where(cos > 0, n_front, n_back)
    x = x_side * np.sign(sin) * np.abs(sin) ** exponent
    depth = np.abs(cos) ** exponent
    z = z_side + (np.where(cos > 0, z_front, z_back) - z_side) * depth
    y = np.where(cos > 0, y_front + (y_side - y_front) * sin**2, y_side + (y_back - y_side) * cos**2)
    return np.stack([x, y, z], -1)


_table = Akima1DInterpolator(np.arange(len(STATIONS)), STATIONS, axis=0)


def loft(phi, row):
    """Point of the bare head (no features) at angle `phi` and station `row`."""
    return loft_point(_table, phi, np.clip(row, 0, LAST_ROW))


def _front_lookup():
    phi, row = np.meshgrid(np.linspace(-1.52, 1.52, 110), np.linspace(1.2, 13.2, 150))
    points = loft(phi, row).reshape(-1, 3)
    values = np.c_[points[:, 2], phi.ravel(), row.ravel()]
    return CloughTocher2DInterpolator(points[:, :2], values)


_front = _front_lookup()


def front_of(x, y):
    """(z, phi, row) of the bare head behind the frontal point (x, y)."""
    found = _front(np.c_[np.ravel(x), np.ravel(y)])
    return found[:, 0], found[:, 1], found[:, 2]


# ------------------------------------------------------------------ texture coordinates
# The front of the face gets about 60 % of the width of the texture.
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
