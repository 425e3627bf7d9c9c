"""Small sewn-on things: buttons, beads, frogs, pins."""

import numpy as np

from clothes.cloth import solid
from fields import normalise, outward, quad_grid


def frame(front, x, y):
    """Place, right, up and outward direction on the front at (x, y)."""
    place = front(np.array(x), np.array(y))
    out = front.normal(np.array(x), np.array(y))
    right = normalise(np.cross([0, 1.0, 0], out))
    return place, right, np.cross(out, right), out


def button(front, x, y, lift, cloth, radius=0.6, columns=12):
    """A dished button."""
    place, right, up, out = frame(front, x, y)
    place = place + lift * out
    ring = np.linspace(0, 2 * np.pi, columns + 1)[:-1]
    profile = [(1.0, -0.25), (1.0, 0.06), (0.86, 0.14), (0.62, 0.09), (0.0, 0.08)]
    radius_at, height = np.array(profile).T
    around = np.cos(ring)[:, None] * right + np.sin(ring)[:, None] * up
    positions = place + radius * radius_at[:, None, None] * around + height[:, None, None] * out
    shade = np.repeat([0.6, 1.0, 1.0, 0.75, 0.8], columns)
    faces = outward(positions.reshape(-1, 3), quad_grid(len(profile), columns, wrap=True), place - out)
    return solid("button", positions.reshape(-1, 3), faces, cloth, shade)


def bead(place, radius, cloth, rows=5, columns=8):
    """A small ball."""
    polar, turn = np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, columns + 1)[:-1]
    polar, turn = np.meshgrid(polar, turn, indexing="ij")
    ball = np.stack([np.sin(polar) * np.cos(turn), np.cos(polar), np.sin(polar) * np.sin(turn)], -1)
    positions = np.asarray(place) + radius * ball.reshape(-1, 3)
    return solid("bead", positions, outward(positions, quad_grid(rows, columns, wrap=True)), cloth)


def cord(path, radius, cloth, columns=5, name="cord", shade=None):
    """A round cord along `path` (n, 3)."""
    path = np.asarray(path, float)
    along = normalise(np.gradient(path, axis=0))
    side = normalise(np.cross(along, [0.13, 0.2, 1.0]))
    other = np.cross(along, side)
    ring = np.linspace(0, 2 * np.pi, columns + 1)[:-1]
    radius = np.broadcast_to(radius, len(path))[:, None, None]
    positions = path[:, None] + radius * (np.cos(ring)[:, None] * side[:, None] + np.sin(ring)[:, None] * other[:, None])
    positions = positions.reshape(-1, 3)
    faces = quad_grid(len(path), columns, wrap=True)
    tris = positions[faces]
    middle = path[: len(path) - 1].repeat(columns, 0)
    face_out = np.cross(tris[:, 1] - tris[:, 0], tris[:, 3] - tris[:, 0])
    if ((tris.mean(1) - middle) * face_out).sum() < 0:
        faces = faces[:, ::-1].copy()
    return solid(name, positions, faces, cloth, None if shade is None else np.repeat(shade, columns))
