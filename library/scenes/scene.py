"""A set: parts, materials, lamps, camera; traced and developed into one picture."""

from dataclasses import dataclass, field

import bvh
import film
import numpy as np
import tracer
from textures import linear

EYE = (0.0, 1.38, 2.7)
HALF_HEIGHT = 0.34  # of the picture, at one metre from the eye, in either aspect


def towards(place, target):
    """The direction from one place to another, unit length."""
    way = np.subtract(target, place)
    return way / np.linalg.norm(way)


@dataclass
class Finish:
    """How the traced light becomes a picture."""

    exposure: float = 1.0
    bloom: float = 0.5
    lens: float = 0.038  # see film.focus
    sharp_at: float = 2.9  # metres from the camera: where the host stands
    least_blur: float = 0.0008
    vignette: float = 0.22


@dataclass
class Set:
    """What a set is made of. The camera looks along -z from `eye` and keeps upright lines upright.

    At one metre it sees `half_height` up and down about `shift` above its axis; `sky` is the light
    from outside the set, below and above.
    """

    wide: bool
    half_height: float = HALF_HEIGHT
    shift: float = -0.03
    eye: tuple = EYE
    sky: tuple = ((0.45, 0.44, 0.42), (0.85, 0.83, 0.80))
    finish: Finish = field(default_factory=Finish)
    parts: list = field(default_factory=list)
    kinds: list = field(default_factory=list)
    table: list = field(default_factory=list)
    pictures: list = field(default_factory=list)
    lights: list = field(default_factory=list)

    def picture(self, pixels):
        """Takes a texture (square, linear colour); returns its number for `material`."""
        self.pictures.append(np.asarray(pixels, np.float32))
        return len(self.pictures) - 1

    def material(
        self,
        colour=(1, 1, 1),
        picture=-1,
        size=1.0,
        rough=0.5,
        shine=0.04,
        metal=False,
        glow=0.0,
        sheer=0.0,
        glass=False,
    ):
        """A surface. `colour` is sRGB and tints the picture, which repeats every `size` metres.

        `rough` 0..1 and `shine` (reflectance seen from the front) make its gloss; `glow` is light of its own, a
        number times the colour or a linear colour; `sheer` is the share of light that passes.
        """
        row = np.zeros(tracer.COLUMNS)
        row[:3] = linear(colour)
        row[tracer.TEXTURE], row[tracer.SCALE] = picture, 1.0 / size
        row[tracer.ROUGH], row[tracer.F0], row[tracer.METAL] = max(rough, 0.03), shine, metal
        row[tracer.E : tracer.E + 3] = row[:3] * glow if np.isscalar(glow) else glow
        row[tracer.SHEER], row[tracer.GLASS] = sheer, glass
        self.table.append(row)
        return len(self.table) - 1

    def add(self, part, material):
        """Puts a part into the set."""
        self.parts.append(part)
        self.kinds.append(np.full(len(part.points), material))

    def lamp(self, centre, u, v, colour, strength, facing=None):
        """A rectangular light with half sides u and v that shines along u x v, or along `facing` (unit length);
        itself unseen."""
        normal = np.cross(u, v)
        area = 4 * np.linalg.norm(normal)
        light = linear(colour) * strength
        facing = normal / np.linalg.norm(normal) if facing is None else facing
        self.lights.append(np.r_[centre, 0, u, v, light, facing, area])

    def globe(self, part, centre, radius, colour, strength, seen=0.6):
        """A shining part that lights the set like a ball of `radius` round `centre`.

        It looks `seen` times as bright as it shines.
        """
        light = linear(colour) * strength
        material = self.material(colour, shine=0.0, glow=light * seen)
        self.table[material][tracer.LISTED] = 1
        self.add(part, material)
        self.lights.append(np.r_[centre, 1, radius, 0, 0, 0, 0, 0, light, 0, 0, 0, np.pi * radius**2])

    def strip(self, part, centre, u, v, colour, strength, seen=1.0):
        """A shining part together with the rectangle that stands for it as a lamp."""
        light = linear(colour) * strength
        material = self.material(colour, shine=0.0, glow=light * seen)
        self.table[material][tracer.LISTED] = 1
        self.add(part, material)
        self.lamp(centre, u, v, colour, strength)

    def _compiled(self):
        points = np.concatenate([p.points for p in self.parts])
        boxes, links, order = bvh.build(points)
        points = points[order]
        tris = np.concatenate([points[:, 0], points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]], 1)
        normals = np.concatenate([p.normals for p in self.parts])[order].reshape(-1, 9)
        uvs = np.concatenate([p.uv for p in self.parts])[order].reshape(-1, 6)
        table = np.array(self.table)
        heads, rows = [], [np.zeros((1, 3), np.float32)]
        for pixels in self.pictures:
            heads.append((sum(len(r) for r in rows), len(pixels)))
            rows.append(pixels.reshape(-1, 3))
        through = (table[:, tracer.GLASS] > 0) | (table[:, tracer.LISTED] > 0)
        single = [a.astype(np.float32) for a in (tris, normals, uvs, table)]
        return (
            boxes,
            links,
            single[0],
            np.concatenate(self.kinds)[order].astype(np.int32),
            through,
            single[1],
            single[2],
            single[3],
            np.concatenate(rows),
            np.array(heads or [(0, 1)], np.int64),
            np.array(self.lights),
            np.array([*self.sky[0], *self.sky[1]], float),
        )

    def shoot(self, width, height, samples, scale, progress):
        """The finished picture, display values (height, width, 3)."""
        w, h = round(width * scale), round(height * scale)
        half = self.half_height
        camera = np.array([*self.eye, 0.0, half, self.shift])
        raw = tracer.trace(self._compiled(), camera, w, h, samples, progress)
        light, near = film.develop(raw, samples)
        f = self.finish
        # the same lens for both ways round: blur follows the height of the view
        light = film.focus(light, near, f.sharp_at, f.lens * h / max(w, h), f.least_blur)
        light = film.enlarge(light, width, height)
        light = film.bloom(light, f.bloom)
        y, x = np.mgrid[0:height, 0:width]
        far = ((x / width - 0.5) ** 2 + (y / height - 0.45) ** 2) * 2
        light = light * (1 - f.vignette * far)[..., None]
        return film.tone(light, f.exposure)
