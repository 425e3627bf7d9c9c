"""The bare body of a host as far as it is seen: hands, and the stretches of arms and legs that outfits leave bare."""

import numpy as np

from body.hand import Hand
from body.limbs import bare_arm, bare_leg
from body.skeleton import SIDES
from fields import bell, smoothstep, to_linear
from part import Built, Material, Part, merge

SKIN, NAILS = "bodySkin", "nails"
WARM = np.array([1.0, 0.80, 0.76])  # linear factor of skin where blood is near: fingertips, knuckles, elbows, knees


def toned(toon, colour):
    """The cartoon material `toon` of textured skin for a plain `colour` (sRGB)."""
    if toon is None:
        return None
    shade = np.array(toon["shadeColorFactor"]) * to_linear(colour)
    return toon | {"shadeColorFactor": np.round(shade, 5).tolist()}


def warmth(amount):
    """Painted factor of vertices that are `amount` (0..1) warm."""
    return 1 + np.clip(amount, 0, 1)[:, None] * (WARM - 1)


def hand_warmth(points, weights, scale):
    """How warm the skin of a hand is: fingertips, knuckles, the palm."""
    x, y, _ = (points / scale).T
    fingers = ("Index", "Middle", "Ring", "Little")
    tip = sum(w for bone, w in weights.items() if bone.endswith("Distal"))
    bent = sum(4 * weights[f + "Proximal"] * weights[f + "Intermediate"] for f in fingers)
    back = smoothstep(-0.2, 0.6, y)
    knuckle = bell(x, 7.8, 0.9) * back
    palm = smoothstep(0.3, -0.9, y) * smoothstep(0.0, 2.5, x)
    return 0.50 * tip + 0.30 * bent + 0.22 * knuckle + 0.30 * palm * (1 - tip)


def both_hands(form, painted):
    """Skin and nails of both hands on air, as two parts."""
    hand = Hand(form)
    parts = []
    for name, material, (points, faces, weights) in zip(("hands", "nails"), (SKIN, NAILS), hand.build()):
        pieces, tables = [], []
        for side, sign in SIDES:
            table = [(side + bone, weight) for bone, weight in weights.items()]
            placed = (points + form.skeleton.places["leftHand"]) * [sign, 1, 1]
            shade = warmth(hand_warmth(points, weights, hand.scale)) if material == SKIN else np.ones((len(points), 3))
            pieces.append((form.skeleton.pose(placed, table), faces if sign > 0 else faces[:, ::-1], shade))
            tables.append(dict(table))
        positions, faces, shade = merge(pieces)
        bones = sorted({bone for table in tables for bone in table})
        columns = [(b, np.concatenate([table.get(b, np.zeros(len(points))) for table in tables])) for b in bones]
        parts.append(Part(name, material, positions, faces, columns, shade=shade if painted else None))
    return parts


def _stretch(form, name, mesh_of, joint, outfits, painted):
    """A bare stretch on both sides as one part, warm at the height of its joint."""
    positions, faces = merge([mesh_of(sign) for _, sign in SIDES])
    height = form.skeleton.at(joint)[1]
    shade = warmth(0.25 * bell(positions[:, 1], height, 4.0)) if painted else None
    weights = [(bone, weight) for bone, weight in form.weights(positions, sleeve=True) if weight.max() > 0.004]
    return Part(name, SKIN, positions, faces, weights, shade=shade, outfits=outfits)


def _shared(wanted):
    """{stretch: ids of the outfits that show it}, in the order given."""
    groups = {}
    for outfit, stretch in wanted:
        if stretch is not None:
            groups.setdefault(stretch, []).append(outfit)
    return groups


def build_body(form, skin_colour, outfits, toon=None):
    """Hands for all outfits and the bare limbs of each.

    `outfits` are (id, sleeve_end, legs): the place (t) where the sleeve ends or None for one over the wrist; the heights
    (y) between which legs are bare or None. `skin_colour` is sRGB 0..1, `toon` the cartoon material of the face's skin.
    """
    skin, nails = tuple(skin_colour), tuple(form.params.nails)
    built = Built(both_hands(form, toon is None))
    built.materials[SKIN] = Material("skin", skin, 0.5, toon=toned(toon, skin))
    built.materials[NAILS] = Material("cloth", nails, 0.22, double_sided=True, toon=toned(toon, nails))
    for k, (sleeve_end, ids) in enumerate(_shared([(o[0], o[1]) for o in outfits]).items()):
        mesh = lambda sign, t=sleeve_end: bare_arm(form, sign, t)
        built.parts.append(_stretch(form, f"arms{k}", mesh, "leftLowerArm", tuple(ids), toon is None))
    for k, (legs, ids) in enumerate(_shared([(o[0], o[2]) for o in outfits]).items()):
        mesh = lambda sign, ends=tuple(legs): bare_leg(form, sign, *ends)
        built.parts.append(_stretch(form, f"legs{k}", mesh, "leftLowerLeg", tuple(ids), toon is None))
    return built
