"""Hair: overlapping lens-shaped clumps along strands, over a dark under-sheet.

A strand starts at the parting, runs over an ellipsoid round the skull and then
hangs along a table of places. Most strands come from that family; the fringe is
a short list of hand-placed curves. Tips are blunt: thin tips look like a rake.
"""

import numpy as np
from scipy.interpolate import CubicSpline

from clothes import clear_of_torso
from fields import normalise, outward, quad_grid, smoothstep
from part import Part, merge
from rig import hair_weights

SKULL = np.array([0, 1.3, -0.65])
RADII = np.array([8.35, 11.5, 10.75])
# The parting from the forehead to the crown, on the character's left.
PARTING = CubicSpline(
    np.linspace(0, 1, 5),
    [[1.9, 8.6, 8.2], [1.8, 10.7, 5.2], [1.5, 12.2, 1.2], [0.9, 12.4, -2.5], [0.3, 11.6, -5.6]],
)
# Where hair hangs: |x| and z at heights LEVELS, by the azimuth at which it leaves the skull.
LEVELS = np.array([-4.0, -8.0, -12.0, -16.0, -20.0, -24.0, -28.0])
AZIMUTHS = np.array([58.0, 78.0, 92.0, 130.0, 155.0, 184.0])
HANG_X = np.array(
    [
        [7.9, 7.7, 6.6, 6.2, 7.2, 7.3, 5.8],
        [8.9, 8.8, 7.9, 7.6, 8.6, 8.7, 7.2],
        [9.1, 8.9, 7.7, 6.9, 6.9, 6.7, 6.5],
        [6.9, 6.7, 6.2, 6.0, 6.0, 5.8, 5.6],
        [3.6, 3.5, 3.3, 3.2, 3.2, 3.1, 3.0],
        [-0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5],
    ]
)
HANG_Z = np.array(
    [
        [4.5, 4.4, 4.8, 6.4, 8.4, 9.8, 10.1],
        [1.9, 1.7, 2.2, 4.4, 7.2, 9.0, 9.6],
        [-1.2, -2.2, -4.8, -8.8, -10.0, -10.2, -10.4],
        [-7.9, -8.0, -8.3, -9.6, -10.2, -10.4, -10.6],
        [-10.3, -10.1, -9.6, -10.1, -10.5, -10.7, -10.9],
        [-11.2, -10.9, -10.2, -10.4, -10.8, -11.0, -11.2],
    ]
)
BEND_COST = 7.0  # cm of length that one radian of bend counts for when rows are spread
CLEARANCE = 2.4  # over jacket and lapel

# Locks that fall in front of the shoulders: azimuth, lower end, half width.
FRONT_LOCKS = ((61, -22.4, 1.15), (66, -23.8, 1.45), (72, -23.2, 1.45), (77, -21.8, 1.3))

# Fringe and face-framing curves: (azimuth in degrees towards +X, height, distance factor).
# Half width, thickness, lift over the skull, curve.
# fmt: off
FRINGE = (
    # towards the character's right: the long sweep
    (1.35, 0.40, 0.26, (
        (12, 10.4, 1.0), (-10, 9.7, 1.05), (-34, 7.8, 1.08), (-53, 4.8, 1.08),
        (-63, 1.0, 1.06), (-67, -3.0, 1.05), (-66, -7.0, 1.0), (-62, -10.6, 0.94),
    )),
    (1.30, 0.40, 0.46, (
        (13, 9.6, 1.01), (-8, 8.8, 1.07), (-29, 6.6, 1.11), (-46, 3.9, 1.11),
        (-58, 0.8, 1.07), (-63, -2.6, 1.05), (-62, -5.8, 1.01), (-65, -8.6, 1.02),
    )),
    (1.00, 0.36, 0.62, (
        (14, 9.0, 1.02), (-4, 8.0, 1.08), (-22, 6.0, 1.12), (-38, 3.6, 1.12),
        (-51, 0.8, 1.08), (-57, -2.0, 1.05), (-60, -4.4, 1.05),
    )),
    (0.50, 0.22, 0.72, (
        (13, 8.7, 1.02), (0, 7.5, 1.08), (-15, 5.7, 1.11),
        (-30, 3.7, 1.12), (-44, 1.6, 1.10), (-53, -0.2, 1.08),
    )),
    # towards the character's left
    (1.35, 0.40, 0.26, (
        (14, 10.4, 1.0), (29, 9.3, 1.05), (47, 7.0, 1.08), (59, 3.8, 1.08),
        (65, 0.2, 1.06), (68, -3.6, 1.05), (66, -7.2, 1.0), (62, -10.4, 0.94),
    )),
    (1.20, 0.38, 0.46, (
        (13, 9.6, 1.01), (26, 8.2, 1.07), (42, 5.9, 1.11), (54, 2.9, 1.10),
        (61, -0.2, 1.06), (63, -3.6, 1.04), (62, -6.4, 1.01), (66, -8.8, 1.03),
    )),
    (0.70, 0.28, 0.62, (
        (13, 8.9, 1.02), (22, 7.5, 1.08), (36, 5.0, 1.12),
        (48, 2.2, 1.10), (56, -0.6, 1.06), (60, -3.2, 1.06),
    )),
)
# fmt: on


def _smooth(points, rounds):
    for _ in range(rounds):
        points[1:-1] = 0.25 * points[:-2] + 0.5 * points[1:-1] + 0.25 * points[2:]
    return points


def _resample(points, count):
    """`count` points along the curve, denser where it bends and at the tip, with their t."""
    step = np.linalg.norm(np.diff(points, axis=0), axis=1)
    length = np.r_[0, np.cumsum(step)]
    direction = np.diff(points, axis=0) / step[:, None]
    turn = np.arccos(np.clip((direction[1:] * direction[:-1]).sum(1), -1, 1))
    cost = np.r_[0, np.cumsum(step + BEND_COST * np.r_[0, turn])]
    body = np.interp(0.93 * length[-1], length, cost)
    place = np.interp(np.linspace(0, body, count - 3), cost, length) / length[-1]
    t = np.r_[place, 0.96, 0.987, 1.0]
    return CubicSpline(length, points)(t * length[-1]), t


def _outward_normals(points):
    normal = (points - SKULL) / RADII**2
    normal[points[:, 1] < SKULL[1], 1] = 0
    return normalise(normal)


def strand(azimuth, side, end, count, offset=0.0):
    """A strand of the family that leaves the skull at `azimuth` degrees and ends at height `end`."""
    back = np.interp(azimuth, [58, 78, 104, 150, 184], [0.05, 0.22, 0.5, 0.9, 1.0])
    root = PARTING(back) - [0.15 * side, 0, 0]  # both sides overlap a little
    start = normalise((root - SKULL) / RADII)
    leave_y = np.interp(azimuth, [58, 90, 184], [1.2, 0.6, -0.6])
    sin_y = (leave_y - SKULL[1]) / RADII[1]
    flat, angle = np.sqrt(1 - sin_y**2), np.radians(azimuth)
    leave = np.array([side * np.sin(angle) * flat, sin_y, np.cos(angle) * flat])
    arc = np.arccos(np.clip(start @ leave, -1, 1))
    t = np.linspace(0, 1, 14)[:, None]
    over = (np.sin((1 - t) * arc) * start + np.sin(t * arc) * leave) / np.sin(arc)
    volume = np.interp(azimuth, [58, 90, 184], [1.2, 1.2, 0.5])
    over = SKULL + RADII * over * (1 + 0.05 * volume * np.sin(np.pi * np.minimum(t**0.55, 0.62)))
    x = [np.interp(azimuth, AZIMUTHS, column) for column in HANG_X.T]
    z = [np.interp(azimuth, AZIMUTHS, column) for column in HANG_Z.T]
    hang = np.c_[side * np.array(x), LEVELS, z]
    points = np.r_[over, hang]
    dense = CubicSpline(np.r_[np.linspace(0, 1, 14), 1 + np.arange(1, len(LEVELS) + 1) * 0.25], points)(
        np.linspace(0, 1 + len(LEVELS) * 0.25, 90)
    )
    dense = dense[dense[:, 1] > end]
    dense = clear_of_torso(dense, CLEARANCE)
    points, t = _resample(_smooth(dense, 24), count)
    normals = _outward_normals(points)
    sink = 0.45 * (1 - smoothstep(0, 0.10, t))  # roots lie low: a soft parting, no ridge
    return points + normals * (offset - sink)[:, None], normals, t


def _hand_placed(curve, count, lift):
    azimuth, height, distance = np.array(curve, float).T
    angle = np.radians(azimuth)
    flat = np.sqrt(np.clip(1 - (np.maximum(height - SKULL[1], 0) / RADII[1]) ** 2, 0.05, 1)) * distance
    points = np.c_[RADII[0] * np.sin(angle) * flat, height, SKULL[2] + RADII[2] * np.cos(angle) * flat]
    dense = CubicSpline(np.linspace(0, 1, len(points)), points)(np.linspace(0, 1, 60))
    points, t = _resample(_smooth(dense, 6), count)
    normals = _outward_normals(points)
    sink = (lift + 0.25) * (1 - smoothstep(0, 0.12, t))
    return points + normals * (lift - sink)[:, None], normals, t


def _clump(path, half_width, thickness, rng, tip=0.62, sides=6, wave=0.0):
    """Lens-shaped tube along a strand: (positions, faces, uv, shade)."""
    points, normals, t = path
    count = len(points)
    tangent = normalise(np.gradient(points, axis=0))
    across = normalise(np.cross(tangent, normals))
    normals = normalise(np.cross(across, tangent))
    points = points + across * (wave * np.sin(7.0 * t + rng.uniform(-0.5, 0.5)) * t)[:, None]
    round_end = np.sqrt(np.clip(1 - np.clip((t - 0.93) / 0.07, 0, 1) ** 2.4, 0.002, 1))
    body = (0.74 + 0.26 * smoothstep(0, 0.3, t)) * (1 - (1 - tip) * smoothstep(0.55, 1.0, t))
    width, height = half_width * body * round_end, thickness * body * round_end
    angle = np.linspace(0, 2 * np.pi, sides + 1)[:-1]
    cos, sin = np.cos(angle), np.sin(angle)
    sin = np.where(sin > 0, sin, 0.35 * sin)
    ring = across[:, None] * (width[:, None] * cos)[..., None]
    ring = ring + normals[:, None] * (height[:, None] * sin)[..., None]
    positions = (points[:, None] + ring).reshape(-1, 3)
    u = rng.random() * 0.8 + 0.10 * half_width * cos + 0.1
    uv = np.stack(np.broadcast_arrays(u[None], t[:, None]), -1).reshape(-1, 2)
    tone = 1 + rng.uniform(-0.10, 0.10)
    shade = np.broadcast_to(tone * (1 - 0.16 * np.abs(cos) ** 2 - 0.25 * (angle > np.pi)), (count, sides))
    faces = outward(positions, quad_grid(count, sides, wrap=True))
    return positions, faces, uv, shade.reshape(-1)


def _family_clumps(side, rng):
    """The mass of the hair on one side: an inner and an outer layer, then the front locks."""
    for azimuth in np.linspace(80, 178, 8):
        yield _clump(strand(azimuth, side, -19.5, 15, -0.10), 1.9, 0.5, rng, sides=5)
    for azimuth in np.linspace(58, 182, 13):
        azimuth = azimuth + rng.uniform(-2, 2)
        end = np.interp(azimuth, [80, 86], [-16.5, -18.5]) + rng.uniform(-0.5, 0.5)
        rows = 20 if azimuth < 120 else 15
        width, sides = rng.uniform(1.25, 1.6), 6 if azimuth < 120 else 5
        yield _clump(
            strand(azimuth, side, end, rows, np.interp(azimuth, [66, 82], [-0.10, 0.18])),
            width,
            0.5,
            rng,
            wave=0.15,
            sides=sides,
        )
    for azimuth, end, width in FRONT_LOCKS:
        path = strand(azimuth, side, end, 22, 0.10 + 0.15 * (azimuth == 66))
        yield _clump(path, width, 0.62, rng, tip=0.72, wave=0.45)


def _under_sheet():
    """A dark double-sided sheet under the clumps so that no scalp shows."""
    columns, rows = 20, 13
    pieces = []
    for side in (1, -1):
        grid = [
            strand(azimuth, side, np.interp(azimuth, [86, 94], [-9, -18]), rows, -0.30)[0]
            for azimuth in np.linspace(58, 184, columns)
        ]
        positions = np.concatenate(grid)
        pieces.append((positions, quad_grid(columns, rows, flip=side < 0)))
    return merge(pieces)


def build_hair(seed=7):
    """Hair clumps and under-sheet."""
    rng = np.random.default_rng(seed)
    clumps = [clump for side in (1, -1) for clump in _family_clumps(side, rng)]
    for half_width, thickness, lift, curve in FRINGE:
        clumps.append(_clump(_hand_placed(curve, 20, lift), half_width, thickness, rng, tip=0.6))
    positions, faces, uv, shade = merge(clumps)
    hair = Part("hair", "hair", positions, faces, hair_weights(positions), uv, shade)
    positions, faces = _under_sheet()
    under = Part("hairUnder", "hairUnder", positions, faces, hair_weights(positions))
    return [hair, under]
