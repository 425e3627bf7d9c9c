"""Acceptance checks of finished hosts: python avatars/studio/check.py avatars/lina [...]

Reads host.glb and host.yaml. Prints one line per check and exits 1 when any fails. That nothing pierces the face is
checked by the program's own tests, which see what is drawn.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from body.form import Form
from face.features import Features
from face.morphs import ARKIT_NAMES
from fields import vertex_normals
from file.gltf import Model
from file.vrm import EXPRESSIONS, expand
from host import HostParams
from params import load

MAX_DRAWN, MAX_TRIANGLES = 30_000, 45_000
MAX_BYTES, MAX_TEXTURE = 4_000_000, 2048
MAX_LIP_GAP, MAX_PRESSED_GAP = 0.01, 0.02  # cm
MIN_LID_CLEARANCE = 0.004  # cm over the eyeball, through the whole blink
MAX_CLOSED_LID_GAP = 0.05  # cm
SURFACES = {"skin", "eye", "hair", "cloth", "mouth", "lash", "clear", "unlit"}


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


def check_size(report, model):
    """Budgets of the file and of what is drawn at once."""
    outfits = [o["id"] for o in model.json["scenes"][0].get("extras", {}).get("outfits", [])]
    report.check(len(outfits) >= 2, f"outfits: {', '.join(outfits) or 'none'}")
    worn = {n["mesh"]: n.get("extras", {}).get("outfits") for n in model.json["nodes"] if "mesh" in n}
    names = {m["name"]: worn[k] for k, m in enumerate(model.json["meshes"])}
    total = sum(len(p.triangles) for p in model.primitives)
    for outfit in outfits or [None]:
        drawn = sum(len(p.triangles) for p in model.primitives if not names[p.mesh] or outfit in names[p.mesh])
        report.check(drawn <= MAX_DRAWN, f"{outfit}: {drawn} triangles drawn (at most {MAX_DRAWN})")
    report.check(total <= MAX_TRIANGLES, f"{total} triangles in the file (at most {MAX_TRIANGLES})")
    report.check(model.size <= MAX_BYTES, f"{model.size} bytes (at most {MAX_BYTES})")
    sides = [max(model.picture(k).size) for k in range(len(model.json.get("images", [])))]
    report.check(max(sides) <= MAX_TEXTURE, f"textures: {sides} (at most {MAX_TEXTURE})")


def check_shapes(report, model):
    """The 52 names, on every primitive of the face, all of them moving something."""
    faces = [m for m in model.json["meshes"] if "targets" in m["primitives"][0]]
    names = [m.get("extras", {}).get("targetNames") for m in faces]
    report.check(bool(faces) and all(n == ARKIT_NAMES for n in names), f"{len(ARKIT_NAMES)} ARKit shapes by name")
    moved = {
        n for p in model.primitives for n, d in p.morphs.items() if len(d) and np.abs(d).max() > 5e-4
    }
    by_bone = {n for n in ARKIT_NAMES if n.startswith(("eyeLookIn", "eyeLookOut"))}
    still = sorted(set(ARKIT_NAMES) - moved - by_bone)
    report.check(not still, f"every shape moves something (gaze to the sides is the bones'): {still or 'yes'}")
    presets = model.json["extensions"]["VRMC_vrm"]["expressions"]["preset"]
    report.check(set(presets) >= set(EXPRESSIONS), f"VRM expressions: {', '.join(presets)}")


def check_lips(report, skin):
    """Closed at rest, in m/b/p, in a pucker, and at jawOpen = mouthClose; open in between."""
    upper, lower = (skin.extras["probes"]["lip"][k] for k in ("upper", "lower"))
    cases = {"rest": {}, "pucker": {"mouthPucker": 1.0}}
    cases |= {f"jawOpen = mouthClose = {w}": {"jawOpen": w, "mouthClose": w} for w in (0.3, 0.6, 1.0)}
    for name, weights in cases.items():
        points = posed(skin, weights)
        gap = np.abs(points[upper] - points[lower])[:, 1:].max()
        report.check(gap <= MAX_LIP_GAP, f"lips closed at {name}: gap {gap:.3f} cm")
    points = posed(skin, {"mouthPress": 0.6, "mouthRollUpper": 0.25, "mouthRollLower": 0.25})
    gap = (points[upper] - points[lower])[:, 1].max()
    report.check(gap <= MAX_PRESSED_GAP, f"lips closed in m/b/p: gap {gap:.3f} cm")
    points = posed(skin, {"jawOpen": 1.0})
    gap = (points[upper] - points[lower])[:, 1].max()
    report.check(1.2 < gap < 3.2, f"mouth opens at jawOpen 1: {gap:.2f} cm")


def check_lids(report, skin, features, floor_to_eye):
    """No poke-through of the eyeball while blinking, and lids that meet."""
    for side, label in ((1, "Left"), (-1, "Right")):
        centre = features.eye_centre * [side, 1, 1] + [0, floor_to_eye, 0]
        probes = skin.extras["probes"]["lid" + label]
        margin = probes["upper"][1:-1] + probes["lower"][-2:0:-1]
        clearances = []
        for weight in (0, 0.25, 0.5, 0.75, 1):
            points = posed(skin, {"eyeBlink" + label: weight})
            rim = points[margin]
            rim = np.r_[rim, (rim[1:] + rim[:-1]) / 2]  # chords cut deeper than vertices
            clearances.append(np.linalg.norm(rim - centre, axis=1).min() - features.eye_radius)
        words = " ".join(f"{c:.3f}" for c in clearances)
        report.check(min(clearances) >= MIN_LID_CLEARANCE, f"lid over the {label.lower()} eye through a blink: {words} cm")
        gap = (points[probes["upper"]] - points[probes["lower"]])[:, 1].max()
        report.check(gap <= MAX_CLOSED_LID_GAP, f"lids {label} meet at blink 1: gap {gap:.3f} cm")


def check_geometry(report, model):
    """Finite numbers, valid indices, weights, normals."""
    joints = len(model.json["skins"][0]["joints"])
    for p in model.primitives:
        arrays = [p.positions, p.normals, p.colours, p.weights, *p.morphs.values()]
        faults = [] if all(np.isfinite(a).all() for a in arrays) else ["not finite"]
        faults += ["index out of range"] * bool(p.triangles.max() >= len(p.positions) or p.joints.max() >= joints)
        faults += ["weights do not sum to 1"] * bool(np.abs(p.weights.sum(1) - 1).max() > 1e-6)
        faults += ["normals without unit length"] * bool(np.abs(np.linalg.norm(p.normals, axis=1) - 1).max() > 1e-3)
        agree = (vertex_normals(p.positions, p.triangles) * p.normals).sum(1)
        faults += ["normals against the winding"] * bool(np.mean(agree > 0.3) < 0.95)
        if faults:
            report.check(False, f"{p.mesh}/{p.name}: {', '.join(faults)}")
    report.check(True, f"{len(model.primitives)} primitives looked through")
    hints = {m.get("extras", {}).get("shading") for m in model.json["materials"]}
    report.check(hints <= SURFACES, f"surfaces: {', '.join(sorted(map(str, hints)))}")


def check_rig(report, model, form):
    """Bones, hands, spring bones."""
    wanted = {bone for bone in form.skeleton.parents if "_" not in bone} | {"leftEye", "rightEye"}
    bones = set(model.json["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"])
    report.check(bones >= wanted, f"humanoid bones: {len(bones)}, missing {sorted(wanted - bones) or 'none'}")
    constrained = [n["name"] for n in model.json["nodes"] if "VRMC_node_constraint" in n.get("extensions", {})]
    left = sorted(set(form.skeleton.constraints) - set(constrained))
    report.check(not left, f"constrained bones: {len(constrained)}, missing {left or 'none'}")
    springs = model.json["extensions"]["VRMC_springBone"].get("springs", [])
    report.check(bool(springs), f"spring bones: {', '.join(s['name'] for s in springs) or 'none'}")


def check(folder, report):
    """All checks of one host."""
    params = load(HostParams, folder / "host.yaml")
    model, form = Model(folder / "host.glb"), Form(params.body)
    check_size(report, model)
    check_shapes(report, model)
    skin = next(p for p in model.primitives if p.name == "skin")
    check_lips(report, skin)
    check_lids(report, skin, Features(params.face), params.body.eye_height)
    check_geometry(report, model)
    check_rig(report, model, form)
    document = folder / "avatar.toml"
    text = document.read_text(encoding="utf-8") if document.is_file() else ""
    report.check('likeness = "fictional"' in text, f"{document} says that the likeness is fictional")
    report.check((folder / "LICENSE").is_file(), f"{folder / 'LICENSE'} is there")


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    report = Report()
    for folder in parser.parse_args().folders:
        print(f"-- {folder}")
        check(folder, report)
    print("all checks passed" if not report.failed else f"{report.failed} checks failed")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
