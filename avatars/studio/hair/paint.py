"""The picture of hair: strands along v from the root at the top to the tip."""

import numpy as np
from scipy.ndimage import gaussian_filter

from fields import bell, blend, smoothstep


def _noise(rng, shape, sigma):
    field = gaussian_filter(rng.normal(size=shape), sigma, mode="wrap")
    return field / field.std()


def strands(params, size, seed, ring):
    """Base colour, sRGB (size, size, 3), with soft light round the head where v is `ring`."""
    rng = np.random.default_rng(seed)
    shape = (size, size)
    fine = _noise(rng, shape, (size / 4, size / 420))
    middle = _noise(rng, shape, (size / 4, size / 150))
    wide = _noise(rng, shape, (size / 3, size / 40))
    v = np.broadcast_to(((np.arange(size) + 0.5) / size)[:, None], shape) + 0.02 * wide + 0.01 * middle
    base, light, tip = (np.array(c) for c in (params.colour, params.light, params.tip))
    colour = np.broadcast_to(base, (*shape, 3))
    # Sunlit strands, more of them towards the tip.
    lit = smoothstep(0.0, 2.6, 0.5 * fine + 0.6 * middle + 0.6 * wide) * (0.4 + 0.6 * smoothstep(0.1, 0.7, v))
    colour = blend(colour, light, 0.17 * lit)
    colour = blend(colour, tip, 0.75 * smoothstep(0.42, 1.0, v))
    gloss = bell(v, ring + 0.010 * fine, 0.048) * np.clip(0.8 + 0.25 * fine + 0.20 * middle, 0, 1.5)
    colour = blend(colour, light, np.clip(0.42 * gloss, 0, 1))
    tone = (1 + 0.024 * fine + 0.022 * middle + 0.020 * wide) * (0.80 + 0.20 * smoothstep(0.0, 0.13, v))
    return np.clip(colour * tone[..., None], 0, 1)


def drawn(params, size, seed, strands, ring):
    """Drawn hair: flat colour with a gradient to the tips, few lines, a ring of light with teeth; darker beyond `strands`."""
    rng = np.random.default_rng(seed)
    u, v = np.meshgrid((np.arange(size) + 0.5) / size, (np.arange(size) + 0.5) / size)
    base, light, tip = (np.array(c) for c in (params.colour, params.light, params.tip))
    colour = blend(np.broadcast_to(base, (size, size, 3)), tip, smoothstep(0.52, 0.97, v + 0.03 * np.sin(40 * u)))
    for _ in range(22):
        at, start, end = rng.uniform(0, strands), rng.uniform(0.25, 0.6), rng.uniform(0.75, 1.0)
        line = bell(u - at - 0.012 * np.sin(6 * v + 9 * at), 0, 0.0022) * smoothstep(start, start + 0.1, v) * smoothstep(end, end - 0.2, v)
        colour = blend(colour, base * 0.72, 0.45 * line)
    colour = blend(colour, base * (0.80, 0.76, 0.86), 0.6 * smoothstep(0.13, 0.0, v))
    teeth = np.interp(u[0], np.linspace(0, 1, 61), rng.uniform(0.25, 1.0, 61) * np.tile([1.0, 0.35], 31)[:61])
    soft = 2.5 / size
    band = smoothstep(soft, -soft, v - ring - 0.052 * teeth) * smoothstep(-soft, soft, v - ring + 0.030 * teeth)
    colour = blend(colour, light, 0.92 * band)
    thin = smoothstep(soft, -soft, np.abs(v - ring - 0.074) - 0.005 * teeth)
    colour = blend(colour, light, 0.55 * thin)
    inner = (u > strands + 0.01).astype(float)
    dark = blend(np.broadcast_to(base * (0.46, 0.40, 0.56), colour.shape), tip * (0.62, 0.56, 0.66), smoothstep(0.45, 1.0, v))
    return np.clip(blend(colour, dark, inner), 0, 1)
