"""The skin of the face: for each texel evaluate the same analytic head and colour by formula."""

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter

from face.head import phi_of_u, row_of_v
from fields import bell, blend, bump, smoothstep


def noise(rng, shape, sigma, mode="reflect"):
    """Gaussian noise of unit variance; sigma in pixels, per axis where a pair."""
    field = gaussian_filter(rng.normal(size=shape), sigma, mode=mode)
    return field / field.std()


def tinted(colour, red=1.0, green=1.0, blue=1.0):
    """A colour with its channels multiplied."""
    return np.clip(np.array(colour) * (red, green, blue), 0, 1)


def skin(face, c, size, seed):
    """Base colour without baked light, sRGB (size, size, 3), of a face with the complexion `c`."""
    rng = np.random.default_rng(seed)
    texel = (np.arange(size) + 0.5) / size
    phi, row = np.meshgrid(phi_of_u(texel), row_of_v(texel))
    x, y, _ = np.moveaxis(face.head.loft(phi, row), -1, 0)
    front = ((np.cos(phi) > 0) & (row < 14.3)) * smoothstep(0, 0.25, np.cos(phi))
    coarse = noise(rng, (size, size), size / 40)
    fine = noise(rng, (size, size), size / 700)
    colour = np.array(c.skin) * (1 + 0.008 * coarse + 0.005 * fine)[..., None]
    colour = _complexion(face.f, c, colour, x, y, front)
    neck = smoothstep(12.4, 13.6, row) * (1 - smoothstep(16.0, 18.5, row)) * np.clip(np.cos(phi), 0, 1)
    colour = blend(colour, tinted(c.skin, 0.88, 0.83, 0.81), 0.34 * neck)
    colour = _nose(face.f, c, colour, x, y, front)
    colour = _freckles(face.f, c, colour, x, y, front, seed)
    colour = _lines(face.f, c, colour, x, y, front)
    colour = _eye_makeup(face.f, c, colour, x, y, front)
    colour = _lips(face.f, c, colour, x, y, front)
    colour = _brows(face.f, c, colour, x, y, front, coarse)
    return np.clip(_scalp(c, colour, x, y, phi, row, coarse), 0, 1)


def _complexion(f, c, colour, x, y, front):
    ax, my = np.abs(x), f.mouth_y
    light = tinted(c.skin, 1.035, 1.055, 1.075)
    shade = tinted(c.skin, 0.90, 0.80, 0.76)
    for target, amount, place in (
        (c.blush, c.blush_share, bump(ax, y, 4.15, -2.75, 1.75, 1.15)),
        (c.blush, 0.55 * c.blush_share, bump(x, y, 0, f.tip_y - 0.05, 0.95, 0.65)),
        (c.blush, 0.35 * c.blush_share, bump(x, y, 0, my - 2.6, 1.2, 0.75)),
        (shade, c.contour, bump(ax, y, 5.9, -5.2, 1.5, 1.7)),  # under the cheekbone
        (shade, 0.8 * c.contour, bump(ax, y, 4.6, my - 2.4, 1.5, 0.9)),  # along the jaw
        (shade, 0.6 * c.contour, bump(ax, y, 6.6, 3.2, 1.2, 2.8)),  # temples
        (light, 0.45, bump(x, y, 0, 4.8, 3.2, 1.9)),
        (light, 0.50, bump(ax, y, 2.9, -1.75, 1.3, 0.5)),
        (light, 0.30, bump(x, y, 0, my - 2.3, 0.8, 0.5)),
        (light, 0.35, bump(ax, y, 0.42, my + 0.85, 0.3, 0.22)),  # above Cupid's bow
        (tinted(c.skin, 0.80, 0.66, 0.62), 0.34, bump(x, y, 0, my - 1.33, 1.05, 0.26)),
        (tinted(c.skin, 0.74, 0.74, 0.78), c.stubble, _beard(f, x, y)),
    ):
        colour = blend(colour, target, front * amount * place)
    return colour


def _beard(f, x, y):
    """Where a beard grows: upper lip, chin, jaw."""
    ax, my = np.abs(x), f.mouth_y
    jaw = smoothstep(my + 0.9, my - 1.4, y + 0.32 * ax - 0.6) * smoothstep(0.5, 1.4, y + 11.4)
    lip = bump(x, y, 0, my + 0.95, 2.1, 0.42)
    free = 1 - bump(x, y, 0, my - 0.1, 2.5, 0.9)
    return np.clip(jaw * free + lip, 0, 1)


def _freckles(f, c, colour, x, y, front, seed):
    """Small brown spots over nose and cheeks."""
    if c.freckles <= 0:
        return colour
    rng = np.random.default_rng(seed + 1)
    spots = np.zeros_like(x)
    for _ in range(90):
        sx, sy, size = rng.normal(0, 2.6), rng.normal(f.tip_y + 1.0, 0.8), rng.uniform(0.05, 0.10)
        spots = np.maximum(spots, rng.uniform(0.4, 1.0) * bump(x, y, sx, sy, size, size))
    return blend(colour, tinted(c.skin, 0.78, 0.62, 0.54), front * np.clip(c.freckles, 0, 1) * 0.6 * spots)


def _lines(f, c, colour, x, y, front):
    """Lines of age."""
    if c.lines <= 0:
        return colour
    ax, my = np.abs(x), f.mouth_y
    t = np.clip((f.wing[1] - y) / (f.wing[1] - my + 0.6), 0, 1)
    fold = bell(ax, f.wing[0] + 0.5 + 1.25 * t**0.8, 0.16) * bump(y, 0, 0.5 * (f.wing[1] + my), 0, 1.5, 1)
    under = f.eye_line(ax) - f.lower_lid_height(ax) - 0.75 - y
    middle = 0.5 * (f.eye_inner_x + f.eye_outer_x)
    bag = bell(under, 0.10 * (ax - middle), 0.12) * bell(ax, middle - 0.3, 1.3)
    feet = sum(bell(y - f.eyes.y, 0.25 + slope * (ax - f.eye_outer_x), 0.07) for slope in (0.35, -0.05, -0.45))
    feet = feet * smoothstep(f.eye_outer_x + 0.15, f.eye_outer_x + 0.5, ax) * (1 - smoothstep(6.2, 6.9, ax))
    forehead = sum(bell(y, h + 0.12 * np.cos(0.5 * x), 0.09) for h in (4.3, 5.1, 5.9)) * bell(x, 0, 3.4)
    for line, amount in ((fold, 0.55), (bag, 0.40), (feet, 0.35), (forehead, 0.28)):
        colour = blend(colour, tinted(c.skin, 0.80, 0.66, 0.60), front * amount * c.lines * line)
    return colour


def _nose(f, c, colour, x, y, front):
    ax = np.abs(x)
    deep, soft = tinted(c.skin, 0.74, 0.58, 0.53), tinted(c.skin, 0.86, 0.74, 0.70)
    top = f.eyes.y + 0.9
    bridge = smoothstep(f.tip_y + 0.5, f.tip_y + 1.6, y) * (1 - smoothstep(top - 0.6, top + 1.2, y))
    for target, amount, place in (
        (soft, 0.32, bell(ax, 0.92, 0.36) * bridge),
        (soft, 0.45, bump(ax, y, 1.0, top - 0.15, 0.55, 0.85)),  # the root of the nose
        (tinted(c.skin, 1.05, 1.07, 1.09), 0.55, bell(x, 0, 0.26) * bridge),
        (tinted(c.skin, 1.05, 1.08, 1.10), 0.60, bump(x, y, 0, f.tip_y + 0.12, 0.30, 0.24)),
        (soft, 0.50, bump(x, y, 0, f.tip_y - 1.02, 0.62, 0.20)),  # under the nose
        (soft, 0.40, bump(ax, y, f.wing[0] + 0.40, f.wing[1] + 0.10, 0.24, 0.50)),  # crease of the wing
        (deep, 0.22, bump(ax, y, f.wing[0] + 0.36, f.wing[1] - 0.30, 0.13, 0.22)),
        (soft, 0.28, bump(x, y, 0, f.tip_y - 0.42, 0.50, 0.20)),  # the tip's underside
    ):
        colour = blend(colour, target, front * amount * place)
    nx, ny = f.nostril
    wide = f.params.nose.nostril
    if not wide:
        return colour
    hole = np.exp(-((((ax - nx) / (wide + 0.02)) ** 2 + ((y - ny + 0.04 - 0.15 * (ax - nx)) / 0.105) ** 2) ** 1.5))
    return blend(colour, tinted(c.skin, 0.40, 0.22, 0.20), front * 0.80 * hole)


def _eye_makeup(f, c, colour, x, y, front):
    ax = np.abs(x)
    above = y - (f.eye_line(ax) + f.upper_lid_height(ax))
    below = (f.eye_line(ax) - f.lower_lid_height(ax)) - y
    inner, outer = f.eye_inner_x, f.eye_outer_x
    within = smoothstep(inner - 0.15, inner + 0.6, ax) * (1 - smoothstep(outer - 0.05, outer + 0.35, ax)) * front
    out = smoothstep(inner + 0.4, outer, ax)
    shadow = within * (above > -0.3) * (1 - smoothstep(0.10, 1.05, above)) * (0.55 + 0.45 * out)
    colour = blend(colour, c.shadow, c.shadow_share * shadow)
    colour = blend(colour, tinted(c.skin, 1.04, 1.03, 1.02), within * 0.35 * bump(ax, above, 0.5 * (inner + outer), 0.15, 0.8, 0.16))
    if f.eyes.crease > 0:
        line = bell(above, f.eyes.crease + 0.02, 0.060) * smoothstep(inner + 0.1, inner + 0.9, ax)
        colour = blend(colour, tinted(c.shadow, 0.62, 0.55, 0.53), within * line * 0.62)
    # The liner ends in a short wing that goes on along the upper lid.
    wing = (ax > outer - 0.5) * bell(y - (f.eye_line(ax) + 0.10 + 0.62 * (ax - outer)), 0, 0.10) * (1 - smoothstep(outer + 0.1, outer + 0.55, ax))
    liner = within * (1 - smoothstep(0.02, 0.10 + 0.07 * out, np.abs(above - 0.01)))
    colour = blend(colour, c.liner, c.liner_share * np.clip(liner * (0.75 + 0.25 * out) + 0.8 * front * wing, 0, 1))
    lower = within * (1 - smoothstep(0, 0.12, np.abs(below))) * (0.15 + 0.5 * out**2)
    colour = blend(colour, tinted(c.liner, 2.2, 1.9, 1.9), c.liner_share * 0.8 * lower)
    # The fold under the eye: a light band, and a soft line below it.
    if c.bag_light > 0:
        band = within * bell(below, 0.30, 0.17) * smoothstep(inner + 0.2, inner + 1.2, ax)
        colour = blend(colour, tinted(c.skin, 1.04, 1.045, 1.05), c.bag_light * band)
        line = within * bell(below, 0.62, 0.11) * bell(ax, 0.5 * (inner + outer) - 0.2, 1.15)
        colour = blend(colour, tinted(c.skin, 0.86, 0.70, 0.66), 0.55 * c.bag_light * line)
    corner = bump(ax, y, inner + 0.04, float(f.eye_line(inner)) + 0.02, 0.17, 0.13)
    return blend(colour, tinted(c.skin, 0.94, 0.66, 0.62), front * 0.7 * corner)


def _lips(f, c, colour, x, y, front):
    contact, q = f.lip_contact(x), np.abs(x) / f.mouth_half_width
    upper = (y - contact) / (f.upper_lip_height(x / 1.02) + 0.04)
    lower = (contact - y) / (f.lower_lip_height(x / 1.02) + 0.04)
    reach = np.where(y > contact, upper, lower)
    cover = (1 - smoothstep(0.78, 1.14, reach)) * (1 - smoothstep(0.98, 1.05, q)) * front
    colour = blend(colour, c.lips, 0.92 * cover)
    inside = cover * (1 - smoothstep(0.05, 0.75, reach)) * (1 - 0.4 * q**2)
    colour = blend(colour, c.lip_inner, 0.75 * inside)
    colour = blend(colour, tinted(c.lips, 0.86, 0.78, 0.80), 0.45 * cover * (y > contact))
    gloss = cover * (y < contact) * np.exp(-(((lower - 0.50) / 0.22) ** 2)) * (0.35 + 0.65 * bell(x, 0, 0.8))
    gloss = gloss + 0.45 * cover * (y > contact) * bump(np.abs(x), upper, 0.36, 0.72, 0.30, 0.22)
    colour = blend(colour, np.clip(0.55 * np.array(c.lips) + 0.47, 0, 1), c.lip_gloss * gloss)
    line = front * (1 - smoothstep(0.015, 0.065, np.abs(y - contact))) * (1 - smoothstep(1.0, 1.07, q))
    colour = blend(colour, tinted(c.lip_inner, 0.48, 0.40, 0.40), 0.85 * line)
    ends = front * bump(np.abs(x), y, f.mouth_half_width + 0.03, float(f.lip_contact(f.mouth_half_width)), 0.16, 0.12)
    colour = blend(colour, tinted(c.skin, 0.68, 0.50, 0.47), 0.6 * ends)
    wrinkles = np.sin(26 * x + 2 * np.sin(7 * x)) * 0.5 + 0.5
    return colour * (1 - 0.05 * cover * wrinkles)[..., None]


def _brows(f, c, colour, x, y, front, coarse):
    cover, along, across = f.brow(x, y)
    # Hairs lean outwards, flatter towards the outer end.
    lean = np.abs(x) * 8 - across * (11 - 15 * along)
    hairs = np.sin(lean * 2.1 + 3 * coarse) * 0.3 + np.sin(lean * 3.3 + 1.7 * np.sin(5 * x)) * 0.2 + 0.5
    fill = front * cover * f.brows.strength * (0.62 + 0.38 * smoothstep(0, 0.45, along))
    return blend(colour, c.brow, fill * (0.90 + 0.10 * hairs))


# Where hair begins: degrees from the middle of the forehead -> height in cm, against the hairline's own.
HAIRLINE = PchipInterpolator(
    [0, 28, 46, 56, 64, 71, 77, 83, 92, 104, 118, 140, 180],
    [0, 0.15, -0.5, -2.0, -4.6, -7.6, -9.6, -9.2, -6.6, -8.6, -13.0, -16.5, -17.2],
)


def _scalp(c, colour, x, y, phi, row, coarse):
    """Hair that is too short to be modelled: soft above the hairline, in front of the ears, down to the nape."""
    line = c.hairline + HAIRLINE(np.degrees(np.abs(phi))) + 0.22 * coarse
    cover = smoothstep(-0.45, 0.75, y - line) * (row < 15)
    return blend(colour, 0.62 * np.array(c.brow), 0.93 * cover)
