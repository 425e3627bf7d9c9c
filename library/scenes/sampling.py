"""Random numbers, directions and textures for the tracer."""

import math

import numpy as np
from numba import njit


@njit(cache=True)
def random(state):
    """Next number 0..1 of a xorshift generator."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return ((x * np.uint64(2685821657736338717)) >> np.uint64(40)) * (1.0 / 16777216.0)


@njit(cache=True, fastmath=True)
def frame(nx, ny, nz):
    """Two directions square to a normal."""
    s = 1.0 if nz >= 0 else -1.0
    a = -1.0 / (s + nz)
    b = nx * ny * a
    return 1 + s * nx * nx * a, s * b, -s * nx, b, s + ny * ny * a, -ny


@njit(cache=True, fastmath=True)
def around(nx, ny, nz, u1, u2, power):
    """A direction near the normal: cosine-weighted for power 1, a lobe of roughness alpha for power < 0."""
    if power > 0:
        cos = math.sqrt(1 - u1)
    else:
        a2 = power * power
        cos = math.sqrt((1 - u1) / (1 + (a2 - 1) * u1))
    sin = math.sqrt(max(0.0, 1 - cos * cos))
    x, y = sin * math.cos(2 * math.pi * u2), sin * math.sin(2 * math.pi * u2)
    ax, ay, az, bx, by, bz = frame(nx, ny, nz)
    return ax * x + bx * y + nx * cos, ay * x + by * y + ny * cos, az * x + bz * y + nz * cos


@njit(cache=True, fastmath=True)
def texel(pixels, heads, texture, u, v, channel):
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
