"""Shoes: a last lofted from outlines; what differs is the toe, the heel, the opening and the sole."""

from dataclasses import dataclass

import numpy as np
from fields import outward, quad_grid
from scipy.interpolate import PchipInterpolator

from clothes.cloth import solid


@dataclass
class Last:
    """The outline of a shoe, cm from the ankle: how far toe and heel reach, half width, height, sole."""

    toe: float = 17.0
    heel: float = -6.0
    width: float = 4.1
    point: float = 0.5  # 0 round toe .. 1 pointed toe
    height: float = 6.4  # of the opening
    instep: float = 0.55  # share of the length at which the opening begins
    sole: float = 0.8
    rise: float = 0.0  # of the heel


LASTS = {
    "pumps": Last(point=0.7, height=5.6, instep=0.5),
    "loafers": Last(width=4.6, toe=18.5, height=7.5, point=0.6),
    "sneakers": Last(width=4.5, toe=18.0, height=8.0, sole=2.0, point=0.2),
    "boots": Last(width=3.9, height=9.0, sole=1.6, point=0.4),
}


def shoe(form, last, upper, sole):
    """Left and right shoe as small things: uppers and soles."""
    things = []
    floor = -form.params.eye_height
    for side, name in ((1, "left"), (-1, "right")):
        ankle = form.skeleton.places[name + "Foot"]
        z = np.array([0, 0.08, 0.36, 0.55, 0.73, 0.87, 0.96, 1])
        place = last.heel + (last.toe - last.heel) * z
        half = last.width * PchipInterpolator(
            [0, 0.06, 0.25, 0.45, 0.70, 0.88, 0.97, 1],
            [0.35, 0.62, 0.74, 0.78, 1.0, 0.80 - 0.25 * last.point, 0.42 - 0.22 * last.point, 0.06],
        )(z)
        top = PchipInterpolator(
            [0, 0.08, 0.30, last.instep, 0.75, 0.92, 1],
            [last.height - 0.8, last.height, last.height + 0.4, last.height - 0.6, 3.6, 2.5, 1.0],
        )(z)
        lift = last.rise * PchipInterpolator([0, 0.3, 0.65, 1], [1, 1, 0, 0])(z)
        turn = np.linspace(0, np.pi, 7)
        bulge = np.abs(np.sin(turn)) ** 0.75
        x = half[:, None] * np.cos(turn) * (1 + 0.10 * np.sin(turn) ** 2)
        y = last.sole + lift[:, None] + (top - last.sole)[:, None] * bulge
        lean = 0.9 * np.clip(z - 0.45, 0, 1) ** 1.5 * (-0.6)
        grid = np.stack([side * (x + lean[:, None]), y + floor, np.broadcast_to(place[:, None], x.shape)], -1) + [
            ankle[0],
            0,
            ankle[2] + 1.0,
        ]
        grid[-1, :, 1] = floor + last.sole + 0.3
        flat = grid.reshape(-1, 3)
        things.append(solid("shoe", flat, outward(flat, quad_grid(len(z), len(turn))), upper))
        rim = np.concatenate([grid[:, 0], grid[::-1, -1]])
        out = rim + np.stack([0.12 * np.sign(rim[:, 0] - ankle[0]), 0 * rim[:, 0], 0 * rim[:, 0]], -1)
        bottom = out.copy()
        bottom[:, 1] = floor
        middle = np.broadcast_to(bottom.mean(0), bottom.shape)
        ring = np.stack([rim, out, bottom, middle]).reshape(-1, 3)
        things.append(
            solid(
                "sole",
                ring,
                outward(ring, quad_grid(4, len(rim), wrap=True)),
                sole,
                np.repeat([0.7, 1.0, 0.8, 0.5], len(rim)),
            )
        )
    return things
