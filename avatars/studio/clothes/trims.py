"""Small sewn-on things: buttons, beads, frogs, pins."""

import numpy as np
from fields import normalise, outward, quad_grid

from clothes.cloth import Cloth, Piece, solid

PEARL = Cloth((0.96, 0.93, 0.90), "pearl")


def frame(front, x, y):
    """Place, right, up and outward direction on the front at (x, y)."""
    place = front(np.array(x), np.array(y))
    out = front.normal(np.array(x), np.array(y))
    right = normalise(np.cross([0, 1.0, 0], out))
    return place, right, np.cross(out, right), out


def button(front, x, y, lift, cloth, radius=0.6, columns=10):
    """A dished button."""
    place, right, up, out = frame(front, x, y)
    place = place + lift * out
    ring = np.linspace(0, 2 * np.pi, columns + 1)[:-1]
    profile = [(1.0, -0.25), (0.97, 0.10), (0.68, 0.08), (0.0, 0.06)]
    radius_at, height = np.array(profile).T
    around = np.cos(ring)[:, None] * right + np.sin(ring)[:, None] * up
    positions = place + radius * radius_at[:, None, None] * around + height[:, None, None] * out
    shade = np.repeat([0.6, 1.0, 0.75, 0.8], columns)
    faces = outward(positions.reshape(-1, 3), quad_grid(len(profile), columns, wrap=True), place - out)
    return solid("button", positions.reshape(-1, 3), faces, cloth, shade)


def bead(place, radius, cloth, rows=5, columns=8):
    """A small ball."""
    polar, turn = np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, columns + 1)[:-1]
    polar, turn = np.meshgrid(polar, turn, indexing="ij")
    ball = np.stack([np.sin(polar) * np.cos(turn), np.cos(polar), np.sin(polar) * np.sin(turn)], -1)
    positions = np.asarray(place) + radius * ball.reshape(-1, 3)
    return solid("bead", positions, outward(positions, quad_grid(rows, columns, wrap=True)), cloth)


def earrings(place, radius, cloth, metal):
    """Pearls at the ears; `place` is the lobe on the host's left."""
    things = []
    for side in (1, -1):
        for middle, size, stuff in (
            (np.array(place) - [0, radius, 0], radius, cloth),
            (np.array(place) + [0, 0.05, 0], 0.45 * radius, metal),
        ):
            _, positions, faces, _, shade, _ = bead(middle * [side, 1, 1], size, stuff, 6, 8)
            things.append(solid("earring", positions, faces, stuff, shade, "head"))
    return things


def watch(form, case, strap, t=1.965):
    """A wrist watch at the host's left."""
    ring = np.linspace(0, 2 * np.pi, 17)[:-1]
    rows = [
        form.arm(1, np.full(16, t + d), ring, o)
        for d, o in ((-0.035, 0.02), (-0.03, 0.20), (0.03, 0.20), (0.035, 0.02))
    ]
    flat = np.concatenate(rows)
    things = [solid("strap", flat, outward(flat, quad_grid(4, 16, wrap=True)), strap, bone="leftHand_roll")]
    middle, tangent, front, outer = form.arm_axis(1, np.array(t))
    place = form.arm(1, np.array(t), 0.0, 0.2)
    around = np.cos(ring)[:, None] * tangent + np.sin(ring)[:, None] * front
    profile = [(1.45, -0.2), (1.45, 0.25), (1.2, 0.35), (0.0, 0.36)]
    positions = np.concatenate([place + r * around + h * outer for r, h in profile])
    faces = outward(positions, quad_grid(4, 16, wrap=True), place - outer)
    things.append(solid("watch", positions, faces, case, np.repeat([0.6, 1.0, 1.0, 0.55], 16), "leftHand_roll"))
    return things


def cord(path, radius, cloth, columns=5, name="cord", shade=None):
    """A round cord along `path` (n, 3)."""
    path = np.asarray(path, float)
    along = normalise(np.gradient(path, axis=0))
    side = normalise(np.cross(along, [0.13, 0.2, 1.0]))
    other = np.cross(along, side)
    ring = np.linspace(0, 2 * np.pi, columns + 1)[:-1]
    radius = np.broadcast_to(radius, len(path))[:, None, None]
    positions = path[:, None] + radius * (
        np.cos(ring)[:, None] * side[:, None] + np.sin(ring)[:, None] * other[:, None]
    )
    positions = positions.reshape(-1, 3)
    faces = quad_grid(len(path), columns, wrap=True)
    tris = positions[faces]
    middle = path[: len(path) - 1].repeat(columns, 0)
    face_out = np.cross(tris[:, 1] - tris[:, 0], tris[:, 3] - tris[:, 0])
    if ((tris.mean(1) - middle) * face_out).sum() < 0:
        faces = faces[:, ::-1].copy()
    return solid(name, positions, faces, cloth, None if shade is None else np.repeat(shade, columns))


def ribbon(front, path, width, cloth, name, lift=0.12):
    """A flat strip of `width` cm along `path` (x, y) in front view, as a `Piece`."""
    path = np.asarray(path, float)
    along = normalise(np.gradient(path, axis=0))
    across = np.stack([-along[:, 1], along[:, 0]], -1)
    share = np.array([-0.5, -0.42, 0.42, 0.5])
    flat = path[:, None] + across[:, None] * (share * width)[None, :, None]
    grid = front(flat[..., 0], flat[..., 1], np.array([-0.05, lift, lift, -0.05]))
    shade = np.array([0.75, 1, 1, 0.75])
    return Piece(name, grid, cloth, {}, (), np.broadcast_to(shade, grid.shape[:2]), density=1.3)


def binding(row, out, width, cloth, name, lift=0.10, flip=False):
    """A strip that binds an edge: `row` (n, 3) is the edge, `out` its outward directions, `width` how far it reaches up."""
    up = np.array([0, 1.0, 0])
    profile = [(width, -0.05), (width - 0.08, lift), (0.1, lift), (-0.08, 0.0), (0.0, -0.22)]
    grid = np.stack([row + w * up + height * out for w, height in profile])
    shade = np.array([0.75, 1, 1, 0.9, 0.5])
    return Piece(name, grid, cloth, {}, (), np.broadcast_to(shade[:, None], grid.shape[:2]), flip, density=1.2)


def necklace(front, width, low, lift, cloth, pendant=None, clasp=-14.0):
    """A fine chain from both sides of the neck down to `low` (y), with a pearl of `pendant` cm."""
    x = np.linspace(-1, 1, 21)
    y = low + (clasp - low) * (0.35 * np.abs(x) ** 2 + 0.65 * np.abs(x) ** 3.2)
    path = front(width * x, y, lift)
    things = [cord(path, 0.055, cloth, 3, "chain")]
    if pendant:
        things.append(bead(path[10] + [0, -1.5 * pendant, 0.3 * pendant], pendant, PEARL, 6, 8))
    return things
