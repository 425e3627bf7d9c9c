"""How far points are from the figure: what keeps hair, cloth and trims outside of it."""

import numpy as np
from scipy.spatial import cKDTree

from fields import normalise

SIDES = (1, -1)
TOP, BOTTOM = -13.0, -70.0  # y where the torso's loft ends
ARM_T, LEG_T = np.linspace(-0.1, 2.0, 169), np.linspace(0.0, 2.0, 161)


def smooth_min(a, b, radius):
    """Minimum with a hollow corner of about `radius`."""
    h = np.clip(0.5 + 0.5 * (b - a) / radius, 0, 1)
    return b + (a - b) * h - radius * h * (1 - h)


class Limb:
    """A tube of elliptical rings round a bent axis, round at both ends."""

    def __init__(self, centres, right, ahead, breadth, depth):
        self.centres, self.right, self.ahead = centres, right, ahead
        self.breadth, self.depth = breadth, depth
        self.tree = cKDTree(centres)
        along = np.gradient(centres, axis=0)
        self.tangents = along / (along**2).sum(1, keepdims=True)

    def __call__(self, points):
        """(signed distance, place along the axis as an index of a ring) of points."""
        _, nearest = self.tree.query(points)
        forward = (points - self.centres[nearest]) * self.tangents[nearest]
        ring = np.clip(nearest + np.clip(forward.sum(1), -1, 1), 0, len(self.centres) - 1)
        rings = np.arange(len(self.centres))

        def at(values):
            return np.stack([np.interp(ring, rings, values[:, j]) for j in range(3)], -1)

        away = points - at(self.centres)
        breadth, depth = np.interp(ring, rings, self.breadth), np.interp(ring, rings, self.depth)
        x, z = (away * at(self.right)).sum(1), (away * at(self.ahead)).sum(1)
        along = np.sqrt(np.maximum((away**2).sum(1) - x**2 - z**2, 0))
        # The usual first-order distance to an ellipse; the rounded ends are half as long as the tube is thick.
        short = np.minimum(breadth, depth)
        scaled = np.stack([x / breadth, z / depth, along / short], -1)
        level = np.linalg.norm(scaled, axis=1)
        slope = np.linalg.norm(scaled / np.stack([breadth, depth, short], -1), axis=1)
        return np.where(level > 1e-6, level * (level - 1) / np.maximum(slope, 1e-9), -short), ring


class Distance:
    """Signed distance in cm from the bare figure of a `Form` on air, without head and hands; inside it is negative."""

    def __init__(self, form):
        phi, row = np.meshgrid(np.linspace(-np.pi, np.pi, 240, endpoint=False), np.linspace(0, 11, 260))
        self.surface = form.torso(phi, row).reshape(-1, 3)
        self.normals = normalise(form.torso(phi, row, 0.1).reshape(-1, 3) - self.surface)
        self.tree = cKDTree(self.surface)
        self.arms = [self._arm(form, side) for side in SIDES]
        self.legs = [self._leg(form, side) for side in SIDES]

    @staticmethod
    def _arm(form, side):
        centres, _, front, outer = form.arm_axis(side, ARM_T)
        return Limb(centres, outer, front, *form.arm_radius(ARM_T))

    @staticmethod
    def _leg(form, side):
        quarters = np.stack([form.leg(side, LEG_T, angle) for angle in np.arange(4) * np.pi / 2])
        outside, front, inside, back = quarters
        centres = np.stack([(outside + inside)[:, 0], 2 * front[:, 1], (front + back)[:, 2]], -1) / 2
        ones = np.ones((len(LEG_T), 1))
        breadth, depth = np.abs((outside - inside)[:, 0]) / 2, (front - back)[:, 2] / 2
        return Limb(centres, ones * [1.0, 0, 0], ones * [0, 0, 1.0], breadth, depth)

    def torso(self, points):
        """Of the torso alone, with flat ends at neck and hips."""
        distance, nearest = self.tree.query(points)
        away = points - self.surface[nearest]
        height = (away * self.normals[nearest]).sum(1)
        aside = np.sqrt(np.maximum(distance**2 - height**2, 0))
        far = np.sign(height) * np.hypot(height, np.maximum(aside - 0.4, 0))
        y = points[:, 1]
        return np.maximum(far, np.maximum(y - TOP, BOTTOM - y))

    def __call__(self, points):
        """Of the whole figure at (n, 3) points."""
        points = np.asarray(points, float)
        whole = self.torso(points)
        for arm in self.arms:
            limb, ring = arm(points)
            # Shoulder and armpit flow together; a hanging lower arm only touches.
            whole = smooth_min(whole, limb, np.interp(ARM_T[0] + ring * (ARM_T[1] - ARM_T[0]), [-0.1, 0.2, 0.6], [3.0, 2.0, 0.3]))
        for leg in self.legs:
            whole = smooth_min(whole, leg(points)[0], 1.5)
        return whole

    def gradient(self, points, step=0.05):
        """Unit vectors away from the figure."""
        corners = np.array([[1, -1, -1], [-1, 1, -1], [-1, -1, 1], [1, 1, 1.0]])
        return normalise(sum(self(points + corner * step)[:, None] * corner for corner in corners))

    def push_out(self, points, margin, rounds=6):
        """`points`, those moved that were nearer than `margin` cm (a number or one per point), straight away from the figure."""
        points = np.array(points, float)
        margin = np.broadcast_to(np.asarray(margin, float), len(points))
        low = np.arange(len(points))
        for _ in range(rounds):
            missing = margin[low] - self(points[low])
            low, missing = low[missing > 2e-3], missing[missing > 2e-3]
            if not len(low):
                break
            points[low] += self.gradient(points[low]) * missing[:, None]
        return points
