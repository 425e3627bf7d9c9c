"""Path tracer: light of a set as a camera without a lens sees it, with what the denoiser needs.

Every pixel has its own random numbers and writes only its own place, so threads
do not change the picture. Lengths are metres, light is linear.
"""

import math

import numpy as np
from bvh import FAR, cast
from numba import njit, prange

# Columns of the table of materials.
R, TEXTURE, SCALE, ROUGH, F0, METAL, E, SHEER, GLASS, LISTED = 0, 3, 4, 5, 6, 7, 8, 11, 12, 13
COLUMNS = 14
# Columns of the table of lights: place, kind (0 rectangle, 1 ball), half sides u and v (or radius), colour, normal, reach.
PLACE, KIND, U, V, COLOUR, NORMAL, AREA = 0, 3, 4, 7, 10, 13, 16
LIGHT_COLUMNS = 17
# What is kept of a pixel: diffuse light, its squared luminance, gloss, own light, albedo, normal, place, 1/depth.
DIFFUSE, SQUARE, GLOSS, OWN, ALBEDO, FACING, WHERE, NEAR = 0, 3, 4, 7, 10, 13, 16, 19
CHANNELS = 20
MOST_BOUNCES = 5
BRIGHTEST = 12.0  # of one indirect sample, against fireflies
# Powers of the root of x^9 = x + 1: a low-discrepancy sequence in eight dimensions.
STEPS = (1 / 1.0850702) ** np.arange(1, 9)


@njit(cache=True)
def _random(state):
    """Next number 0..1 of a xorshift generator."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return ((x * np.uint64(2685821657736338717)) >> np.uint64(40)) * (1.0 / 16777216.0)


@njit(cache=True, fastmath=True)
def _frame(nx, ny, nz):
    """Two directions square to a normal."""
    s = 1.0 if nz >= 0 else -1.0
    a = -1.0 / (s + nz)
    b = nx * ny * a
    return 1 + s * nx * nx * a, s * b, -s * nx, b, s + ny * ny * a, -ny


@njit(cache=True, fastmath=True)
def _around(nx, ny, nz, u1, u2, power):
    """A direction near the normal: cosine-weighted for power 1, a lobe of roughness alpha for power < 0."""
    if power > 0:
        cos = math.sqrt(1 - u1)
    else:
        a2 = power * power
        cos = math.sqrt((1 - u1) / (1 + (a2 - 1) * u1))
    sin = math.sqrt(max(0.0, 1 - cos * cos))
    x, y = sin * math.cos(2 * math.pi * u2), sin * math.sin(2 * math.pi * u2)
    ax, ay, az, bx, by, bz = _frame(nx, ny, nz)
    return ax * x + bx * y + nx * cos, ay * x + by * y + ny * cos, az * x + bz * y + nz * cos


@njit(cache=True, fastmath=True)
def _texel(pixels, heads, texture, u, v, channel):
    """Bilinear sample of a repeating texture; heads[texture] is (offset, side)."""
    offset, side = heads[texture, 0], heads[texture, 1]
    x, y = (u - math.floor(u)) * side - 0.5, (v - math.floor(v)) * side - 0.5
    x0, y0 = int(math.floor(x)), int(math.floor(y))
    fx, fy = x - x0, y - y0
    xa, xb = x0 % side, (x0 + 1) % side
    ya, yb = (y0 % side) * side, ((y0 + 1) % side) * side
    top = pixels[offset + ya + xa, channel] * (1 - fx) + pixels[offset + ya + xb, channel] * fx
    low = pixels[offset + yb + xa, channel] * (1 - fx) + pixels[offset + yb + xb, channel] * fx
    return top * (1 - fy) + low * fy


@njit(cache=True, fastmath=True)
def _weigh(lights, px, py, pz, nx, ny, nz, weights):
    """How much each light may give to a place, shadows aside; returns the sum."""
    total = 0.0
    for i in range(lights.shape[0]):
        dx, dy, dz = lights[i, 0] - px, lights[i, 1] - py, lights[i, 2] - pz
        d2 = dx * dx + dy * dy + dz * dz + 1e-6
        d = math.sqrt(d2)
        reach = math.sqrt(lights[i, AREA])
        facing = (nx * dx + ny * dy + nz * dz) / d + min(1.0, reach / d)
        if lights[i, KIND] == 0:
            back = -(lights[i, 13] * dx + lights[i, 14] * dy + lights[i, 15] * dz) / d + min(1.0, 0.5 * reach / d)
        else:
            back = 0.25
        power = lights[i, 10] + lights[i, 11] + lights[i, 12]
        w = power * lights[i, AREA] * max(0.0, facing) * max(0.0, back) / (d2 + 0.25 * lights[i, AREA])
        weights[i] = w
        total += w
    return total


@njit(cache=True, fastmath=True)
def _direct(boxes, links, tris, kinds, through, lights, weights, stack, p, n, u1, u2, u3, out):
    """Light of one lamp, chosen at random, on the place p with normal n, into out."""
    px, py, pz, nx, ny, nz = p[0], p[1], p[2], n[0], n[1], n[2]
    out[0], out[1], out[2] = 0.0, 0.0, 0.0
    total = _weigh(lights, px, py, pz, nx, ny, nz, weights)
    if total <= 0:
        return
    pick, chosen = u1 * total, lights.shape[0] - 1
    for i in range(lights.shape[0]):
        pick -= weights[i]
        if pick <= 0:
            chosen = i
            break
    chance = weights[chosen] / total
    if chance <= 0:
        return
    x, y, z = lights[chosen, 0], lights[chosen, 1], lights[chosen, 2]
    if lights[chosen, KIND] == 0:
        a, b = 2 * u2 - 1, 2 * u3 - 1
        x += a * lights[chosen, 4] + b * lights[chosen, 7]
        y += a * lights[chosen, 5] + b * lights[chosen, 8]
        z += a * lights[chosen, 6] + b * lights[chosen, 9]
        fx, fy, fz = lights[chosen, 13], lights[chosen, 14], lights[chosen, 15]
    else:
        # the half of the ball that is seen from here
        dx, dy, dz = px - x, py - y, pz - z
        d = math.sqrt(dx * dx + dy * dy + dz * dz)
        fx, fy, fz = _around(dx / d, dy / d, dz / d, u2, u3, 1.0)
        radius = lights[chosen, 4]
        x, y, z = x + fx * radius, y + fy * radius, z + fz * radius
    dx, dy, dz = x - px, y - py, z - pz
    d2 = dx * dx + dy * dy + dz * dz
    d = math.sqrt(d2)
    dx, dy, dz = dx / d, dy / d, dz / d
    cos = nx * dx + ny * dy + nz * dz
    if lights[chosen, KIND] == 0:
        back = -(fx * dx + fy * dy + fz * dz)
        gain = cos * back * lights[chosen, AREA] / (math.pi * d2)
    else:
        # the cosine of the sampling cancels that of the ball's surface
        back = 1.0
        gain = cos * lights[chosen, 4] * lights[chosen, 4] / d2
    if cos <= 0 or back <= 0:
        return
    found = cast(boxes, links, tris, kinds, through, px, py, pz, dx, dy, dz, d - 1e-3, True, stack)
    if found[1] < 0:
        for k in range(3):
            out[k] = lights[chosen, COLOUR + k] * gain / chance


@njit(cache=True, fastmath=True)
def _sky(sky, dy, k):
    """Light from outside the set: sky is two colours, below and above."""
    up = 0.5 + 0.5 * dy
    return sky[k] * (1 - up) + sky[3 + k] * up


@njit(cache=True, fastmath=True)
def _path(scene, camera, x, y, seed, turn, work, acc):
    """One sample of the pixel whose middle is (x, y); adds to acc."""
    boxes, links, tris, kinds, through, normals, uvs, table, pixels, heads, lights, sky = scene
    stack, weights, lit, p, n, colour, seen, light = work
    ox, oy, oz = camera[0], camera[1], camera[2]
    dx, dy, dz = camera[3] + x * camera[4], camera[5] + y * camera[4], -1.0
    length = math.sqrt(dx * dx + dy * dy + dz * dz)
    dx, dy, dz = dx / length, dy / length, dz / length
    for k in range(3):
        seen[k] = 1.0
        light[k] = 0.0
    gloss, mirrored, bounce, passed = False, True, 0, 0
    first = True
    base0, base1, base2 = 1.0, 1.0, 1.0
    while True:
        t, hit, u, v = cast(boxes, links, tris, kinds, through, ox, oy, oz, dx, dy, dz, FAR, False, stack)
        if hit < 0:
            for k in range(3):
                if first:
                    acc[OWN + k] += seen[k] * _sky(sky, dy, k)
                else:
                    light[k] += seen[k] * _sky(sky, dy, k)
            break
        kind = kinds[hit]
        w = 1 - u - v
        nx = w * normals[hit, 0] + u * normals[hit, 3] + v * normals[hit, 6]
        ny = w * normals[hit, 1] + u * normals[hit, 4] + v * normals[hit, 7]
        nz = w * normals[hit, 2] + u * normals[hit, 5] + v * normals[hit, 8]
        length = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12
        if nx * dx + ny * dy + nz * dz > 0:
            length = -length
        nx, ny, nz = nx / length, ny / length, nz / length
        texture = int(table[kind, TEXTURE])
        for k in range(3):
            colour[k] = table[kind, R + k]
            if texture >= 0:
                tu = (w * uvs[hit, 0] + u * uvs[hit, 2] + v * uvs[hit, 4]) * table[kind, SCALE]
                tv = (w * uvs[hit, 1] + u * uvs[hit, 3] + v * uvs[hit, 5]) * table[kind, SCALE]
                colour[k] *= _texel(pixels, heads, texture, tu, tv, k)
        px, py, pz = ox + dx * t, oy + dy * t, oz + dz * t
        if table[kind, GLASS] > 0 and passed < 6:
            cos = abs(nx * dx + ny * dy + nz * dz)
            fresnel = 0.04 + 0.96 * (1 - cos) ** 5
            chance = min(1.0, max(fresnel, 0.12))
            passed += 1
            if _random(seed) >= chance:
                for k in range(3):
                    seen[k] *= colour[k] * (1 - fresnel) / (1 - chance)
                ox, oy, oz = px + dx * 1e-4, py + dy * 1e-4, pz + dz * 1e-4
                continue
            for k in range(3):
                seen[k] *= fresnel / chance
            kind_metal, rough = 2, 0.02
        else:
            kind_metal, rough = (1 if table[kind, METAL] > 0 else 0), table[kind, ROUGH]
        glow = table[kind, E] + table[kind, E + 1] + table[kind, E + 2]
        if first:
            acc[FACING] += nx
            acc[FACING + 1] += ny
            acc[FACING + 2] += nz
            acc[WHERE] += px
            acc[WHERE + 1] += py
            acc[WHERE + 2] += pz
            acc[NEAR] += 1.0 / max(0.05, camera[2] - pz)
            for k in range(3):
                acc[ALBEDO + k] += max(colour[k], 0.02)
        if glow > 0 and (mirrored or table[kind, LISTED] == 0):
            # paper and opal glass are dimmer towards their edges
            rim = 0.35 + 0.65 * abs(nx * dx + ny * dy + nz * dz) if table[kind, LISTED] > 0 else 1.0
            for k in range(3):
                own = rim * seen[k] * table[kind, E + k] * (colour[k] if texture >= 0 else 1.0)
                if first:
                    acc[OWN + k] += own
                else:
                    light[k] += own
        if bounce >= MOST_BOUNCES:
            break
        cos = -(nx * dx + ny * dy + nz * dz)
        # Which way on: a mirror-like lobe or a matt one.
        fresnel, chance = 0.0, 0.0
        f0 = table[kind, F0]
        if kind_metal == 0 and f0 > 0:
            edge = (1 - cos) ** 5 * (1 - 0.7 * rough)
            fresnel = f0 + (1 - f0) * edge
            chance = min(0.8, max(fresnel, 0.25 if first else 0.1))
        u0 = turn[7] if first else _random(seed)
        u1 = turn[2] if first else _random(seed)
        u2 = turn[3] if first else _random(seed)
        if kind_metal > 0 or u0 < chance:
            hx, hy, hz = _around(nx, ny, nz, u1, u2, -max(0.001, rough * rough))
            along = 2 * (dx * hx + dy * hy + dz * hz)
            rx, ry, rz = dx - along * hx, dy - along * hy, dz - along * hz
            if rx * nx + ry * ny + rz * nz <= 0:
                if first:
                    gloss = True
                break
            if kind_metal == 0:
                for k in range(3):
                    seen[k] *= fresnel / chance
            elif kind_metal == 1:
                edge = (1 - max(cos, 0.0)) ** 5
                for k in range(3):
                    seen[k] *= colour[k] + (1 - colour[k]) * edge
            if first:
                gloss = True
            dx, dy, dz = rx, ry, rz
            mirrored = True
        else:
            share = (1 - fresnel) / (1 - chance) if kind_metal == 0 else 1.0
            sheer = table[kind, SHEER]
            side = 1.0
            if sheer > 0 and _random(seed) < sheer:
                side = -1.0
            if first:
                base0, base1, base2 = max(colour[0], 0.02), max(colour[1], 0.02), max(colour[2], 0.02)
            for k in range(3):
                seen[k] *= share * colour[k]
            n[0], n[1], n[2] = nx * side, ny * side, nz * side
            p[0], p[1], p[2] = px + n[0] * 2e-4, py + n[1] * 2e-4, pz + n[2] * 2e-4
            if first:
                l1, l2, l3 = turn[4], turn[5], turn[6]
            else:
                l1, l2, l3 = _random(seed), _random(seed), _random(seed)
            _direct(boxes, links, tris, kinds, through, lights, weights, stack, p, n, l1, l2, l3, lit)
            strongest = max(seen[0] * lit[0], seen[1] * lit[1], seen[2] * lit[2])
            cut = 1.0 if first or strongest < BRIGHTEST else BRIGHTEST / strongest
            for k in range(3):
                light[k] += seen[k] * lit[k] * cut
            dx, dy, dz = _around(n[0], n[1], n[2], u1, u2, 1.0)
            px, py, pz = p[0], p[1], p[2]
            nx, ny, nz = n[0], n[1], n[2]
            mirrored = False
        first = False
        bounce += 1
        ox, oy, oz = px + nx * 2e-4, py + ny * 2e-4, pz + nz * 2e-4
        if bounce >= 2:
            stay = min(0.95, max(seen[0], seen[1], seen[2]))
            if _random(seed) >= stay:
                break
            for k in range(3):
                seen[k] /= stay
    strongest = max(light[0], light[1], light[2])
    cut = 1.0 if strongest < 2 * BRIGHTEST else 2 * BRIGHTEST / strongest
    if gloss:
        for k in range(3):
            acc[GLOSS + k] += light[k] * cut
    else:
        r, g, b = light[0] / base0 * cut, light[1] / base1 * cut, light[2] / base2 * cut
        acc[DIFFUSE] += r
        acc[DIFFUSE + 1] += g
        acc[DIFFUSE + 2] += b
        acc[SQUARE] += (0.3 * r + 0.6 * g + 0.1 * b) ** 2


@njit(cache=True, parallel=True, fastmath=True)
def _rows(scene, camera, width, height, first_row, last_row, samples, steps, film):
    lights = scene[10]
    for row in prange(first_row, last_row):
        stack = np.empty(96, np.int64)
        weights = np.empty(max(1, lights.shape[0]))
        work = (stack, weights, np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3))
        seed = np.zeros(1, np.uint64)
        shift, turn, acc = np.zeros(8), np.zeros(8), np.zeros(CHANNELS)
        for column in range(width):
            seed[0] = np.uint64(row * 1973 + column * 9277 + 26699) * np.uint64(6364136223846793005) | np.uint64(1)
            for _ in range(4):
                _random(seed)
            for k in range(8):
                shift[k] = _random(seed)
            acc[:] = 0.0
            for i in range(samples):
                for k in range(8):
                    value = shift[k] + (i + 1) * steps[k]
                    turn[k] = value - math.floor(value)
                x = (column + turn[0]) / width * 2 - 1
                y = 1 - (row + turn[1]) / height * 2
                _path(scene, camera, x * width / height, y, seed, turn, work, acc)
            for k in range(CHANNELS):
                film[row, column, k] = acc[k] / samples


def trace(scene, camera, width, height, samples, progress):
    """Film (height, width, CHANNELS) of the compiled scene; `progress` is told shares of 1.

    `camera` is eye x, y, z, shift x, half height at 1 m, shift y.
    """
    film = np.zeros((height, width, CHANNELS), np.float32)
    band = max(8, height // 12)
    for start in range(0, height, band):
        _rows(scene, camera, width, height, start, min(height, start + band), samples, STEPS, film)
        progress(min(1.0, (start + band) / height))
    return film
