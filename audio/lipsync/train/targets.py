"""Phones in time to what the mouth should do: 12 parameters and the shares of the classes, every 10 ms.

Poses come from ../poses.toml. Between phones they blend by dominance: each phone pulls each group of parameters with its own
strength, which fades before and after the phone at the group's own pace (Cohen and Massaro 1993). p, b and m then close.
"""
import pathlib
import tomllib

import numpy as np

import phones as phone_sets
from phones import CLASSES, VOWELS

RATE = 100  # Targets per second.
# How often an utterance counts: real speech, the same with another throat, anything else.
WEIGHTS = [("recorded_", 3), ("changed0_recorded_", 2), ("changed1_recorded_", 2), ("", 1)]
PARAMETERS = ["jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthRollLower", "mouthRollUpper", "mouthPress",
              "mouthStretch", "mouthSmile", "mouthLowerDown", "mouthUpperUp", "tongueOut"]
JAW, CLOSE, FUNNEL, LOWER, UPPER = 0, 1, 2, 9, 10
_TABLE = tomllib.loads((pathlib.Path(__file__).resolve().parents[1] / "poses.toml").read_text())["phones"]
POSES = np.array([[_TABLE[name].get(parameter, 0.0) for parameter in PARAMETERS] for name in CLASSES], np.float32)

GROUPS = {"jaw": [JAW, LOWER, UPPER], "rounding": [2, 3], "spread": [7, 8], "lips": [1, 4, 5, 6], "tongue": [11]}
# Fading before and after a phone, in seconds.
PACE = {"jaw": (0.040, 0.045), "rounding": (0.085, 0.070), "spread": (0.060, 0.060), "lips": (0.016, 0.020), "tongue": (0.020, 0.025)}
ROUNDED = {"AO", "OW", "UH", "UW", "YU", "ER"}
# Strength of each phone on each group, and of all others.
DOMINANCE = {
    "jaw": ({"PP": 1.0, "FF": .9, "SS": .9, "CH": .8, "DD": .5, "nn": .45, "LL": .5, "TH": .5, "kk": .35, "HH": .05, "WW": .7,
             "YY": .5, "RR": .45, "sil": .8, "AH": .6}, 1.0),
    "rounding": ({"PP": .12, "FF": .4, "SS": .3, "CH": 1., "DD": .12, "nn": .12, "LL": .15, "TH": .15, "kk": .1, "HH": .03,
                  "WW": 1.2, "YY": .5, "RR": .7, "sil": .35, **dict.fromkeys(ROUNDED, 1.0)}, .6),
    "spread": ({"PP": .12, "FF": .3, "SS": .4, "CH": .7, "DD": .15, "nn": .15, "LL": .15, "TH": .2, "kk": .12, "HH": .03,
                "WW": 1., "YY": .8, "RR": .5, "sil": .35}, .8),
    "lips": ({"PP": 3., "FF": 2.5}, .35),
    "tongue": ({"TH": 2., "LL": 1.}, .4),
}
STRENGTH = {group: np.array([table.get(name, other) for name in CLASSES], np.float32) for group, (table, other) in DOMINANCE.items()}


def make(segments, count):
    """`count` frames of parameters and class shares for [(start, end, class)]."""
    time = (np.arange(count) + 0.5) / RATE
    start, end = (np.array([segment[side] for segment in segments]) for side in (0, 1))
    index = np.array([CLASSES.index(segment[2]) for segment in segments])
    # A phone is itself in its middle half, a long silence up to 60 ms from its ends.
    half = np.where((index == 0) & (end - start > 0.2), (end - start) / 2 - 0.06, (end - start) / 4)
    middle = (start + end) / 2
    early = np.maximum(middle - half - time[:, None], 0)
    late = np.maximum(time[:, None] - middle - half, 0)
    parameters = np.zeros((count, len(PARAMETERS)), np.float32)
    for group, columns in GROUPS.items():
        before, after = PACE[group]
        weight = STRENGTH[group][index] * np.exp(-early / before - late / after)
        weight /= weight.sum(1, keepdims=True).clip(1e-9)
        parameters[:, columns] = weight @ POSES[index][:, columns]
    for segment in segments:
        if segment[2] == "PP":
            _close(parameters, time, segment)
    return parameters.clip(0, 1), shares(segments, index, count)


def shares(segments, index, count):
    """How much of each frame belongs to each class: [count, classes]."""
    classes = np.zeros((count, len(CLASSES)), np.float32)
    edges = np.arange(count + 1) / RATE
    for (first, last, _), number in zip(segments, index):
        low, high = max(0, int(first * RATE)), min(count, int(np.ceil(last * RATE)))
        covered = np.minimum(edges[low + 1:high + 1], last) - np.maximum(edges[low:high], first)
        classes[low:high, number] += covered.clip(0) * RATE
    classes[:, 0] += (1 - classes.sum(1)).clip(0)
    return classes / classes.sum(1, keepdims=True)


def _close(parameters, time, segment):
    """Lips shut inside a bilabial, with ramps of 50 ms before and 45 ms after."""
    first = segment[0] + 0.012
    last = max(first + 0.015, segment[1] - 0.012)
    away = np.where(time < first, (first - time) / 0.05, np.where(time > last, (time - last) / 0.045, 0.0))
    shut = np.where(away < 1, 0.5 + 0.5 * np.cos(np.pi * away.clip(0, 1)), 0.0)
    parameters[:, LOWER] *= 1 - shut
    parameters[:, UPPER] *= 1 - shut
    parameters[:, FUNNEL] *= 1 - 0.8 * shut
    parameters[:, JAW] *= 1 - 0.5 * shut
    parameters[:, CLOSE] = np.maximum(parameters[:, CLOSE], shut * parameters[:, JAW])


def load(folder):
    """[(samples, parameters, classes)] of a folder of corpus.py; some are in it several times."""
    prepared = []
    for path in sorted(pathlib.Path(folder).glob("*.npz")):
        file = np.load(path)
        count = len(file["samples"]) // 160
        spoken = [(float(a), float(b), str(p)) for a, b, p in zip(file["starts"], file["ends"], file["phones"])]
        parameters, classes = make(phone_sets.segments(spoken, str(file["alphabet"])), count)
        utterance = (file["samples"][:count * 160], parameters.astype(np.float16), classes.astype(np.float16))
        prepared += [utterance] * next(count for start, count in WEIGHTS if path.name.startswith(start))
    return prepared
