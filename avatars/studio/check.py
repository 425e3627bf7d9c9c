"""Acceptance checks of a finished host: python check.py avatars/lina

Reads host.glb only. Prints one line per check and exits 1 when any fails.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

import features as f
from fields import vertex_normals
from gltf import Model
from host import expand
from morphs import ARKIT_NAMES
from rig import EYE_HEIGHT

MAX_TRIANGLES = 35_500
MAX_BYTES = 2_500_000
MAX_THUMBNAIL_BYTES = 200_000
MAX_LIP_GAP = 0.01  # cm
MIN_LID_CLEARANCE = 0.005  # cm over the eyeball, through the whole blink
MAX_CLOSED_LID_GAP = 0.05  # cm
SHADING = {"skin", "eye", "hair", "cloth", "mouth", "lash"}
BONES = {
    "hips",
    "spine",
    "chest",
    "neck",
    "head",
    "leftEye",
    "rightEye",
    "jaw",
    "leftShoulder",
    "leftUpperArm",
    "leftLowerArm",
    "leftHand",
    "rightShoulder",
    "rightUpperArm",
    "rightLowerArm",
    "rightHand",
}
# Parts whose every connected piece encloses a volume: positive when it faces outwards.
CLOSED_OUTWARD = {"skin", "eyeLeft", "eyeRight", "tongue", "hair", "tee", "jacket", "button"}
CLOSED_INWARD = {"mouth"}


class Report:
    """Collects results and prints them."""

    def __init__(self):
        self.failed = 0

    def check(self, passed, text):
        """One line: OK or FAIL."""
        self.failed += not passed
        print(("OK   " if passed else "FAIL ") + text)


def posed(primitive, weights):
    """Positions in cm under ARKit weights."""
    positions = primitive.positions.copy()
    for name, weight in expand(weights).items():
        positions += weight * primitive.morphs[name]
    return positions * 100


def check_shapes(report, model):
    """The 52 names, on every primitive of the face."""
    faces = [m for m in model.json["meshes"] if "targets" in m["primitives"][0]]
    names = [m.get("extras", {}).get("targetNames") for m in faces]
    report.check(
        bool(faces) and all(n == ARKIT_NAMES for n in names), f"{len(ARKIT_NAMES)} ARKit shapes by name"
    )
    counts = {len(p.get("targets", [])) for m in faces for p in m["primitives"]}
    report.check(counts == {52}, "every primitive of the face has 52 targets")
    skin = next(p for p in model.primitives if p.name == "skin")
    by_bone = {"eyeLookIn", "eyeLookOut"}
    still = [
        n
        for n, d in skin.morphs.items()
        if np.abs(d).max() < 5e-4
        and n != "tongueOut"
        and n.removesuffix("Left").removesuffix("Right") not in by_bone
    ]
    report.check(not still, f"every shape moves the skin (except gaze by bone and tongue): {still or 'yes'}")


def check_lips(report, skin):
    """Closed at rest, in m/b/p, in a pucker, and at jawOpen = mouthClose; open in between."""
    probes = skin.extras["probes"]["lip"]
    upper, lower = probes["upper"], probes["lower"]
    cases = {"rest": {}, "pucker": {"mouthPucker": 1.0}}
    cases |= {f"jawOpen = mouthClose = {w}": {"jawOpen": w, "mouthClose": w} for w in (0.3, 0.6, 1.0)}
    for name, weights in cases.items():
        points = posed(skin, weights)
        gap = np.abs(points[upper] - points[lower])[:, 1:].max()
        report.check(gap <= MAX_LIP_GAP, f"lips closed at {name}: gap {gap:.3f} cm")
    press = {"mouthPress": 0.6, "mouthRollUpper": 0.25, "mouthRollLower": 0.25}
    points = posed(skin, press)
    gap = (points[upper] - points[lower])[:, 1].max()
    report.check(gap <= MAX_LIP_GAP, f"lips closed in m/b/p: gap {gap:.3f} cm")
    points = posed(skin, {"jawOpen": 1.0})
    gap = (points[upper] - points[lower])[:, 1].max()
    report.check(1.8 < gap < 3.0, f"mouth opens at jawOpen 1: {gap:.2f} cm")


def check_lids(report, skin, floor_to_eye):
    """No poke-through of the eyeball while blinking, and lids that meet."""
    for side, label in ((1, "Left"), (-1, "Right")):
        centre = f.EYE_CENTRE * [side, 1, 1] + [0, floor_to_eye, 0]
        probes = skin.extras["probes"]["lid" + label]
        margin = probes["upper"][1:-1] + probes["lower"][-2:0:-1]
        for weight in (0, 0.25, 0.5, 0.75, 1):
            points = posed(skin, {"eyeBlink" + label: weight})
            rim = points[margin]
            rim = np.r_[rim, (rim[1:] + rim[:-1]) / 2]  # chords cut deeper than vertices
            clearance = np.linalg.norm(rim - centre, axis=1).min() - f.EYE_RADIUS
            passed = clearance >= MIN_LID_CLEARANCE
            report.check(passed, f"lid clearance {label} at blink {weight}: {clearance:.3f} cm")
        gap = (points[probes["upper"]] - points[probes["lower"]])[:, 1].max()
        report.check(gap <= MAX_CLOSED_LID_GAP, f"lids {label} meet at blink 1: gap {gap:.3f} cm")


def check_geometry(report, model):
    """Finite numbers, valid indices, weights, normals, winding."""
    finite, indices, weights, normals, areas = True, True, True, True, True
    for p in model.primitives:
        arrays = [p.positions, p.normals, p.colours, p.weights, *p.morphs.values()]
        arrays += [] if p.uv is None else [p.uv]
        finite &= all(np.isfinite(a).all() for a in arrays)
        indices &= p.triangles.max() < len(p.positions) and p.joints.max() < len(
            model.json["skins"][0]["joints"]
        )
        weights &= bool(np.abs(p.weights.sum(1) - 1).max() < 1e-6)
        normals &= bool(np.abs(np.linalg.norm(p.normals, axis=1) - 1).max() < 1e-3)
        # Stored normals must agree with the winding of the triangles.
        agree = (vertex_normals(p.positions, p.triangles) * p.normals).sum(1)
        areas &= bool(np.mean(agree > 0.5) > 0.98)
    report.check(finite, "no NaN or infinity")
    report.check(indices, "indices in range")
    report.check(weights, "bone weights sum to 1")
    report.check(normals, "normals have unit length")
    report.check(areas, "normals agree with the winding")
    for p in model.primitives:
        if p.material.get("doubleSided"):
            continue
        twice, volumes = winding(p)
        report.check(not twice, f"{p.name}: neighbours wind alike ({twice} edges run twice the same way)")
        if p.name in CLOSED_OUTWARD:
            report.check(min(volumes) > 0, f"{p.name}: {len(volumes)} pieces face outwards")
        if p.name in CLOSED_INWARD:
            report.check(max(volumes) < 0, f"{p.name}: faces inwards")


def winding(primitive):
    """Directed edges that occur twice, and the signed volume of each connected piece."""
    _, welded = np.unique(np.round(primitive.positions, 7), axis=0, return_inverse=True)
    tris = welded.reshape(-1)[primitive.triangles]
    keep = (tris[:, 0] != tris[:, 1]) & (tris[:, 1] != tris[:, 2]) & (tris[:, 0] != tris[:, 2])
    edges = np.concatenate([tris[keep][:, [k, (k + 1) % 3]] for k in range(3)])
    _, counts = np.unique(edges, axis=0, return_counts=True)
    size = welded.max() + 1
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(size, size))
    _, piece = connected_components(graph, directed=False)
    of_triangle = piece[tris[:, 0]]
    volumes = []
    for label in np.unique(of_triangle):
        corners = primitive.positions[primitive.triangles[of_triangle == label]]
        corners = corners - corners.reshape(-1, 3).mean(0)
        volumes.append(float(np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))))
    return int((counts > 1).sum()), volumes


def check_materials(report, model):
    """Names, shading hints, culling."""
    materials = model.json["materials"]
    hints = {m["name"]: m.get("extras", {}).get("shading") for m in materials}
    report.check(set(hints.values()) <= SHADING, f"shading hints: {hints}")
    double = sorted(m["name"] for m in materials if m.get("doubleSided"))
    report.check(double == ["hairUnder", "lapel", "lash"], f"double-sided sheets only: {double}")


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    model, report = Model(folder / "host.glb"), Report()
    triangles = sum(len(p.triangles) for p in model.primitives)
    report.check(triangles <= MAX_TRIANGLES, f"{triangles} triangles (at most {MAX_TRIANGLES})")
    report.check(model.size <= MAX_BYTES, f"{model.size} bytes (at most {MAX_BYTES})")
    names = {n["name"] for n in model.json["nodes"]}
    report.check(names >= BONES, f"bones: {sorted(BONES - names) or 'all'}")
    humanoid = model.json["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"]
    report.check(set(humanoid) >= BONES, "VRM humanoid block names the bones")
    check_shapes(report, model)
    skin = next(p for p in model.primitives if p.name == "skin")
    check_lips(report, skin)
    check_lids(report, skin, EYE_HEIGHT)
    check_geometry(report, model)
    check_materials(report, model)
    thumbnail = folder / "thumbnail.png"
    report.check(
        thumbnail.is_file() and thumbnail.stat().st_size <= MAX_THUMBNAIL_BYTES, f"thumbnail {thumbnail}"
    )
    print("all checks passed" if not report.failed else f"{report.failed} checks failed")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
