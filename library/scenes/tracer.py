"""Path tracer: light of a set as a camera without a lens sees it, with what the denoiser needs.

Every pixel has its own random numbers and writes only its own place, so threads
do not change the picture. Lengths are metres, light is linear.
"""

import math

import numpy as np
from bvh import FAR, cast
from numba import njit, prange
from sampling import around, random, texel

# Columns of the table of materials.
R, TEXTURE, SCALE, ROUGH, F0, METAL, E, SHEER, GLASS, LISTED = 0, 3, 4, 5, 6, 7, 8, 11, 12, 13
COLUMNS = 14
# Columns of the table of lights: place, kind (0 rectangle, 1 ball), half sides u and v (or radius), colour, normal,
# area; then, filled in by trace, the root of the area and the whole power.
KIND, COLOUR, NORMAL, AREA, REACH, POWER = 3, 10, 13, 16, 17, 18
# What is kept of a pixel: diffuse light, its squared luminance, gloss, own light, albedo, normal, place, 1/depth.
DIFFUSE, SQUARE, GLOSS, OWN, ALBEDO, FACING, WHERE, NEAR = 0, 3, 4, 7, 10, 13, 16, 19
CHANNELS = 20
MOST_BOUNCES = 4
BRIGHTEST = 12.0  # of one indirect sample, against fireflies
# Powers of the root of x^9 = x + 1: a low-discrepancy sequence in eight dimensions.
STEPS = (1 / 1.0850702) ** np.arange(1, 9)


@njit(cache=True, fastmath=True)
def _weigh(lights, px, py, pz, nx, ny, nz, weights):
    """How much each light may give to a place, shadows aside; returns the sum."""
    total = 0.0
    for i in range(lights.shape[0]):
        dx, dy, dz = lights[i, 0] - px, lights[i, 1] - py, lights[i, 2] - pz
        d2 = dx * dx + dy * dy + dz * dz + 1e-6
        near = 1.0 / math.sqrt(d2)
        reach = min(1.0, lights[i, REACH] * near)
        facing = (nx * dx + ny * dy + nz * dz) * near + reach
        back = 0.25
        if lights[i, KIND] == 0:
            back = 0.5 * reach - (lights[i, 13] * dx + lights[i, 14] * dy + lights[i, 15] * dz) * near
        w = 0.0
        if facing > 0 and back > 0:
            w = lights[i, POWER] * facing * back / (d2 + 0.25 * lights[i, AREA])
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
        fx, fy, fz = around(dx / d, dy / d, dz / d, u2, u3, 1.0)
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
def _surface(scene, hit, u, v, ray, n, colour):
    """Normal (towards the ray's origin) and colour of a hit, into n and colour; returns the material."""
    _, _, _, kinds, _, normals, uvs, table, pixels, heads, _, _ = scene
    kind, w, dot, size = kinds[hit], 1 - u - v, 0.0, 1e-12
    for k in range(3):
        n[k] = w * normals[hit, k] + u * normals[hit, 3 + k] + v * normals[hit, 6 + k]
        dot += n[k] * ray[3 + k]
        size += n[k] * n[k]
    size = -math.sqrt(size) if dot > 0 else math.sqrt(size)
    texture = int(table[kind, TEXTURE])
    tu = (w * uvs[hit, 0] + u * uvs[hit, 2] + v * uvs[hit, 4]) * table[kind, SCALE]
    tv = (w * uvs[hit, 1] + u * uvs[hit, 3] + v * uvs[hit, 5]) * table[kind, SCALE]
    for k in range(3):
        n[k] /= size
        colour[k] = table[kind, R + k]
        if texture >= 0:
            colour[k] *= texel(pixels, heads, texture, tu, tv, k)
    return kind


@njit(cache=True, fastmath=True)
def _note(acc, camera_z, p, n, colour):
    """Keeps what the denoiser and the lens want to know of the first surface."""
    for k in range(3):
        acc[FACING + k] += n[k]
        acc[WHERE + k] += p[k]
        acc[ALBEDO + k] += max(colour[k], 0.02)
    acc[NEAR] += 1.0 / max(0.05, camera_z - p[2])


@njit(cache=True, fastmath=True)
def _shine(table, kind, cos, n, colour, ray, seen, into):
    """Adds the light of a shining surface itself to `into`; paper and opal glass are dimmer towards their edges."""
    rim = 0.35 + 0.65 * cos if table[kind, LISTED] > 0 else 1.0
    textured = table[kind, TEXTURE] >= 0
    for k in range(3):
        into[k] += rim * seen[k] * table[kind, E + k] * (colour[k] if textured else 1.0)


@njit(cache=True, fastmath=True)
def _reflect(ray, n, rough, u1, u2):
    """Turns the ray's direction about a normal near n; False if it then points into the surface."""
    hx, hy, hz = around(n[0], n[1], n[2], u1, u2, -max(0.001, rough * rough))
    along = 2 * (ray[3] * hx + ray[4] * hy + ray[5] * hz)
    ray[3], ray[4], ray[5] = ray[3] - along * hx, ray[4] - along * hy, ray[5] - along * hz
    return ray[3] * n[0] + ray[4] * n[1] + ray[5] * n[2] > 0


@njit(cache=True, fastmath=True)
def _gloss_chance(table, kind, cos, first):
    """(Reflectance at this angle, chance to follow the mirror-like lobe) of a material that is no metal."""
    f0 = table[kind, F0]
    if f0 <= 0:
        return 0.0, 0.0
    fresnel = f0 + (1 - f0) * (1 - cos) ** 5 * (1 - 0.7 * table[kind, ROUGH])
    return fresnel, min(0.8, max(fresnel, 0.25 if first else 0.1))


@njit(cache=True, fastmath=True)
def _matt(scene, kind, p, n, ray, seen, light, lit, weights, stack, first, seed, turn, u1, u2):
    """Light of one lamp on a matt surface, added to light; then a new direction, perhaps through sheer cloth."""
    boxes, links, tris, kinds, through, _, _, table, _, _, lights, _ = scene
    if table[kind, SHEER] > 0 and random(seed) < table[kind, SHEER]:
        for k in range(3):
            n[k] = -n[k]
    for k in range(3):
        p[k] += n[k] * 2e-4
    if first:
        l1, l2, l3 = turn[4], turn[5], turn[6]
    else:
        l1, l2, l3 = random(seed), random(seed), random(seed)
    _direct(boxes, links, tris, kinds, through, lights, weights, stack, p, n, l1, l2, l3, lit)
    strongest = max(seen[0] * lit[0], seen[1] * lit[1], seen[2] * lit[2])
    cut = 1.0 if first or strongest < BRIGHTEST else BRIGHTEST / strongest
    for k in range(3):
        light[k] += seen[k] * lit[k] * cut
    ray[3], ray[4], ray[5] = around(n[0], n[1], n[2], u1, u2, 1.0)


@njit(cache=True, fastmath=True)
def _glass(n, colour, ray, seen, seed):
    """Thin glass: True if the ray goes straight through, False if it is mirrored."""
    cos = abs(n[0] * ray[3] + n[1] * ray[4] + n[2] * ray[5])
    fresnel = 0.04 + 0.96 * (1 - cos) ** 5
    chance = min(1.0, max(fresnel, 0.12))
    passes = random(seed) >= chance
    for k in range(3):
        seen[k] *= colour[k] * (1 - fresnel) / (1 - chance) if passes else fresnel / chance
    return passes


@njit(cache=True, fastmath=True)
def _collect(acc, light, base, gloss):
    """Adds a finished path to the film: mirrored light as it is, diffuse light without the colour it fell on."""
    strongest = max(light[0], light[1], light[2])
    cut = 1.0 if strongest < 2 * BRIGHTEST else 2 * BRIGHTEST / strongest
    luminance = 0.0
    for k in range(3):
        if gloss:
            acc[GLOSS + k] += light[k] * cut
        else:
            value = light[k] / base[k] * cut
            acc[DIFFUSE + k] += value
            luminance += value * (0.3 if k == 0 else 0.6 if k == 1 else 0.1)
    acc[SQUARE] += luminance * luminance


@njit(cache=True, fastmath=True)
def _path(scene, camera_z, ray, seed, turn, work, acc):
    """Follows one ray from the camera; adds what it sees to acc."""
    boxes, links, tris, kinds, through, _, _, table, _, _, _, sky = scene
    stack, weights, lit, p, n, colour, seen, light, base, own = work
    seen[:], light[:], base[:], own[:] = 1.0, 0.0, 1.0, 0.0
    gloss, mirrored, first, bounce, panes = False, True, True, 0, 0
    while True:
        t, hit, u, v = cast(
            boxes,
            links,
            tris,
            kinds,
            through,
            ray[0],
            ray[1],
            ray[2],
            ray[3],
            ray[4],
            ray[5],
            FAR,
            False,
            stack,
        )
        if hit < 0:
            for k in range(3):
                (own if first else light)[k] += seen[k] * _sky(sky, ray[4], k)
            break
        kind = _surface(scene, hit, u, v, ray, n, colour)
        for k in range(3):
            p[k] = ray[k] + ray[3 + k] * t
        glass = table[kind, GLASS] > 0
        if glass and panes < 6:
            panes += 1
            if _glass(n, colour, ray, seen, seed):
                for k in range(3):
                    ray[k] = p[k] + ray[3 + k] * 1e-4
                continue
        if first:
            _note(acc, camera_z, p, n, colour)
        cos = -(n[0] * ray[3] + n[1] * ray[4] + n[2] * ray[5])
        if mirrored or table[kind, LISTED] == 0:
            _shine(table, kind, cos, n, colour, ray, seen, own if first else light)
        if bounce >= MOST_BOUNCES or table[kind, LISTED] > 0:
            break
        metal = table[kind, METAL] > 0
        fresnel, chance = (0.0, 0.0) if metal or glass else _gloss_chance(table, kind, cos, first)
        u0, u1, u2 = (turn[7], turn[2], turn[3]) if first else (random(seed), random(seed), random(seed))
        mirrored = metal or glass or u0 < chance
        if mirrored:
            gloss = gloss or first
            if not _reflect(ray, n, 0.02 if glass else table[kind, ROUGH], u1, u2):
                break
            for k in range(3):
                if metal:
                    seen[k] *= colour[k] + (1 - colour[k]) * (1 - max(cos, 0.0)) ** 5
                elif not glass:
                    seen[k] *= fresnel / chance
        else:
            for k in range(3):
                seen[k] *= colour[k] * (1 - fresnel) / (1 - chance)
                if first:
                    base[k] = max(colour[k], 0.02)
            _matt(scene, kind, p, n, ray, seen, light, lit, weights, stack, first, seed, turn, u1, u2)
        first = False
        bounce += 1
        for k in range(3):
            ray[k] = p[k] + n[k] * 2e-4
        if bounce >= 2:
            stay = min(0.9, max(seen[0], seen[1], seen[2]))
            if random(seed) >= stay:
                break
            for k in range(3):
                seen[k] /= stay
    for k in range(3):
        acc[OWN + k] += own[k]
    _collect(acc, light, base, gloss)


@njit(cache=True, fastmath=True)
def _aim(camera, x, y, ray):
    """The ray through (x, y) of the picture plane, -1..1 upwards."""
    ray[0], ray[1], ray[2] = camera[0], camera[1], camera[2]
    dx, dy = camera[3] + x * camera[4], camera[5] + y * camera[4]
    length = math.sqrt(dx * dx + dy * dy + 1)
    ray[3], ray[4], ray[5] = dx / length, dy / length, -1 / length


@njit(cache=True, parallel=True, fastmath=True)
def _rows(scene, camera, width, height, first_row, last_row, samples, steps, film):
    """Traces some rows of the film."""
    lights = scene[10]
    for row in prange(first_row, last_row):
        room = np.zeros((8, 3))
        work = (
            np.empty(96, np.int64),
            np.empty(max(1, lights.shape[0])),
            room[0],
            room[1],
            room[2],
            room[3],
            room[4],
            room[5],
            room[6],
            room[7],
        )
        seed, ray = np.zeros(1, np.uint64), np.zeros(6)
        shift, turn, acc = np.zeros(8), np.zeros(8), np.zeros(CHANNELS)
        for column in range(width):
            seed[0] = np.uint64(row * 1973 + column * 9277 + 26699) * np.uint64(
                6364136223846793005
            ) | np.uint64(1)
            for _ in range(4):
                random(seed)
            for k in range(8):
                shift[k] = random(seed)
            acc[:] = 0.0
            for i in range(samples):
                for k in range(8):
                    value = shift[k] + (i + 1) * steps[k]
                    turn[k] = value - math.floor(value)
                x = (column + turn[0]) / width * 2 - 1
                y = 1 - (row + turn[1]) / height * 2
                _aim(camera, x * width / height, y, ray)
                _path(scene, camera[2], ray, seed, turn, work, acc)
            for k in range(CHANNELS):
                film[row, column, k] = acc[k] / samples


def trace(scene, camera, width, height, samples, progress):
    """Film (height, width, CHANNELS) of the compiled scene; `progress` is told shares of 1.

    `camera` is eye x, y, z, shift x, half height at 1 m, shift y.
    """
    lights = scene[10]
    area = lights[:, AREA : AREA + 1]
    power = lights[:, COLOUR : COLOUR + 3].sum(1, keepdims=True) * area
    scene = (*scene[:10], np.concatenate([lights, np.sqrt(area), power], 1), *scene[11:])
    film = np.zeros((height, width, CHANNELS), np.float32)
    band = max(8, height // 12)
    for start in range(0, height, band):
        _rows(scene, camera, width, height, start, min(height, start + band), samples, STEPS, film)
        progress(min(1.0, (start + band) / height))
    return film
