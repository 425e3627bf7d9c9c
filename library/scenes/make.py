"""Paints the built-in backgrounds: python library/scenes/make.py

Needs numpy, scipy and pillow (avatars/studio/requirements.txt). The picture is
built in layers from the wall to the counter, each layer blurred by its distance,
in linear light so that lamps bloom. Fixed seed: two runs give the same bytes.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

WIDTH, HEIGHT = 1080, 1920
CENTRE_X = WIDTH / 2
QUALITY = 88

WALL_TOP, WALL_BOTTOM = (0.93, 0.88, 0.83), (0.86, 0.77, 0.70)
WOOD, WOOD_DARK = (0.66, 0.49, 0.36), (0.47, 0.33, 0.24)
LAMP = np.array([1.0, 0.80, 0.55])
WARES = (
    (0.93, 0.72, 0.66),
    (0.96, 0.90, 0.80),
    (0.70, 0.80, 0.76),
    (0.86, 0.62, 0.50),
    (0.97, 0.96, 0.94),
    (0.60, 0.68, 0.74),
    (0.93, 0.80, 0.60),
)
LEAVES = ((0.30, 0.46, 0.33), (0.42, 0.57, 0.40), (0.24, 0.38, 0.29))
SHELF_HEIGHTS = (430, 700, 970, 1240)  # boards, in pixels from the top
SHELF_SIDES = ((-40, 268), (812, 1120))


def linear(srgb):
    """sRGB 0..1 as linear light (the simple power law is enough here)."""
    return np.asarray(srgb, float) ** 2.2


class Canvas:
    """Linear-light picture that layers are laid on."""

    def __init__(self):
        fade = np.linspace(0, 1, HEIGHT)[:, None, None]
        wall = linear(WALL_TOP) * (1 - fade) + linear(WALL_BOTTOM) * fade
        self.light = np.broadcast_to(wall, (HEIGHT, WIDTH, 3)).copy()

    def lay(self, draw_layer, blur):
        """Draw on a transparent layer (sRGB colours), blur it, put it over the picture."""
        layer = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
        draw_layer(ImageDraw.Draw(layer))
        rgba = np.asarray(layer, float) / 255
        alpha = rgba[..., 3:]
        colour = gaussian_filter(linear(rgba[..., :3]) * alpha, (blur, blur, 0), mode="nearest")
        alpha = gaussian_filter(alpha, (blur, blur, 0), mode="nearest")
        self.light = self.light * (1 - alpha) + colour

    def glow(self, draw_mask, blur, colour):
        """Add light of `colour` in the shape of a blurred mask."""
        mask = Image.new("L", (WIDTH, HEIGHT), 0)
        draw_mask(ImageDraw.Draw(mask))
        shape = gaussian_filter(np.asarray(mask, float) / 255, blur, mode="nearest")
        self.light = self.light + shape[..., None] * np.asarray(colour)

    def dim(self, draw_mask, blur, amount):
        """Darken in the shape of a blurred mask: a soft shadow."""
        mask = Image.new("L", (WIDTH, HEIGHT), 0)
        draw_mask(ImageDraw.Draw(mask))
        shape = gaussian_filter(np.asarray(mask, float) / 255, blur, mode="nearest")
        self.light = self.light * (1 - amount * shape[..., None])

    def save(self, path, rng):
        """Tone, dither a little against banding, write a JPEG."""
        light = self.light
        soft = np.where(light > 0.7, 0.7 + 0.3 * (1 - np.exp(-(light - 0.7) / 0.3)), light)
        srgb = np.clip(soft, 0, 1) ** (1 / 2.2) * 255
        srgb += rng.normal(0, 0.5, srgb.shape[:2])[..., None]
        picture = Image.fromarray(np.round(np.clip(srgb, 0, 255)).astype(np.uint8))
        picture.save(path, "JPEG", quality=QUALITY, optimize=True)


def rgb(colour, scale=1.0, alpha=255):
    """Eight-bit RGBA of an sRGB colour."""
    return (*(int(255 * min(max(c * scale, 0), 1)) for c in colour), alpha)


def window_light(canvas):
    """Daylight from the left: two slanting bands on the wall."""
    for left, width, power in ((-120, 330, 0.20), (300, 210, 0.13)):
        corners = [(left, 0), (left + width, 0), (left + width + 420, 1500), (left + 420, 1500)]
        canvas.glow(lambda d, c=corners: d.polygon(c, fill=255), 42, power * np.array([1.0, 0.97, 0.90]))


def arch(canvas):
    """The arched niche behind the host, with a hidden lamp round its edge."""
    left, right, top = 300, 780, 330
    radius = (right - left) / 2

    def shape(d, grow=0, fill=255):
        d.ellipse((left - grow, top - grow, right + grow, top + 2 * radius + grow), fill=fill)
        d.rectangle((left - grow, top + radius, right + grow, HEIGHT), fill=fill)

    canvas.glow(lambda d: shape(d, 26), 46, 0.42 * LAMP)
    canvas.lay(lambda d: shape(d, 0, rgb((0.80, 0.82, 0.765))), 9)
    canvas.dim(lambda d: shape(d, -70), 70, 0.14)
    # The lamp reaches into the niche from its rim.
    canvas.glow(lambda d: d.ellipse((left + 30, top + 14, right - 30, top + 360), fill=255), 80, 0.20 * LAMP)


def shelves(canvas, rng):
    """Boards left and right with wares on them and a light strip under each board."""
    for left, right in SHELF_SIDES:
        canvas.dim(lambda d: d.rectangle((left, 150, right, 1520), fill=255), 22, 0.20)
        for height in SHELF_HEIGHTS:
            strip = (left + 20, height - 252, right - 20, height - 236)
            canvas.glow(lambda d: d.rectangle(strip, fill=255), 26, 2.0 * LAMP)
            canvas.glow(
                lambda d: d.rectangle((left, height - 240, right, height - 60), fill=255), 60, 0.16 * LAMP
            )
            canvas.lay(lambda d: wares(d, rng, left, right, height), 8)
            canvas.dim(lambda d: d.rectangle((left, height + 22, right, height + 52), fill=255), 14, 0.35)

            def board(d):
                d.rectangle((left, height, right, height + 26), fill=rgb(WOOD))
                d.rectangle((left, height + 20, right, height + 26), fill=rgb(WOOD_DARK))

            canvas.lay(board, 7)


def wares(d, rng, left, right, floor):
    """Boxes, bottles, jars and a few books standing on `floor`."""
    x = left + 18 + rng.uniform(0, 20)
    while x < right - 50:
        kind, colour = rng.integers(4), WARES[rng.integers(len(WARES))]
        width = float(rng.uniform(38, 74))
        height = float(rng.uniform(70, 170))
        lit, shaded = rgb(colour, 1.0), rgb(colour, 0.78)
        if kind == 0:  # box with a lid
            d.rectangle((x, floor - height, x + width, floor), fill=lit)
            d.rectangle((x + width * 0.72, floor - height, x + width, floor), fill=shaded)
            d.rectangle((x - 3, floor - height, x + width + 3, floor - height * 0.82), fill=rgb(colour, 0.9))
        elif kind == 1:  # bottle
            neck = width * 0.30
            d.rounded_rectangle((x, floor - height * 0.72, x + width * 0.8, floor), 14, fill=lit)
            d.rectangle(
                (
                    x + width * 0.4 - neck / 2,
                    floor - height,
                    x + width * 0.4 + neck / 2,
                    floor - height * 0.7,
                ),
                fill=shaded,
            )
            d.rectangle((x + width * 0.58, floor - height * 0.66, x + width * 0.74, floor - 6), fill=shaded)
        elif kind == 2:  # jar
            low = min(height, 92.0)
            d.rounded_rectangle((x, floor - low, x + width * 1.1, floor), 16, fill=lit)
            d.rectangle(
                (x + 4, floor - low - 14, x + width * 1.1 - 4, floor - low + 10), fill=rgb(WOOD, 0.95)
            )
        else:  # a few books
            for _ in range(3):
                thick = float(rng.uniform(12, 20))
                tall = float(rng.uniform(96, 150))
                d.rectangle(
                    (x, floor - tall, x + thick, floor), fill=rgb(WARES[rng.integers(len(WARES))], 0.9)
                )
                x += thick + 2
            width = 6
        x += width + rng.uniform(14, 34)


def plant(canvas, rng, root_x, root_y, size, blur, count):
    """A fan of leaves in a pot."""
    for shade in range(3):

        def leaves(d):
            for _ in range(count):
                angle = rng.uniform(-1.25, 1.25)
                length = size * rng.uniform(0.55, 1.0)
                tip = np.array([root_x + length * np.sin(angle) * 1.05, root_y - length * np.cos(angle)])
                middle = (np.array([root_x, root_y]) + tip) / 2
                middle = middle + [0.16 * length * np.sin(angle), -0.10 * length]
                along = np.linspace(0, 1, 16)[:, None]
                spine = (
                    (1 - along) ** 2 * [root_x, root_y] + 2 * along * (1 - along) * middle + along**2 * tip
                )
                side = np.gradient(spine, axis=0)[:, ::-1] * [-1, 1]
                side /= np.linalg.norm(side, axis=1, keepdims=True)
                width = 0.085 * size * np.sin(np.pi * along**0.8)
                outline = np.r_[spine + side * width, (spine - side * width)[::-1]]
                colour = LEAVES[shade]
                d.polygon([tuple(p) for p in outline], fill=rgb(colour, rng.uniform(0.85, 1.2)))

        canvas.lay(leaves, blur)

    def pot(d):
        w, h = 0.24 * size, 0.36 * size
        d.polygon(
            [
                (root_x - w, root_y - 8),
                (root_x + w, root_y - 8),
                (root_x + w * 0.8, root_y + h),
                (root_x - w * 0.8, root_y + h),
            ],
            fill=rgb((0.93, 0.88, 0.82)),
        )
        d.polygon(
            [
                (root_x + w * 0.3, root_y - 8),
                (root_x + w, root_y - 8),
                (root_x + w * 0.8, root_y + h),
                (root_x + w * 0.3, root_y + h),
            ],
            fill=rgb((0.80, 0.72, 0.65)),
        )

    canvas.lay(pot, blur)


def lamps(canvas, rng):
    """Two pendant globes and a string of far lights out of focus."""
    for x, y, radius in ((168, 120, 52), (905, 168, 62)):
        canvas.lay(lambda d: d.line((x, -10, x, y), fill=rgb(WOOD_DARK), width=5), 5)
        canvas.glow(
            lambda d: d.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255), 62, 1.1 * LAMP
        )
        canvas.glow(
            lambda d: d.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255), 7, 0.55 * LAMP
        )
    far = []
    for _ in range(22):
        x, radius = rng.uniform(0, WIDTH), rng.uniform(12, 34)
        y = 90 + 190 * ((x - CENTRE_X) / CENTRE_X) ** 2 + rng.uniform(-70, 70)
        far.append((x, y, radius, int(rng.uniform(70, 230))))

    def discs(d):
        for x, y, radius, power in far:
            d.ellipse((x - radius, y - radius, x + radius, y + radius), fill=power)

    canvas.glow(discs, 2.5, 0.14 * LAMP)


def counter(canvas):
    """A counter along the bottom and the dimmer floor line behind it."""
    canvas.dim(lambda d: d.rectangle((-50, 1430, WIDTH + 50, HEIGHT), fill=255), 60, 0.30)
    canvas.lay(lambda d: d.rectangle((-60, 1640, WIDTH + 60, HEIGHT + 60), fill=rgb((0.74, 0.60, 0.49))), 12)
    canvas.glow(lambda d: d.rectangle((-60, 1644, WIDTH + 60, 1668), fill=255), 12, (0.20, 0.17, 0.13))
    canvas.dim(lambda d: d.rectangle((-60, 1700, WIDTH + 60, HEIGHT + 60), fill=255), 40, 0.22)


def studio():
    """The default set: a bright shop with an arched niche behind the host."""
    rng = np.random.default_rng(11)
    canvas = Canvas()
    window_light(canvas)
    arch(canvas)
    shelves(canvas, rng)
    lamps(canvas, rng)
    counter(canvas)
    plant(canvas, rng, 905, 1560, 330, 9, 12)
    plant(canvas, rng, 96, 1600, 400, 13, 12)
    # Light falls off towards the corners, so that the eye stays on the host.
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    away = ((x - CENTRE_X) / WIDTH) ** 2 * 1.3 + ((y - 800) / HEIGHT) ** 2
    canvas.light *= (1 - 0.42 * np.clip(away, 0, 0.9))[..., None]
    return canvas, rng


def main():
    """Write every built-in background next to this file."""
    path = Path(__file__).parent / "studio" / "background.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas, rng = studio()
    canvas.save(path, rng)
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
