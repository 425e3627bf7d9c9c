"""Draws a finished host.glb the way the cheap realtime renderer does.

Base colour x vertex colour x (sky + key + fill + rim, wrapped diffuse), back
faces culled as the materials say. No shadow map, no ambient occlusion: both are
baked. Usage: python preview.py HOST.glb OUT.png [--sheet] [--backdrop IMAGE]
"""

import argparse
import math

import numpy as np
from PIL import Image

from fields import normalise, to_linear, to_srgb, vertex_normals
from gltf import Model
from host import expand
from raster import draw
from rig import EYE_HEIGHT

SKY, GROUND = np.array([0.46, 0.48, 0.52]), np.array([0.34, 0.29, 0.27])
# direction towards the light, linear colour, is a rim light
LIGHTS = (
    (normalise(np.array([-0.45, 0.62, 0.9])), np.array([1.0, 0.96, 0.90]) * 0.92, False),
    (normalise(np.array([0.95, 0.15, 0.75])), np.array([0.86, 0.92, 1.0]) * 0.34, False),
    (normalise(np.array([0.75, 0.55, -0.9])), np.array([0.95, 0.97, 1.0]) * 0.60, True),
    (normalise(np.array([-0.9, 0.35, -0.8])), np.array([1.0, 0.90, 0.82]) * 0.50, True),
)
WRAP = {"skin": (0.42, 0.22, 0.16), "hair": (0.25, 0.25, 0.25), "cloth": (0.15, 0.15, 0.15)}
GREY = ((0.63, 0.72, 0.78), (0.36, 0.46, 0.55))

POSES = {
    "neutral": {},
    "aa": {"jawOpen": 0.55, "mouthLowerDown": 0.25, "mouthUpperUp": 0.15},
    "ou": {"mouthPucker": 0.75, "mouthFunnel": 0.45, "jawOpen": 0.12},
    "ee": {
        "mouthStretch": 0.6,
        "mouthSmile": 0.3,
        "jawOpen": 0.15,
        "mouthLowerDown": 0.5,
        "mouthUpperUp": 0.25,
    },
    "mbp": {"mouthPress": 0.6, "mouthRollUpper": 0.25, "mouthRollLower": 0.25},
    "fv": {"mouthRollLower": 0.8, "mouthUpperUp": 0.4, "jawOpen": 0.06},
    "smile": {
        "mouthSmile": 0.95,
        "cheekSquint": 0.55,
        "eyeSquint": 0.35,
        "mouthUpperUp": 0.35,
        "jawOpen": 0.10,
        "mouthLowerDown": 0.1,
    },
    "blink": {"eyeBlink": 1.0},
    "half": {"eyeBlink": 0.5},
    "close": {"jawOpen": 0.5, "mouthClose": 0.5},
    "open": {"jawOpen": 1.0},
    "brows": {"browInnerUp": 1.0, "eyeWide": 0.5},
}


def turned(yaw, pitch):
    """Rotation by degrees: yaw to the character's left, then pitch down."""
    yaw, pitch = np.radians(yaw), np.radians(pitch)
    turn = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    return turn @ nod


def posed(model, weights, gaze=(0, 0), head=(0, 0)):
    """(primitive, positions in cm with the eye line at 0) for morphs, gaze and head in degrees."""
    weights = expand(weights)
    names = [n["name"] for n in model.json["nodes"]]
    places = bone_places(model)
    head_bones = [names.index(n) for n in ("head", "leftEye", "rightEye", "jaw")]
    neck, pivot = names.index("neck"), places[names.index("head")]
    for primitive in model.primitives:
        positions = primitive.positions.copy()
        for name, weight in weights.items():
            if name in primitive.morphs:
                positions += weight * primitive.morphs[name]
        if primitive.name.startswith("eye"):
            bone = "leftEye" if primitive.name == "eyeLeft" else "rightEye"
            centre = places[names.index(bone)]
            positions = (positions - centre) @ turned(*gaze).T + centre
        if any(head):
            with_head = (primitive.weights * np.isin(primitive.joints, head_bones)).sum(1, keepdims=True)
            with_neck = (primitive.weights * (primitive.joints == neck)).sum(1, keepdims=True)
            full = (positions - pivot) @ turned(*head).T + pivot
            half = (positions - pivot) @ turned(head[0] / 2, head[1] / 2).T + pivot
            positions = positions + with_head * (full - positions) + with_neck * (half - positions)
        yield primitive, positions * 100 - [0, EYE_HEIGHT, 0]


def bone_places(model):
    """World place of every node at rest (the skeleton has translations only)."""
    nodes = model.json["nodes"]
    places = [np.zeros(3) for _ in nodes]

    def walk(index, base):
        places[index] = base + nodes[index].get("translation", [0, 0, 0])
        for child in nodes[index].get("children", []):
            walk(child, places[index])

    for root in model.json["scenes"][0]["nodes"]:
        walk(root, np.zeros(3))
    return places


def _sample(image, uv):
    height, width = image.shape[:2]
    x = np.clip(uv[:, 0], 0, 1) * width - 0.5
    y = np.clip(uv[:, 1], 0, 1) * height - 0.5
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]

    def texel(dx, dy):
        return image[np.clip(y0 + dy, 0, height - 1), np.clip(x0 + dx, 0, width - 1)]

    top = texel(0, 0) * (1 - fx) + texel(1, 0) * fx
    return top * (1 - fy) + (texel(0, 1) * (1 - fx) + texel(1, 1) * fx) * fy


def _shade(albedo, normal, view, shading):
    """Linear light that leaves a surface."""
    facing = np.clip((normal * view).sum(1), 0, 1)
    up = normal[:, 1:2] * 0.5 + 0.5
    light = SKY * up + GROUND * (1 - up)
    wrap = np.array(WRAP.get(shading, (0.1, 0.1, 0.1)))
    gloss = np.zeros(len(normal))
    for direction, colour, rim in LIGHTS:
        slope = normal @ direction
        diffuse = np.clip((slope[:, None] + wrap) / (1 + wrap), 0, 1)
        if rim:
            diffuse = diffuse * ((1 - facing) ** 2.0)[:, None] * 1.6
        light = light + diffuse * colour
        half = normalise(direction + view)
        gloss += np.clip((normal * half).sum(1), 0, 1) ** (90 if shading == "eye" else 24) * (not rim)
    strength = {"eye": 0.10, "skin": 0.020, "hair": 0.015, "mouth": 0.05}.get(shading, 0.0)
    return albedo * light + (gloss * strength)[:, None]


def render(
    model,
    weights=None,
    gaze=(0, 0),
    head=(0, 0),
    size=(480, 560),
    target=(0, -7, 0),
    distance=112,
    yaw=0,
    pitch=0,
    fov=24,
    backdrop=None,
    samples=2,
):
    """sRGB picture (height, width, 3)."""
    width, height = size[0] * samples, size[1] * samples
    primitives, points, rest = zip(*((p, v, p.triangles) for p, v in posed(model, weights or {}, gaze, head)))
    offsets = np.cumsum([0] + [len(p) for p in points])
    tris = np.concatenate([t + o for t, o in zip(rest, offsets)])
    labels = np.concatenate([np.full(len(t), k) for k, t in enumerate(rest)])
    single = np.array([not p.material.get("doubleSided", False) for p in primitives])
    normals = [vertex_normals(v, t) for v, t in zip(points, rest)]
    uv = [np.zeros((len(v), 2)) if p.uv is None else p.uv for p, v in zip(primitives, points)]
    colours = [p.colours[:, :3] for p in primitives]
    positions = np.concatenate(points)
    attributes = np.c_[positions, np.concatenate(normals), np.concatenate(uv), np.concatenate(colours)]

    angle, tilt = math.radians(yaw), math.radians(pitch)
    back = np.array([math.sin(angle) * math.cos(tilt), math.sin(tilt), math.cos(angle) * math.cos(tilt)])
    eye = np.array(target) + distance * back
    right = normalise(np.cross(-back, [0, 1, 0]))
    camera = (positions - eye) @ np.stack([right, np.cross(right, -back), back]).T
    depth = -camera[:, 2]
    focal = 0.5 * height / math.tan(math.radians(fov) / 2)
    screen = np.c_[width / 2 + focal * camera[:, 0] / depth, height / 2 - focal * camera[:, 1] / depth, depth]
    _, buffer, owner = draw(screen, tris, attributes, width, height, single[labels], labels)

    picture = _background(backdrop, width, height)
    for k, primitive in enumerate(primitives):
        mask = owner == k
        if not mask.any():
            continue
        place, normal, uv_here, colour = np.split(buffer[mask], [3, 6, 8], axis=1)
        normal, view = normalise(normal), normalise(eye - place)
        normal = np.where((normal * view).sum(1, keepdims=True) < 0, -normal, normal)
        base = primitive.material["pbrMetallicRoughness"]
        albedo = np.array(base.get("baseColorFactor", [1, 1, 1, 1])[:3]) * colour
        if "baseColorTexture" in base:
            albedo = albedo * to_linear(_sample(model.image(base["baseColorTexture"]["index"]), uv_here))
        lit = _shade(albedo, normal, view, primitive.material["extras"]["shading"])
        picture[mask] = _tone(lit)
    picture = picture.reshape(size[1], samples, size[0], samples, 3).mean((1, 3))
    return to_srgb(picture)


def _tone(light):
    """A soft shoulder above 0.6, so that white clothes keep their form."""
    knee = 0.6
    over = np.maximum(light - knee, 0)
    return np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-over / (1 - knee)))


def _background(backdrop, width, height):
    if backdrop is None:
        fade = np.linspace(0, 1, height)[:, None, None]
        plain = to_linear(GREY[0]) * (1 - fade) + to_linear(GREY[1]) * fade
        return np.broadcast_to(plain, (height, width, 3)).copy()
    with Image.open(backdrop) as image:
        scale = max(width / image.width, height / image.height)
        image = image.convert("RGB").resize((math.ceil(image.width * scale), math.ceil(image.height * scale)))
        left, top = (image.width - width) // 2, (image.height - height) // 2
        return to_linear(np.asarray(image.crop((left, top, left + width, top + height)), float) / 255)


def save(picture, path):
    """Write an sRGB float picture."""
    Image.fromarray(np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)).save(path, optimize=True)


def sheet(model):
    """Close-ups of the poses that matter, four to a row."""
    close = {"size": (300, 330), "target": (0, -2.5, 2), "distance": 56}
    views = [render(model, weights, **close) for weights in POSES.values()]
    views.append(render(model, {}, gaze=(18, 0), **close))
    views.append(render(model, {"eyeLookDown": 0.8}, gaze=(-12, 12), **close))
    views.append(render(model, {"jawOpen": 0.4}, yaw=40, **close))
    views.append(render(model, POSES["ou"], yaw=75, **close))
    return np.concatenate([np.concatenate(views[i : i + 4], 1) for i in range(0, len(views), 4)])


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--sheet", action="store_true", help="close-ups of many poses")
    parser.add_argument("--backdrop", help="picture behind the host, cover-cropped")
    parser.add_argument("--pose", default="neutral", choices=POSES)
    parser.add_argument("--yaw", type=float, default=0, help="camera, degrees")
    parser.add_argument("--head", default="0,0", help="head yaw,pitch in degrees")
    parser.add_argument("--size", default="540x960")
    parser.add_argument("--target-y", type=float, default=-12)
    parser.add_argument("--distance", type=float, default=125)
    options = parser.parse_args()
    model = Model(options.model)
    if options.sheet:
        save(sheet(model), options.out)
        return
    width, height = map(int, options.size.split("x"))
    view = {"size": (width, height), "yaw": options.yaw, "backdrop": options.backdrop}
    view |= {"head": tuple(map(float, options.head.split(",")))}
    view |= {"target": (0, options.target_y, 0), "distance": options.distance}
    save(render(model, POSES[options.pose], **view), options.out)


if __name__ == "__main__":
    main()
