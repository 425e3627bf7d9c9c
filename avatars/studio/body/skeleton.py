"""Bones with VRM humanoid names, and the way from the pose of the studio to the T-pose of the file.

The studio models a host in the pose that it has on air: arms hanging, as the program's posture lowers them. A VRM file is
at rest in T-pose. `unpose` brings points there with the inverse of linear blend skinning, so that the program's posture
gives back exactly what was modelled.

Bones with an underscore in their names are helpers: node constraints (VRMC_node_constraint) move them after the others, so
that shoulders and elbows keep their volume and a forearm twists along its whole length.
"""

import numpy as np
from scipy.spatial.transform import Rotation

# What the program does to arms that are stretched out at rest; the same numbers as in its posture.
SHOULDER_DEG, DOWN_DEG, FORWARD, ELBOW_DEG = 4.0, 76.0, 0.05, 16.0
BEND_TOWARDS = np.array([0, -0.4, 1.0])  # a lower arm bends to the front and a little inwards
# The outer two joints of each finger, and the inner ones.
CURL_DEG = (22.0, 12.0)
INNER_CURL_DEG = {"Index": 12.0, "Middle": 17.0, "Ring": 21.0, "Little": 24.0}
SIDES = (("left", 1), ("right", -1))
UPPER_ARM, LOWER_ARM = 24.5, 21.5  # cm
# Finger of the left hand in T-pose: place of its first joint against the wrist, lengths of its three bones, and how far it
# leans to the thumb (degrees).
FINGERS = {
    "Index": ((7.9, 0.20, 2.25), (4.0, 2.4, 1.95), 1.5),
    "Middle": ((8.2, 0.40, 0.55), (4.4, 2.8, 2.05), 0.3),
    "Ring": ((7.8, 0.22, -1.10), (4.1, 2.6, 2.0), -1.5),
    "Little": ((7.0, -0.10, -2.60), (3.2, 1.85, 1.8), -5.0),
}
# Its place, and the steps along its three bones.
THUMB = ((1.9, -0.75, 1.75), ((3.0, -1.15, 1.75), (2.85, -0.65, 1.05), (2.3, -0.35, 0.5)))

# Helpers of one arm: name, parent, the bone at whose place it sits, constraint, its source and further keys. `swing` points
# where the forearm points but does not twist; `half` bones go half the way of a joint; the rolls take over half and all of
# the twist that lower arm and hand have together.
HELPERS = (
    ("UpperArm_half", "Shoulder", "UpperArm", "rotation", "UpperArm", {"weight": 0.5}),
    ("LowerArm_swing", "UpperArm", "LowerArm", "aim", "Hand", {}),
    ("LowerArm_half", "UpperArm", "LowerArm", "rotation", "LowerArm_swing", {"weight": 0.5}),
    ("LowerArm_roll", "LowerArm_swing", "LowerArm", "roll", "LowerArm", {"rollAxis": "X", "weight": 0.5}),
    ("Hand_half", "LowerArm_roll", "LowerArm", "roll", "Hand", {"rollAxis": "X", "weight": 0.5}),
    ("Hand_roll", "LowerArm", "LowerArm", "roll", "Hand", {"rollAxis": "X"}),
)


def _turn(axis, degrees):
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    angle = np.radians(degrees)
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def _arc(start, end):
    """The shortest turn from one direction to another."""
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis = np.cross(start, end)
    angle = np.degrees(np.arctan2(np.linalg.norm(axis), start @ end))
    return _turn(axis, angle) if np.linalg.norm(axis) > 1e-9 else np.eye(3)


def _half(turn):
    """Half of a turn, about the same axis."""
    return Rotation.from_rotvec(Rotation.from_matrix(turn).as_rotvec() / 2).as_matrix()


class Skeleton:
    """Bones in T-pose, and where the posture of the program brings them."""

    def __init__(self, body):
        self.eye_height = body.eye_height
        self.parents, self.places, self.constraints = {}, {}, {}
        hips_y = -54.0
        for bone, parent, place in (
            ("hips", None, (0, hips_y, -1)),
            ("spine", "hips", (0, -46, -1.2)),
            ("chest", "spine", (0, -35, -1.8)),
            ("upperChest", "chest", (0, -26, -2.2)),
            ("neck", "upperChest", (0, -14.0, -2.4)),
            ("head", "neck", (0, -9.2, -1.6)),
            ("jaw", "head", (0, -1.6, -0.4)),
        ):
            self.add(bone, parent, place)
        for side, sign in SIDES:
            self._arm(side, sign, body)
            self._leg(side, sign, body)
        self.relaxed = self._relax()

    def add(self, bone, parent, place):
        """A further bone at `place` in T-pose; parents come first."""
        self.parents[bone], self.places[bone] = parent, np.array(place, float)

    def _arm(self, side, sign, body):
        breadth = body.shoulder
        shoulder = np.array([13.2 * breadth, -19.0, -2.9])
        elbow = shoulder + [UPPER_ARM * body.arm_length, 0, 0]
        wrist = elbow + [LOWER_ARM * body.arm_length, 0, 0]
        mirror = np.array([sign, 1, 1])
        self.add(side + "Shoulder", "upperChest", mirror * [2.4, -16.2, -2.6])
        self.add(side + "UpperArm", side + "Shoulder", mirror * shoulder)
        self.add(side + "LowerArm", side + "UpperArm", mirror * elbow)
        self.add(side + "Hand", side + "LowerArm", mirror * wrist)
        for finger, (first, lengths, lean) in FINGERS.items():
            place, parent = wrist + np.array(first) * body.hand, side + "Hand"
            way = np.array([np.cos(np.radians(lean)), 0, np.sin(np.radians(lean))])
            for part, length in zip(("Proximal", "Intermediate", "Distal"), lengths):
                self.add(side + finger + part, parent, mirror * place)
                parent, place = side + finger + part, place + way * length * body.hand
        for bone, parent, at, kind, source, keys in HELPERS:
            self.add(side + bone, side + parent, self.places[side + at])
            if kind == "aim":
                keys = {"aimAxis": "PositiveX" if sign > 0 else "NegativeX"}
            self.constraints[side + bone] = {kind: {"source": side + source, **keys}}
        place, parent = wrist + np.array(THUMB[0]) * body.hand, side + "Hand"
        for part, step in zip(("Metacarpal", "Proximal", "Distal"), THUMB[1]):
            self.add(f"{side}Thumb{part}", parent, mirror * place)
            parent, place = f"{side}Thumb{part}", place + np.array(step) * body.hand

    def _leg(self, side, sign, body):
        floor = -body.eye_height
        knee, ankle = -68 + (floor + 68) * 0.48, floor + 8
        self.add(side + "UpperLeg", "hips", (sign * 7.8 * body.hips, -66, -1))
        self.add(side + "LowerLeg", side + "UpperLeg", (sign * 6.9 * body.hips, knee, -0.6))
        self.add(side + "Foot", side + "LowerLeg", (sign * 6.2 * body.hips, ankle, -2.2))
        self.add(side + "Toes", side + "Foot", (sign * 6.8 * body.hips, floor + 2, 9.0))

    def _relax(self):
        """Matrix (4x4) of each bone from T-pose to the pose on air."""
        turns = {}
        for side, sign in SIDES:
            way = self.places[side + "LowerArm"] - self.places[side + "UpperArm"]
            way /= np.linalg.norm(way)
            shoulder = _turn([0, 0, 1], -sign * SHOULDER_DEG)
            down = np.radians(DOWN_DEG)
            goal = shoulder.T @ np.array([sign * np.cos(down), -np.sin(down), FORWARD])
            turns[side + "Shoulder"] = shoulder
            turns[side + "UpperArm"] = _arc(way, goal)
            turns[side + "LowerArm"] = _turn(np.cross(way, BEND_TOWARDS), ELBOW_DEG)
            # The elbow's turn has no twist, and the hand is not turned: the rolls stay.
            turns[side + "LowerArm_swing"] = turns[side + "LowerArm"]
            for bone in ("UpperArm", "LowerArm"):
                turns[f"{side}{bone}_half"] = _half(turns[side + bone])
            # The program's hinge: along the index finger x palm, with which it looks down in T-pose.
            first, last = self.places[side + "IndexProximal"], self.places[side + "LittleProximal"]
            along = self.places[side + "IndexIntermediate"] - first
            hinge = np.cross(along, np.cross(along, first - last) * sign)
            for finger, inner in INNER_CURL_DEG.items():
                for part, degrees in zip(("Proximal", "Intermediate", "Distal"), (inner, *CURL_DEG)):
                    turns[side + finger + part] = _turn(hinge, degrees)
        matrices = {}
        for bone, parent in self.parents.items():
            place, local = self.places[bone], np.eye(4)
            turn = turns.get(bone, np.eye(3))
            local[:3, :3], local[:3, 3] = turn, place - turn @ place
            matrices[bone] = matrices[parent] @ local if parent else local
        return matrices

    def at(self, bone):
        """Where a bone is on air."""
        return (self.relaxed_of(bone) @ np.r_[self.places[bone], 1])[:3]

    def relaxed_of(self, bone):
        """The matrix of a bone from T-pose to the pose on air; bones added later move as their parents do."""
        while bone not in self.relaxed:
            bone = self.parents[bone]
        return self.relaxed[bone]

    def pose(self, points, weights):
        """Points of the T-pose as they are on air."""
        return np.einsum("nij,nj->ni", self._blended(points, weights), np.c_[points, np.ones(len(points))])[:, :3]

    def unpose(self, points, weights):
        """Points of the pose on air as they are in T-pose."""
        inverse = np.linalg.inv(self._blended(points, weights))
        return np.einsum("nij,nj->ni", inverse, np.c_[points, np.ones(len(points))])[:, :3]

    def unturn(self, vectors, weights):
        """Displacements of the pose on air as they are in T-pose."""
        inverse = np.linalg.inv(self._blended(vectors, weights))
        return np.einsum("nij,nj->ni", inverse[:, :3, :3], vectors)

    def _blended(self, points, weights):
        total = sum(np.asarray(w, float) for _, w in weights)
        matrices = np.zeros((len(points), 4, 4))
        for bone, weight in weights:
            matrices += (np.asarray(weight, float) / total)[:, None, None] * self.relaxed_of(bone)
        return matrices
