"""Pieces of cloth: grids of points with seams at their edges, and what puts them together into parts with one atlas."""

from dataclasses import dataclass, field

import numpy as np
from fields import quad_grid, to_linear, triangles
from part import Built, Material, Part, Texture

import clothes.fabric as fabric


@dataclass
class Piece:
    """A sheet: `grid` (rows, columns, 3) in cm, rows running downwards and columns towards the host's left (seen from outside:
    to the right), in the colour and weave of `cloth`; `flip` where columns run the other way.

    `edges` says how each of left, right, top, bottom ends: 'seam', 'stitch' (seam with stitches beside it) or 'hem'.
    `marks` are further lines on it: (distance, kind), where distance(c) is in cm at the texels `c` (`fabric.Texels`). `island` names the place
    in the atlas; pieces that name the same one share its picture.
    """

    name: str
    grid: np.ndarray
    cloth: object
    edges: dict = field(default_factory=dict)
    marks: tuple = ()
    shade: np.ndarray | None = None
    flip: bool = False
    island: str = ""
    density: float = 1.0
    arm: np.ndarray | float = 0.0  # share 0..1, per row, to which it is a sleeve
    relief: np.ndarray | None = None  # height of the folds at the points of the grid, for drawn shadows
    bones: dict | None = None  # weights by bone, where it hangs on bones of its own

    def lengths(self):
        """Share of the width at each point, width of each row, share of the height of each row, whole height (cm)."""
        across = np.linalg.norm(np.diff(self.grid, axis=1), axis=2)
        x = np.c_[np.zeros(len(self.grid)), across.cumsum(1)]
        width = np.maximum(x[:, -1], 1e-6)
        down = np.linalg.norm(np.diff(self.grid, axis=0), axis=2)
        y = np.r_[0, down.mean(1).cumsum()]
        return x / width[:, None], width, y / max(y[-1], 1e-6), y[-1]


@dataclass(frozen=True)
class Cloth:
    """What a piece is cut from: colour (sRGB), a weave of `fabric.WEAVES`, and the colour of a pattern woven in."""

    colour: tuple
    weave: str = "cotton"
    accent: tuple | None = None
    both_sides: bool = False

    @property
    def finish(self):
        """The material it belongs to."""
        return fabric.FINISH[self.weave][0]


def worn(form, points, arm=0.0):
    """Weights of cloth by bone: of the bodice where `arm` is 0, of a sleeve where it is 1."""
    sleeve = dict(form.weights(points, sleeve=True))
    return {bone: arm * sleeve[bone] + (1 - arm) * w for bone, w in form.weights(points)}


def mirrored(piece, name=None):
    """The same piece on the host's other side."""
    grid = piece.grid * [-1, 1, 1]
    return Piece(
        name or piece.name + "_r",
        grid,
        piece.cloth,
        piece.edges,
        piece.marks,
        piece.shade,
        not piece.flip,
        piece.island or piece.name,
        piece.density,
        piece.arm,
        piece.relief,
    )


def solid(name, positions, faces, cloth, shade=None, bone=None):
    """A small thing without a picture (buttons, beads): (name, positions, faces, cloth, shade, bone).

    It moves as the cloth does at its middle, or with `bone`.
    """
    return name, positions, faces, cloth, np.ones(len(positions)) if shade is None else shade, bone


class Rack:
    """Collects the pieces of one outfit and hands them over as parts, materials and the two pictures of the atlas."""

    def __init__(self, form, outfit, anime=False, size=1024):
        self.form, self.outfit, self.anime, self.size = form, outfit, anime, size
        self.pieces, self.solids = [], []
        self.chains = []

    def add(self, *pieces):
        """Takes pieces."""
        self.pieces += pieces

    def hang(self, *chains):
        """Takes spring-bone chains."""
        self.chains += chains

    def add_solid(self, *things):
        """Takes small things as `solid` makes them."""
        self.solids += things

    # ------------------------------------------------------------------ meshes
    def _mesh(self, piece, places):
        rows, columns = piece.grid.shape[:2]
        positions = piece.grid.reshape(-1, 3)
        share, _, down, _ = piece.lengths()
        u0, v0, du, dv = places[piece.island or piece.name]
        uv = np.stack(np.broadcast_arrays(u0 + du * share, v0 + dv * down[:, None]), -1).reshape(-1, 2)
        shade = np.ones((rows, columns)) if piece.shade is None else np.broadcast_to(piece.shade, (rows, columns))
        return positions, triangles(quad_grid(rows, columns, flip=piece.flip)), uv, shade.ravel()

    def build(self):
        """Everything as `Built`; parts belong to the outfit."""
        built = Built()
        places = fabric.pack({p.island or p.name: p for p in self.pieces}, self.size)
        prefix = self.outfit + "_"
        groups = {}
        for piece in self.pieces:
            mesh = self._mesh(piece, places)
            key = self._material(built, prefix, piece.cloth, textured=True)
            groups.setdefault(key, []).append((*mesh, self._weigh(piece)))
        for _, positions, faces, cloth, shade, bone in self.solids:
            key = self._material(built, prefix, cloth, textured=False)
            uv = np.zeros((len(positions), 2))
            weights = {bone: np.ones(len(positions))} if bone else self._together(positions)
            groups.setdefault(key, []).append((positions, triangles(faces), uv, shade, weights))
        for key, meshes in groups.items():
            built.parts.append(self._part(key, meshes))
        base, normal = fabric.paint(self.pieces, places, self.size, self.anime)
        built.textures[prefix + "base"] = Texture(base, quality=88)
        if not self.anime:
            built.textures[prefix + "normal"] = Texture(normal, quality=86)
        built.chains += self.chains
        return built

    def _together(self, positions):
        """Weights of a small thing that stays as it is; long cords follow the cloth."""
        if np.ptp(positions, axis=0).max() > 5:
            return worn(self.form, positions)
        return worn(self.form, np.broadcast_to(positions.mean(0), positions.shape))

    def _weigh(self, piece):
        if piece.bones is not None:
            return piece.bones
        rows, columns = piece.grid.shape[:2]
        arm = np.broadcast_to(np.reshape(piece.arm, (-1, 1)), (rows, columns)).ravel()
        return worn(self.form, piece.grid.reshape(-1, 3), arm)

    def _part(self, key, meshes):
        offset, faces = 0, []
        for mesh in meshes:
            faces.append(mesh[1] + offset)
            offset += len(mesh[0])
        positions, uv, shade = (np.concatenate([m[k] for m in meshes]) for k in (0, 2, 3))
        bones = sorted({bone for m in meshes for bone in m[4]})
        weights = [(b, np.concatenate([np.broadcast_to(m[4].get(b, 0.0), len(m[0])) for m in meshes])) for b in bones]
        weights = [(b, w) for b, w in weights if w.max() > 0.004]
        return Part(
            key, key, positions, np.concatenate(faces), weights, uv, shade, outfits=(self.outfit,), seamless=True
        )

    def _material(self, built, prefix, cloth, textured):
        if self.anime:
            name = prefix + ("cloth" if textured else "".join(f"{round(255 * c):02x}" for c in cloth.colour))
            name += "_2" if cloth.both_sides else ""
            toon = dict(fabric.TOON)
            if textured:
                built.materials[name] = Material(
                    "cloth", texture=prefix + "base", double_sided=cloth.both_sides, toon=toon
                )
            else:
                toon["shadeColorFactor"] = to_linear(np.array(cloth.colour) * fabric.CEL).round(4).tolist()
                built.materials[name] = Material("cloth", cloth.colour, toon=toon)
            return name
        finish, roughness, metallic = fabric.FINISH[cloth.weave]
        if not textured:
            name = prefix + finish + "_" + "".join(f"{round(255 * c):02x}" for c in cloth.colour)
            built.materials[name] = Material("cloth", cloth.colour, roughness, metallic=metallic)
            return name
        name = prefix + finish + ("_2" if cloth.both_sides else "")
        built.materials[name] = Material(
            "cloth", (1.0, 1.0, 1.0), roughness, prefix + "base", prefix + "normal", metallic, cloth.both_sides
        )
        return name
