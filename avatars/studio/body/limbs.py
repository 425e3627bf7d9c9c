"""Bare arms and legs: just the stretches of skin that an outfit shows."""

import numpy as np

from body.hand import RING, WRIST_T
from fields import quad_grid

UNDER = 0.12  # how far (t) a stretch goes on under the cloth
JOINT = np.array([-0.20, -0.11, -0.04, 0.03, 0.11, 0.20])  # rings round an elbow or a knee, t
LEG_COLUMNS = 16


def stations(start, end, step):
    """Places of rings from `start` to `end` (t): close together at the joint at t = 1, else about `step` apart."""
    near = 1 + JOINT[(1 + JOINT > start + 0.03) & (1 + JOINT < end - 0.03)]
    knots = np.r_[start, near, end]
    pieces = [np.linspace(a, b, max(int(np.ceil((b - a) / step)), 1) + 1)[:-1] for a, b in zip(knots, knots[1:])]
    return np.r_[np.concatenate(pieces), end]


def bare_arm(form, side, sleeve_end):
    """(positions, faces) of an arm from under a sleeve that ends at `sleeve_end` (t) to the edge of the hand."""
    t = stations(max(sleeve_end - UNDER, 0.0), WRIST_T, 0.22)
    grid = form.arm(side, t[:, None], RING)
    # The diagonals of the quads run as those of the hand do, so that both have the same normals where they meet.
    faces = np.roll(quad_grid(*grid.shape[:2], wrap=True, flip=side < 0), 1, axis=1)
    return grid.reshape(-1, 3), faces


def bare_leg(form, side, hem, end):
    """(positions, faces) of a leg from under a hem at the height `hem` (y) down to `end` (y)."""
    places = [form.skeleton.places["left" + bone][1] for bone in ("UpperLeg", "LowerLeg", "Foot")]
    places.append(2 * places[2] - places[1])
    start, stop = (float(np.interp(-y, np.negative(places), [0, 1, 2, 3])) for y in (hem, end))
    t = stations(max(start - UNDER, 0.0), min(stop, 2.15), 0.17)
    grid = form.leg(side, t[:, None], np.linspace(0, 2 * np.pi, LEG_COLUMNS, endpoint=False))
    return grid.reshape(-1, 3), quad_grid(*grid.shape[:2], wrap=True, flip=side > 0)
