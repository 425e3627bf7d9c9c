"""The picture of hair: strands along v from the root at the top to the tip."""

import numpy as np
from scipy.ndimage import gaussian_filter

from fields import blend, smoothstep


def _noise(rng, shape, sigma):
    field = gaussian_filter(rng.normal(size=shape), sigma, mode="wrap")
    return field / field.std()


def strands(params, size, seed):
    """Base colour, sRGB (size, size, 3)."""
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
    colour = blend(colour, light, 0.22 * lit)
    colour = blend(colour, tip, 0.75 * smoothstep(0.42, 1.0, v))
    tone = (1 + 0.032 * fine + 0.030 * middle + 0.020 * wide) * (0.80 + 0.20 * smoothstep(0.0, 0.13, v))
    return np.clip(colour * tone[..., None], 0, 1)
