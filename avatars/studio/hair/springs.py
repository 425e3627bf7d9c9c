"""Spring chains of hair, and weights that let neighbouring strands swing together."""

import numpy as np

from fields import smoothstep
from part import Chain

AXIS_Z = -2.0  # strands are told apart by their angle about this axis


def azimuth(points):
    """Degrees about the neck: 0 the front, +90 the left."""
    return np.degrees(np.arctan2(points[..., 0], points[..., 2] - AXIS_Z))


def chain(name, points, joints, **spring):
    """A chain of `joints` places (the last is the tip) evenly along a line of points, root first."""
    points = np.asarray(points, float)
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    at = np.linspace(0, length[-1], joints)
    return Chain(name, "head", np.stack([np.interp(at, length, c) for c in points.T], -1), **spring)


def weights(chains, positions, reach=1.0, rests=0.0):
    """Bones and weights: the head's above the chains, then from joint to joint; between two chains both take part.

    A point belongs to the chains whose joints at its height lie nearest. `rests` is the share that hair which lies on the
    shoulders follows the chest.
    """
    count = len(chains)
    shares = np.zeros((len(positions), count))
    for k, c in enumerate(chains):
        down, joints = -c.joints[:, 1], c.joints
        place = np.stack([np.interp(-positions[:, 1], down, joints[:, axis]) for axis in (0, 2)], -1)
        distance = np.linalg.norm(positions[:, [0, 2]] - place, axis=1)
        shares[:, k] = 1 / (distance + 0.8) ** 4
    # The two nearest only, fading so that a change of partner makes no step.
    third = np.sort(shares, axis=1)[:, -3] if count > 2 else np.zeros(len(positions))
    shares = np.maximum(shares - third[:, None], 0)
    shares /= shares.sum(1, keepdims=True)
    table = {"head": np.zeros(len(positions))}
    for k, c in enumerate(chains):
        tau = np.interp(-positions[:, 1], -c.joints[:, 1], np.arange(len(c.joints)))
        for bone, weight in _along(c, tau, reach):
            table[bone] = table.get(bone, 0) + shares[:, k] * weight
    return _resting(table.items(), positions, rests)


def _resting(weights, positions, rests):
    """`weights`, of which the chest takes the share `rests` below the shoulders."""
    chest = rests * smoothstep(-13.0, -19.0, positions[:, 1])
    return [(bone, weight * (1 - chest)) for bone, weight in weights] + [("upperChest", chest)]


def _along(c, tau, reach):
    """Bones and weights at the places `tau` on one chain, 0 its root, 1 its second joint ..."""
    last = len(c.joints) - 1
    rooted = smoothstep(0.0, reach, tau)
    yield "head", 1 - rooted
    for joint in range(last):
        low = np.clip(tau - (joint - 0.5), 0, 1) if joint else np.ones_like(tau)
        high = np.clip((joint + 1.5) - tau, 0, 1) if joint < last - 1 else np.ones_like(tau)
        yield c.bone(joint), rooted * np.minimum(low, high)


def only(c, positions, reach=0.6, rests=0.0):
    """Bones and weights of strands that hang on one chain, wherever it leads."""
    line = np.concatenate([np.linspace(a, b, 20, endpoint=False) for a, b in zip(c.joints, c.joints[1:])] + [c.joints[-1:]])
    tau = np.linspace(0, len(c.joints) - 1, len(line))
    distance = np.linalg.norm(positions[:, None] - line[None], axis=2)
    weight = np.exp(-((distance - distance.min(1, keepdims=True)) / 0.8))
    return _resting(_along(c, (weight * tau).sum(1) / weight.sum(1), reach), positions, rests)
