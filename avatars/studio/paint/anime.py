"""The skin of a drawn face: flat colour, few lines, soft blush."""

import numpy as np

from face.head import phi_of_u, row_of_v
from fields import bell, blend, bump, smoothstep
from paint.skin import tinted

NEUTRAL = 0.25  # of the mask: shade falls as the light says
EDGE = 0.022  # cm over which a drawn edge fades: one texel


def _line(distance, half):
    """Cover of a line from the distance to its middle and its half width, cm."""
    return 1 - smoothstep(half - EDGE, half + EDGE, np.abs(distance))


def skin(face, c, size):
    """Base colour, sRGB (size, size, 3)."""
    texel = (np.arange(size) + 0.5) / size
    phi, row = np.meshgrid(phi_of_u(texel), row_of_v(texel))
    x, y, _ = np.moveaxis(face.head.loft(phi, row), -1, 0)
    front = ((np.cos(phi) > 0) & (row < 14.3)) * smoothstep(0, 0.25, np.cos(phi))
    colour = np.broadcast_to(np.array(c.skin), (size, size, 3))
    for paint in (_complexion, _nose, _eyes, _mouth):
        colour = paint(face.f, c, colour, x, y, front)
    return np.clip(_scalp(c, colour, x, y, phi, row), 0, 1)


def _complexion(f, c, colour, x, y, front):
    ax = np.abs(x)
    colour = blend(colour, tinted(c.skin, 1.0, 0.945, 0.93), 0.55 * front * smoothstep(-1.2, -4.5, y) * smoothstep(-9.2, -7.6, y))
    middle, height = f.eyes.x + 0.82, f.eyes.y - 2.50
    blush = np.exp(-((((ax - middle) / 1.45) ** 2 + ((y - height) / 0.72) ** 2) ** 1.15))
    colour = blend(colour, c.blush, c.blush_share * front * blush)
    for k in range(3):
        along = ax - middle + 0.38 - 0.36 * k
        stroke = _line(along + 0.30 * (y - height), 0.026) * bell(y, height, 0.24) ** 2
        colour = blend(colour, tinted(c.blush, 0.98, 0.80, 0.80), 0.9 * c.blush_share * front * stroke)
    return colour


def _nose(f, c, colour, x, y, front):
    shade = tinted(c.shadow, 1.12, 1.12, 1.12)
    colour = blend(colour, c.blush, 0.16 * front * bump(x, y, 0, f.tip_y - 0.05, 0.65, 0.45))
    # A wedge of shade beside and under the tip, and a point of light on it.
    dx, dy = x - 0.10, y - (f.tip_y - 0.24)
    wedge = smoothstep(0.30, 0.24, np.abs(dx) + 1.9 * np.abs(dy + 0.25 * dx)) * front
    colour = blend(colour, shade, 0.75 * wedge)
    light = smoothstep(0.15, 0.10, np.hypot(x + 0.09, 0.8 * (y - f.tip_y - 0.14)))
    return blend(colour, (1.0, 0.99, 0.97), 0.85 * front * light)


def _eyes(f, c, colour, x, y, front):
    ax = np.abs(x)
    inner, outer = f.eye_inner_x, f.eye_outer_x
    along = (ax - inner) / (outer - inner)
    above = y - (f.eye_line(ax) + f.upper_lid_height(ax))
    below = (f.eye_line(ax) - f.lower_lid_height(ax)) - y
    within = smoothstep(-0.10, 0.30, along) * (1 - smoothstep(0.70, 1.10, along)) * front
    colour = blend(colour, c.blush, 0.30 * within * (above > -0.5) * (1 - smoothstep(0.1, 0.95, above)))
    colour = blend(colour, c.blush, 0.20 * within * (below > -0.5) * (1 - smoothstep(0.0, 0.6, below)))
    edge = front * (1 - smoothstep(0.03, 0.07, np.abs(above))) * smoothstep(0.0, 0.1, along) * (along < 1)
    colour = blend(colour, c.liner, edge)
    # The fold of the lid.
    lid = smoothstep(0.10, 0.30, along) * (1 - smoothstep(0.80, 1.0, along))
    fold = _line(above - 0.52 + 0.22 * (along - 0.5) ** 2, 0.010 + 0.020 * lid) * front * (lid > 0.01)
    return blend(colour, tinted(c.shadow, 1.02, 0.92, 0.94), 0.7 * fold * smoothstep(0, 0.3, lid))


def _mouth(f, c, colour, x, y, front):
    contact, q = f.lip_contact(x), np.abs(x) / f.mouth_half_width
    lips = np.exp(-(((x / (0.72 * f.mouth_half_width)) ** 2 + ((y - f.mouth_y + 0.05) / 0.24) ** 2) ** 1.5))
    colour = blend(colour, c.lips, 0.42 * front * lips)
    under = _line(y - (f.mouth_y - 0.56 + 0.10 * x**2), 0.030 * (1 - (x / 0.42) ** 2)) * (np.abs(x) < 0.42)
    colour = blend(colour, tinted(c.shadow, 1.08, 1.08, 1.08), 0.7 * front * under)
    half = 0.022 + 0.020 * bell(x, 0, 0.35) + 0.016 * bell(q, 0.93, 0.10)
    line = _line(y - contact, half) * (1 - smoothstep(0.97, 1.03, q)) * front
    return blend(colour, tinted(c.lip_inner, 0.86, 0.78, 0.78), line)


def mask(face, size):
    """Where shade falls in red (0 never, NEUTRAL as the light says, 1 always), how wide the outline is in green."""
    texel = (np.arange(size) + 0.5) / size
    phi, row = np.meshgrid(phi_of_u(texel), row_of_v(texel))
    x, y, _ = np.moveaxis(face.head.loft(phi, row), -1, 0)
    f, ax = face.f, np.abs(x)
    front = (np.cos(phi) > 0) & (row < 12.6)
    # The front of the face is never in shade; the chin throws its shade on the neck.
    plain = smoothstep(1.05, 0.75, np.hypot(x / 5.7, (y + 2.6) / 5.4)) * front
    edge = -11.9 - 0.80 * (1 - (x / 3.0) ** 2) + 0.12 * x
    chin = smoothstep(13.0, 13.5, row) * (row < 19) * smoothstep(edge - 0.10, edge + 0.10, y)
    # The underside of the jaw turns dark early, and so does the nape.
    under = (0.6 * smoothstep(11.5, 12.1, row) + 0.4 * smoothstep(12.6, 13.0, row)) * (row < 14.5)
    under = np.maximum(under, smoothstep(1.55, 1.75, np.abs(phi)) * smoothstep(8.0, 9.0, row) * (row < 17))
    shade = np.maximum(np.maximum(NEUTRAL * (1 - plain), under), chin)
    lids = np.maximum(y - f.eye_line(ax) - f.upper_lid_height(ax), f.eye_line(ax) - f.lower_lid_height(ax) - y)
    lids = np.maximum(lids, np.maximum(f.eye_inner_x - ax, ax - f.eye_outer_x))
    lips = np.hypot(np.maximum(ax - f.mouth_half_width, 0), y - f.mouth_y)
    line = 1 - front * (1 - smoothstep(0.30, 0.60, np.minimum(lids, lips)))
    return np.stack([shade, line, 0 * line], -1)


def _scalp(c, colour, x, y, phi, row):
    """Hair's colour above the hairline and at the back of the head."""
    hairline = c.hairline - 0.05 * np.abs(x) ** 1.6
    above = smoothstep(-0.3, 0.3, y - hairline) * (np.cos(phi) > -0.1)
    behind = smoothstep(1.42, 1.60, np.abs(phi)) * (1 - smoothstep(8.4, 9.6, row)) * smoothstep(-2.5, 0.5, y)
    back = smoothstep(1.9, 2.2, np.abs(phi)) * (1 - smoothstep(10.0, 11.5, row))
    return blend(colour, 0.80 * np.array(c.brow), np.maximum(np.maximum(above, behind), back))
