"""The VRM 1.0 blocks: licence, bones, expressions, gaze, node constraints, spring bones."""

from face.morphs import ARKIT_NAMES

# VRM expression presets, as ARKit weights (a name without Left/Right means both).
EXPRESSIONS = {
    "aa": {"jawOpen": 0.55, "mouthLowerDown": 0.25, "mouthUpperUp": 0.15},
    "ih": {"mouthStretch": 0.45, "jawOpen": 0.16, "mouthLowerDown": 0.35, "mouthUpperUp": 0.15},
    "ou": {"mouthPucker": 0.75, "mouthFunnel": 0.40, "jawOpen": 0.14},
    "ee": {"mouthStretch": 0.5, "mouthSmile": 0.35, "jawOpen": 0.14, "mouthLowerDown": 0.5, "mouthUpperUp": 0.25},
    "oh": {"mouthFunnel": 0.65, "jawOpen": 0.35, "mouthPucker": 0.25},
    "blink": {"eyeBlink": 1.0},
    "blinkLeft": {"eyeBlinkLeft": 1.0},
    "blinkRight": {"eyeBlinkRight": 1.0},
    "lookUp": {"eyeLookUp": 1.0},
    "lookDown": {"eyeLookDown": 1.0},
    "lookLeft": {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},
    "lookRight": {"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0},
    "happy": {
        "mouthSmileLeft": 0.85,
        "mouthSmileRight": 0.78,
        "cheekSquint": 0.8,
        "eyeSquint": 0.5,
        "mouthUpperUp": 0.22,
        "jawOpen": 0.08,
        "browInnerUp": 0.15,
        "browOuterUp": 0.12,
    },
    "surprised": {"browInnerUp": 0.8, "browOuterUp": 0.7, "eyeWide": 0.8, "jawOpen": 0.28, "mouthFunnel": 0.2},
    "relaxed": {"mouthSmileLeft": 0.40, "mouthSmileRight": 0.34, "eyeSquint": 0.22, "cheekSquint": 0.2, "eyeBlink": 0.10},
    "sad": {"mouthFrown": 0.6, "browInnerUp": 0.8, "mouthShrugLower": 0.25, "eyeBlink": 0.15, "eyeLookDown": 0.15},
    "angry": {"browDown": 0.9, "mouthPress": 0.5, "eyeSquint": 0.3, "noseSneer": 0.35, "mouthFrown": 0.25},
}
# Spheres that hair and cloth keep off: bone, place against it in cm, radius in cm; and capsules with a second place.
COLLIDERS = (
    ("head", (0, 10.2, 0.4), 7.4, None),
    ("head", (0, 4.6, 2.2), 5.6, None),
    ("neck", (0, -1.5, 0.6), 3.5, (0, 4.5, 0.4)),
    ("upperChest", (4.5, 1.5, 0.0), 6.6, (-4.5, 1.5, 0.0)),
    ("upperChest", (11.0, 6.0, -0.6), 3.4, (4.0, 8.8, 0.0)),
    ("upperChest", (-11.0, 6.0, -0.6), 3.4, (-4.0, 8.8, 0.0)),
    ("upperChest", (5.6, -3.0, 3.6), 5.6, (-5.6, -3.0, 3.6)),
    ("leftUpperArm", (1.0, 0, 0), 3.9, (14.0, 0, 0)),
    ("rightUpperArm", (-1.0, 0, 0), 3.9, (-14.0, 0, 0)),
)


def expand(weights):
    """ARKit weights with names that mean both sides written out."""
    full = {}
    for name, weight in weights.items():
        names = [name] if name in ARKIT_NAMES else [name + "Left", name + "Right"]
        full |= {n: min(full.get(n, 0) + weight, 1.0) for n in names}
    return full


def vrm(params, nodes, face_node, eye_offset):
    """The block VRMC_vrm; `nodes` are node indices by bone name, `eye_offset` the eyes against the head bone in metres."""

    def expression(weights, **more):
        binds = [
            {"node": face_node, "index": ARKIT_NAMES.index(name), "weight": round(weight, 4)}
            for name, weight in expand(weights).items()
        ]
        return {"isBinary": False, "morphTargetBinds": binds, **more}

    def preset(name, weights):
        keeps_mouth = {"overrideBlink": "blend"} if name == "surprised" else {}
        return expression(weights, **keeps_mouth)

    # Eyes go most of the way, the head the rest. Drawn eyes slide on a ball of three times the size: less is as far.
    reach = {"inputMaxValue": 30, "outputScale": 10 if params.style == "anime" else 22}
    return {
        "specVersion": "1.0",
        "meta": {
            "name": params.name,
            "version": params.version,
            "authors": [params.author],
            "licenseUrl": "https://vrm.dev/licenses/1.0/",
            "thirdPartyLicenses": params.license,
            "avatarPermission": "everyone",
            "commercialUsage": "corporation",
            "creditNotation": "unnecessary",
            "allowRedistribution": True,
            "modification": "allowModificationRedistribution",
        },
        "humanoid": {"humanBones": {bone: {"node": nodes[bone]} for bone in nodes if "_" not in bone}},
        "expressions": {
            "preset": {name: preset(name, weights) for name, weights in EXPRESSIONS.items()},
            "custom": {name: expression({name: 1.0}) for name in ARKIT_NAMES},
        },
        "lookAt": {
            "type": "bone",
            "offsetFromHeadBone": eye_offset,
            "rangeMapHorizontalInner": reach,
            "rangeMapHorizontalOuter": reach,
            "rangeMapVerticalDown": reach,
            "rangeMapVerticalUp": reach,
        },
    }


def node_constraint(constraint, nodes):
    """The block VRMC_node_constraint of a helper bone; `constraint` as the skeleton has it, its source by name."""
    ((kind, keys),) = constraint.items()
    return {"specVersion": "1.0", "constraint": {kind: {**keys, "source": nodes[keys["source"]]}}}


def spring_bones(chains, nodes):
    """The block VRMC_springBone: chains with the colliders of head, neck, chest and arms."""

    def metres(place):
        return [round(v * 0.01, 5) for v in place]

    colliders = []
    for bone, place, radius, end in COLLIDERS:
        shape = {"offset": metres(place), "radius": round(radius * 0.01, 5)}
        shape = {"capsule": {**shape, "tail": metres(end)}} if end else {"sphere": shape}
        colliders.append({"node": nodes[bone], "shape": shape})
    springs = []
    for chain in chains:
        joint = {
            "hitRadius": round(chain.radius * 0.01, 5),
            "stiffness": chain.stiffness,
            "gravityPower": chain.gravity,
            "gravityDir": [0, -1, 0],
            "dragForce": chain.drag,
        }
        joints = [{"node": nodes[chain.bone(k)], **joint} for k in range(len(chain.joints))]
        springs.append({"name": chain.name, "joints": joints, "colliderGroups": [0]})
    return {
        "specVersion": "1.0",
        "colliders": colliders,
        "colliderGroups": [{"name": "figure", "colliders": list(range(len(colliders)))}],
        "springs": springs,
    }
