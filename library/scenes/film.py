"""From traced film to picture: noise, lens blur, bloom, tone, JPEG."""

import numpy as np
import tracer
from numba import njit, prange
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter, zoom

QUALITY = 90


@njit(cache=True, parallel=True, fastmath=True)
def _smooth(light, noise, facing, where, near, spread, sharp, out, out_noise):
    """One pass of an edge-avoiding wavelet filter: 5x5 taps, `spread` pixels apart."""
    height, width = near.shape
    taps = (1 / 16, 1 / 4, 3 / 8, 1 / 4, 1 / 16)
    for y in prange(height):
        for x in range(width):
            own = 0.3 * light[y, x, 0] + 0.6 * light[y, x, 1] + 0.1 * light[y, x, 2]
            slack = sharp * np.sqrt(noise[y, x]) + 0.02 * own + 1e-4
            r = g = b = spoilt = total = 0.0
            for j in range(-2, 3):
                v = min(max(y + j * spread, 0), height - 1)
                for i in range(-2, 3):
                    u = min(max(x + i * spread, 0), width - 1)
                    turn = (
                        facing[y, x, 0] * facing[v, u, 0]
                        + facing[y, x, 1] * facing[v, u, 1]
                        + facing[y, x, 2] * facing[v, u, 2]
                    )
                    if turn <= 0.3:
                        continue
                    gap = abs(
                        facing[y, x, 0] * (where[v, u, 0] - where[y, x, 0])
                        + facing[y, x, 1] * (where[v, u, 1] - where[y, x, 1])
                        + facing[y, x, 2] * (where[v, u, 2] - where[y, x, 2])
                    )
                    other = 0.3 * light[v, u, 0] + 0.6 * light[v, u, 1] + 0.1 * light[v, u, 2]
                    w = taps[j + 2] * taps[i + 2] * turn**24
                    w *= np.exp(-gap * near[y, x] * 400.0 / spread - abs(own - other) / slack)
                    r += w * light[v, u, 0]
                    g += w * light[v, u, 1]
                    b += w * light[v, u, 2]
                    spoilt += w * w * noise[v, u]
                    total += w
            if total < 1e-9:
                out[y, x] = light[y, x]
                out_noise[y, x] = noise[y, x]
            else:
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = r / total, g / total, b / total
                out_noise[y, x] = spoilt / (total * total)


def _calm(light, noise, guides, passes, sharp):
    """Light without noise. Single pixels brighter than all round them are cut first."""
    luminance = light @ [0.3, 0.6, 0.1]
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    most = maximum_filter(luminance, footprint=ring)
    light = light * np.minimum(1, most / np.maximum(luminance, 1e-6))[..., None]
    noise = gaussian_filter(noise, 2.5)
    for step in range(passes):
        out, out_noise = np.empty_like(light), np.empty_like(noise)
        _smooth(light, noise, *guides, 2**step, sharp, out, out_noise)
        light, noise = out, out_noise
    return light


def develop(film, samples):
    """Linear picture and 1/depth of a traced film."""
    film = film.astype(np.float64)
    facing = film[..., tracer.FACING : tracer.FACING + 3]
    facing = facing / (np.linalg.norm(facing, axis=2, keepdims=True) + 1e-9)
    near = film[..., tracer.NEAR]
    guides = (facing, film[..., tracer.WHERE : tracer.WHERE + 3], near)
    diffuse = film[..., :3]
    mean = diffuse @ [0.3, 0.6, 0.1]
    noise = np.maximum(film[..., tracer.SQUARE] - mean**2, 0) / samples
    diffuse = _calm(diffuse, noise, guides, 5, 4.0)
    gloss = film[..., tracer.GLOSS : tracer.GLOSS + 3]
    shine = gloss @ [0.3, 0.6, 0.1]
    wild = np.maximum(gaussian_filter(shine**2, 2) - gaussian_filter(shine, 2) ** 2, 0)
    gloss = _calm(gloss, wild / 2, guides, 4, 2.5)
    light = film[..., tracer.ALBEDO : tracer.ALBEDO + 3] * diffuse + gloss
    return light + film[..., tracer.OWN : tracer.OWN + 3], near


@njit(cache=True, parallel=True, fastmath=True)
def _lens(light, size, near, reach, out):
    """Every point spreads over a disc of radius `size` pixels; what is nearer stays in front."""
    height, width = size.shape
    for y in prange(height):
        for x in range(width):
            own, depth = size[y, x], near[y, x]
            r = g = b = total = 0.0
            for v in range(max(0, y - reach), min(height, y + reach + 1)):
                for u in range(max(0, x - reach), min(width, x + reach + 1)):
                    d2 = (u - x) * (u - x) + (v - y) * (v - y)
                    disc = size[v, u]
                    if near[v, u] < depth:
                        # what lies behind does not spill over a sharper edge in front
                        disc = min(disc, own)
                    if d2 > (disc + 1) * (disc + 1):
                        continue
                    edge = min(1.0, disc + 1 - np.sqrt(d2))
                    w = edge / (disc * disc + 0.3)
                    r += w * light[v, u, 0]
                    g += w * light[v, u, 1]
                    b += w * light[v, u, 2]
                    total += w
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = r / total, g / total, b / total


def focus(light, near, distance, strength, least=0.0):
    """The picture through a lens focused at `distance` metres; discs have radius strength * |1/distance - 1/depth|
    times the picture's longer side, but at least `least` times that side."""
    side = max(near.shape)
    size = np.clip(strength * side * np.abs(1 / distance - near), least * side, 0.024 * side)
    reach = int(np.ceil(size.max())) + 1
    out = np.empty_like(light)
    _lens(light, size, near, reach, out)
    return out


def enlarge(picture, width, height):
    """Smoothly enlarged to width x height."""
    factors = (height / picture.shape[0], width / picture.shape[1]) + (1,) * (picture.ndim - 2)
    return np.maximum(
        zoom(picture, factors, order=3 if picture.ndim > 2 else 1, mode="nearest", grid_mode=True), 0
    )


def bloom(light, amount):
    """Bright places shine over what is round them."""
    side = max(light.shape[:2])
    over = np.clip(light - 0.9, 0, 6)
    halo = sum(
        share * gaussian_filter(over, (s * side, s * side, 0), mode="nearest")
        for share, s in ((0.5, 0.006), (0.3, 0.02), (0.2, 0.06))
    )
    return light + amount * halo


def tone(light, exposure):
    """Display values 0..1: linear below, a long shoulder above; very bright colours pale."""
    light = np.maximum(light * exposure, 0)
    peak = light.max(2, keepdims=True)
    pale = np.clip((peak - 1.5) / 5, 0, 0.75)
    light = light * (1 - pale) + pale * light.mean(2, keepdims=True)
    knee = 0.62
    soft = knee + (1 - knee) * (1 - np.exp(-(light - knee) / (1 - knee) * 0.8))
    light = np.where(light > knee, soft, light)
    return np.where(light < 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def save(picture, path, seed):
    """Writes display values as a JPEG with a trace of grain, which keeps gradients from banding."""
    rng = np.random.default_rng(seed)
    picture = picture * 255 + gaussian_filter(rng.normal(0, 1.6, picture.shape[:2]), 0.6)[..., None]
    pixels = np.round(np.clip(picture, 0, 255)).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, "JPEG", quality=QUALITY, optimize=True)
