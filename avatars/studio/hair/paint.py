"""The picture of hair: strands along v from the root at the top to the tip."""

import numpy as np
from scipy.ndimage import gaussian_filter

from fields import bell, blend, smoothstep


def _noise(rng, shape, sigma):
    field = gaussian_filter(rng.normal(size=shape), sigma, mode="wrap")
    return field / field.std()


def strands(params, size, seed):
    """Base colour, sRGB (size, size, 3)."""
    rng = np.random.default_rng(seed)
    shape = (size, size)
    fine = _noise(rng, shape, (size / 5, size / 600))
    middle = _noise(rng, shape, (size / 4, size / 170))
    wide = _noise(rng, shape, (size / 3, size / 45))
    v = np.broadcast_to(((np.arange(size) + 0.5) / size)[:, None], shape) + 0.02 * wide + 0.01 * middle
    base, light, tip = (np.array(c) for c in (params.colour, params.light, params.tip))
    colour = np.broadcast_to(base, (*shape, 3))
    # Sunlit strands, more of them towards the tip.
    lit = smoothstep(0.2, 2.2, 0.8 * middle + 0.7 * wide) * (0.25 + 0.75 * smoothstep(0.1, 0.7, v))
    colour = blend(colour, light, 0.42 * lit)
    colour = blend(colour, tip, 0.75 * smoothstep(0.42, 1.0, v))
    band = 0.30 * bell(v, 0.24, 0.075) + 0.16 * bell(v, 0.62, 0.12)
    colour = blend(colour, light, band * np.clip(0.75 + 0.22 * middle + 0.12 * fine, 0, 1.4))
    tone = (1 + 0.040 * fine + 0.050 * middle + 0.035 * wide) * (0.74 + 0.26 * smoothstep(0.0, 0.13, v))
    return np.clip(colour * tone[..., None], 0, 1)
