"""Clothes: a torso loft, and tee, jacket, lapels and sleeves as offsets of it."""

import numpy as np
from scipy.interpolate import Akima1DInterpolator, CubicSpline, PchipInterpolator

from fields import bell, normalise, outward, quad_grid, smoothstep
from head import loft_point
from part import Part, merge

# front y, z | side x, y, z | back y, z | exponent of the front and of the back half
TORSO = np.array(
    [
        [-13.2, 2.2, 3.9, -12.9, -2.1, -11.6, -6.3, 2, 2],
        [-15.0, 3.6, 6.3, -14.2, -2.3, -13.2, -7.2, 2, 2],
        [-17.0, 5.0, 9.9, -15.7, -2.5, -15.2, -8.1, 2.1, 2.1],
        [-19.5, 6.4, 12.0, -17.8, -2.7, -18.0, -8.8, 2.25, 2.3],
        [-22.5, 7.9, 12.9, -21.2, -2.7, -22.0, -9.1, 2.3, 2.4],
        [-26.0, 8.7, 12.5, -25.4, -2.6, -26.0, -8.9, 2.3, 2.4],
        [-31.0, 7.9, 11.4, -30.7, -2.4, -31.0, -8.2, 2.3, 2.4],
        [-38.0, 7.6, 11.6, -37.8, -2.2, -38.0, -8.1, 2.3, 2.4],
        [-52.0, 8.2, 14.0, -51.8, -2.0, -52.0, -9.4, 2.3, 2.4],
    ]
)
TORSO[:, [0, 3, 5]] += 0.7
LAST_ROW = len(TORSO) - 1
BUTTON_ROW = 5.45
_table = Akima1DInterpolator(np.arange(len(TORSO)), TORSO, axis=0)

# Angle of the jacket's opening edge from the front, in degrees, at torso stations.
_opening = PchipInterpolator(
    [0, 0.6, 1.4, 2.4, 3.6, 4.8, 5.6, 7, 8], [64, 58, 43, 30, 18, 7, -1.2, -2.5, -2.5]
)


def torso(phi, row, offset=0.0):
    """Point at `offset` cm outside the bare torso."""
    phi, row, offset = np.broadcast_arrays(phi, row, offset)

    def bare(phi, row):
        return loft_point(_table, phi, np.clip(row, 0, LAST_ROW))

    point, step = bare(phi, row), 1e-3
    normal = normalise(np.cross(bare(phi, row + step) - point, bare(phi + step, row) - point))
    return point + normal * offset[..., None]


def opening(row):
    """Angle of the jacket's front edge."""
    return np.radians(_opening(row))


def clear_of_torso(points, margin, below=-11.5):
    """`points` pushed out of the dressed torso by at least `margin` where they hang below."""
    y = points[:, 1]

    def radius(y_column, column):
        return np.interp(-y, -TORSO[:, y_column], TORSO[:, column])

    centre_z = -2.5
    half_x = radius(3, 2) + margin
    half_z = np.where(points[:, 2] > centre_z, radius(0, 1) - centre_z, centre_z - radius(5, 6)) + margin
    x, z = points[:, 0] / half_x, (points[:, 2] - centre_z) / half_z
    inside = np.sqrt(x**2 + z**2)
    grow = np.where((inside < 1) & (y < below), 1 / np.maximum(inside, 0.3), 1)
    # Push towards front or back rather than over the shoulder.
    pushed = points.copy()
    pushed[:, 0] = np.clip(points[:, 0] * grow, -np.abs(points[:, 0]) * 1.08, np.abs(points[:, 0]) * 1.08)
    keep = np.sqrt(np.clip(1 - np.clip(pushed[:, 0] / half_x, -0.98, 0.98) ** 2, 0, 1))
    wanted = centre_z + np.where(points[:, 2] > centre_z, 1, -1) * keep * half_z
    pushed[:, 2] = np.where(grow > 1, wanted, points[:, 2])
    return pushed


def _torso_weights(positions, arms=True):
    """Neck to chest to spine, and the upper arms at the sides."""
    x, y = positions[:, 0], positions[:, 1]
    arm = smoothstep(10.2, 13.4, np.abs(x)) * smoothstep(-46, -34, y) if arms else np.zeros(len(y))
    spine = smoothstep(-32, -42, y) * (1 - arm)
    return [
        ("chest", 1 - arm - spine),
        ("spine", spine),
        ("leftUpperArm", arm * (x > 0)),
        ("rightUpperArm", arm * (x <= 0)),
    ]


def tee():
    """Round-necked tee; most of it lies under the jacket."""
    rows, columns = 15, 44
    phi = np.linspace(-np.pi, np.pi, columns + 1)[:-1]
    neck = 0.30 + 1.10 * np.clip(np.cos(phi), 0, 1) ** 1.5
    row = neck + (LAST_ROW - neck) * np.linspace(0, 1, rows)[:, None] ** 1.1
    grid = torso(phi, row, 0.30)
    lining = torso(phi, neck + 0.55, -2.2)  # closes the gap to the neck
    hem = [
        lining,
        torso(phi, neck + 0.02, -0.25),
        torso(phi, neck - 0.03, 0.16),
        torso(phi, neck - 0.03, 0.30),
    ]
    band = torso(phi, neck + 0.20, 0.34)
    seam = torso(phi, neck + 0.24, 0.27)
    grid = np.concatenate([np.stack(hem), band[None], seam[None], torso(phi, row[1:], 0.30)])
    positions = grid.reshape(-1, 3)
    faces = quad_grid(len(grid), columns, wrap=True)
    shade = np.ones(grid.shape[:2])
    shade[0], shade[1], shade[5] = 0.06, 0.40, 0.86
    weights = _torso_weights(positions, arms=False)
    return Part("tee", "tee", positions, outward(positions, faces), weights, shade=shade.ravel())


def _jacket_body():
    rows, columns = 26, 46
    row = np.linspace(0.42, LAST_ROW, rows)
    edge = opening(row)
    across = np.linspace(0, 1, columns)
    phi = edge[:, None] + (2 * np.pi - 2 * edge[:, None]) * across
    row = np.broadcast_to(row[:, None], phi.shape)
    folds = 0.10 * np.sin(row * 3.2 + 2 * np.sin(2 * phi)) * smoothstep(3, 6, row)
    overlap = 0.16 * smoothstep(0.93, 1, across) * smoothstep(4.6, 5.3, row)
    body = torso(phi, row, 0.72 + folds + overlap)
    first, last = torso(phi[:, :1], row[:, :1], 0.30), torso(phi[:, -1:], row[:, -1:], 0.30)
    grid = np.concatenate([first, body, last], 1)
    u = np.concatenate([across[:1], across, across[-1:]])
    u, v = np.broadcast_arrays(0.02 + 0.66 * u, row[:, :1] / LAST_ROW)
    positions = grid.reshape(-1, 3)
    faces = quad_grid(rows, columns + 2)
    return positions, outward(positions, faces), np.stack([u, v], -1).reshape(-1, 2)


def _sleeve(side):
    rows, columns = 17, 18
    t = np.linspace(0, 1, rows)
    path = [[7.6, -16.6, -2.7], [10.6, -18.3, -2.7], [12.7, -25.5, -2.5], [14.2, -46, -0.8]]
    centre = CubicSpline([0, 0.12, 0.42, 1], path)(t)
    tangent = normalise(np.gradient(centre, axis=0))
    radius = PchipInterpolator([0, 0.06, 0.14, 0.3, 0.6, 1], [1.6, 2.5, 3.1, 3.15, 3.0, 2.7])(t)
    front = normalise(np.array([0, 0, 1.0]) - tangent * tangent[:, 2:3])
    across = np.cross(tangent, front)
    angle = np.linspace(0, 2 * np.pi, columns + 1)
    wrinkle = 1 + 0.02 * np.sin(26 * t)[:, None] * np.sin(2 * angle + 6 * t[:, None])
    ring = np.cos(angle)[None, :, None] * across[:, None]
    ring = ring + 1.08 * np.sin(angle)[None, :, None] * front[:, None]
    positions = (centre[:, None] + (radius[:, None] * wrinkle)[..., None] * ring).reshape(-1, 3)
    positions[:, 0] *= side
    u, v = np.meshgrid(0.72 + 0.26 * angle / (2 * np.pi), t)
    faces = outward(positions, quad_grid(rows, columns + 1))
    return positions, faces, np.stack([u, v], -1).reshape(-1, 2)


def jacket():
    """Blazer body and sleeves with texture coordinates (sleeves in the right quarter)."""
    positions, faces, uv = merge([_jacket_body(), _sleeve(1), _sleeve(-1)])
    return Part("jacket", "jacket", positions, faces, _torso_weights(positions), uv)


def lapel():
    """Collar and lapels: a sheet that follows the opening edge with a width curve and a notch."""
    front = np.linspace(5.5, 0.5, 34)
    edge = opening(front)
    behind = 22
    round_neck = np.linspace(opening(0.5), 2 * np.pi - opening(0.5), behind + 2)[1:-1]
    dip = 0.5 - 0.18 * np.sin(np.linspace(0, np.pi, behind))
    phi = np.r_[edge, round_neck, 2 * np.pi - edge[::-1]]
    row = np.r_[front, dip, front[::-1]]
    width = PchipInterpolator(
        [0.5, 1.2, 2.0, 2.75, 2.9, 3.05, 4.2, 5.1, 5.5], [2.6, 2.8, 3.2, 3.7, 3.8, 3.6, 2.5, 1.0, 0.05]
    )(front)
    width *= 1 - 0.42 * bell(front, 1.95, 0.13)
    collar = 1 - smoothstep(0.6, 2.0, front)
    collar = np.r_[collar, np.ones(behind), collar[::-1]]
    width = np.r_[width, np.full(behind, 2.6), width[::-1]]
    side = np.r_[np.ones(len(front)), np.sign(np.pi - round_neck), -np.ones(len(front))]
    across = np.linspace(0, 1, 6)
    phi = phi[:, None] + (side * (1 - collar) * width / 9.8)[:, None] * across
    row = row[:, None] + (collar * width / 2.6 - (1 - collar) * width * 0.03)[:, None] * across
    height = np.interp(across, [0, 0.1, 0.5, 0.9, 1], [1.00, 1.20, 1.22, 1.16, 1.02])
    sheet = torso(phi, row, np.broadcast_to(height, phi.shape))
    rim = torso(phi[:, -1:], row[:, -1:], 0.72)
    positions = np.concatenate([sheet, rim], 1).reshape(-1, 3)
    count = len(across) + 1
    faces = quad_grid(len(phi), count, flip=True)
    shade = np.tile(np.r_[0.80, np.ones(len(across) - 1), 0.70], len(phi))
    weights = _torso_weights(positions * [0.6, 1, 1])
    return Part("lapel", "lapel", positions, faces, weights, shade=shade)


def button():
    """One button on the overlap."""
    rows, columns = 5, 14
    t = np.linspace(0, 1, rows)
    radius, height = 0.62 * np.sin(t * np.pi / 2), 0.30 * np.cos(t * np.pi / 2) ** 0.5
    place = torso(np.array([-0.10]), np.array([BUTTON_ROW]), 0.95)[0]
    out = normalise(torso(np.array([-0.10]), np.array([BUTTON_ROW]), 1.95)[0] - place)
    right = normalise(np.cross([0, 1.0, 0], out))
    up = np.cross(out, right)
    angle = np.linspace(0, 2 * np.pi, columns + 1)[:-1]
    ring = np.cos(angle)[None, :, None] * right + np.sin(angle)[None, :, None] * up
    dish = height * (1 - 0.25 * np.exp(-((radius / 0.35) ** 2)))
    positions = (place + radius[:, None, None] * ring + dish[:, None, None] * out).reshape(-1, 3)
    faces = outward(positions, quad_grid(rows, columns, wrap=True), place - out)
    return Part("button", "button", positions, faces, _torso_weights(positions, arms=False))


def build_clothes():
    """Everything she wears."""
    return [tee(), jacket(), lapel(), button()]
