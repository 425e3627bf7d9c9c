"""Skeleton with VRM humanoid bone names, and the weights that several parts share."""

import numpy as np

import features as f
from fields import smoothstep
from morphs import JAW_HINGE

EYE_HEIGHT = 149.0  # cm above the floor


def _arm(side, sign):
    return {
        side + "Shoulder": ("chest", (sign * 2.3, -16.0, -2.5)),
        side + "UpperArm": (side + "Shoulder", (sign * 11.0, -18.2, -2.7)),
        side + "LowerArm": (side + "UpperArm", (sign * 14.3, -45, -0.8)),
        side + "Hand": (side + "LowerArm", (sign * 15.2, -68, 2)),
    }


def _leg(side, sign):
    return {
        side + "UpperLeg": ("hips", (sign * 8, -58, -1)),
        side + "LowerLeg": (side + "UpperLeg", (sign * 8, -100, -1)),
        side + "Foot": (side + "LowerLeg", (sign * 8, -142, -2)),
    }


_left_eye = tuple(f.EYE_CENTRE)
# Bone -> (parent, place in cm with the eye line at 0); parents come first.
BONES = {
    "hips": (None, (0, -54, -1)),
    "spine": ("hips", (0, -44, -1)),
    "chest": ("spine", (0, -30, -2)),
    "neck": ("chest", (0, -14.5, -2.2)),
    "head": ("neck", (0, -9.2, -1.6)),
    "leftEye": ("head", _left_eye),
    "rightEye": ("head", (-_left_eye[0], _left_eye[1], _left_eye[2])),
    "jaw": ("head", tuple(JAW_HINGE)),
    **_arm("left", 1),
    **_arm("right", -1),
    **_leg("left", 1),
    **_leg("right", -1),
}
BONE_NAMES = list(BONES)


def bone_place(bone):
    """Place of a bone in metres above the floor."""
    return (np.array(BONES[bone][1], float) + [0, EYE_HEIGHT, 0]) * 0.01


def skin_weights(positions):
    """Head, neck and chest; the chin follows the head although it is low."""
    y, z = positions[:, 1], positions[:, 2]
    head = smoothstep(-12.6, -9.6, y + np.clip(0.32 * z, 0, 2.2))
    neck = smoothstep(-17.5, -13.5, y) * (1 - head)
    return [("head", head), ("neck", neck), ("chest", 1 - head - neck)]


def hair_weights(positions):
    """Hair follows the head down to the chin, then lies down on the chest."""
    y = positions[:, 1]
    head = smoothstep(-14.5, -6.5, y)
    neck = smoothstep(-17.5, -11.5, y) * (1 - head)
    return [("head", head), ("neck", neck), ("chest", 1 - head - neck)]
