"""Outfits by parameters: what `host.yaml` says under `outfits` becomes parts.

outfits:
  - id: blazer
    name: Blazer
    garments:
      - {kind: blazer, colour: '#4f7f86'}
      - {kind: blouse, colour: '#f3ece0'}
      - {kind: trousers, colour: '#e9e2d6'}
      - {kind: pumps, colour: '#d9c3ad'}
"""

from dataclasses import dataclass, field

import numpy as np
from params import Colour

from clothes import fabric
from clothes.bodice import Shell
from clothes.cloth import Cloth, Rack
from clothes.drape import Dressed, Front
from clothes.hoodie import Hoodie
from clothes.jacket import Cut, Jacket
from clothes.legs import Trousers, pleated, socks
from clothes.qipao import Qipao
from clothes.shirt import Overshirt, UnderShirt
from clothes.shoes import LASTS, shoe
from clothes.stage import StageJacket, bow
from clothes.trims import PEARL, button, earrings, necklace, watch


@dataclass
class GarmentParams:
    """One garment. What a colour means depends on the kind; what is not given is derived from `colour`."""

    kind: str
    colour: Colour
    weave: str = ""  # one of fabric.WEAVES; empty: what the kind is usually made of
    accent: Colour = None  # of a pattern woven in, stripes of a tie, the bow
    trim: Colour = None  # piping, tie, collar and cuffs, soles
    line: Colour = None  # lines on trims, buttons
    lower: Colour = None  # of the lower panels
    hem: float = 0.0  # cm above the floor; 0: as the kind is usually cut
    sleeve: float = 0.0  # where sleeves end: 1 elbow, 2 wrist; 0: as usual
    tie: bool = True  # of a shirt


@dataclass
class OutfitParams:
    """Clothes that are worn together."""

    id: str
    name: str
    garments: list[GarmentParams] = field(default_factory=list)


@dataclass
class Bare:
    """What an outfit leaves bare: arms below `sleeve_end` and legs between two t (None: nothing)."""

    sleeve_end: float | None
    legs: tuple | None


class Fitting:
    """One outfit on one form."""

    def __init__(self, form, outfit, anime):
        self.form, self.outfit, self.anime = form, outfit, anime
        self.rack = Rack(form, outfit.id, anime)
        self.front = Front(Dressed(form, lambda phi, row: np.zeros(np.shape(phi))))
        self.man = form.params.bust < 0.3

    def cloth(self, garment, colour=None, weave="", both_sides=False):
        """The cloth of a garment, or of a part of it in another colour."""
        weave = "plain" if self.anime else (garment.weave or weave)
        if weave not in fabric.WEAVES:
            raise ValueError(
                f"outfits.{self.outfit.id}.{garment.kind}: weave {weave!r} is unknown; known are {', '.join(fabric.WEAVES)}"
            )
        return Cloth(tuple(colour or garment.colour), weave, garment.accent and tuple(garment.accent), both_sides)

    def plain(self, garment, colour, otherwise, weave):
        """The cloth of a trim: `colour`, or a share `otherwise` of the garment's."""
        colour = colour or tuple(otherwise * c for c in garment.colour)
        return Cloth(tuple(colour), "plain" if self.anime else weave)

    # ------------------------------------------------------------------ kinds
    def blazer(self, g):
        """A woman's blazer or, on a man, the jacket of a suit."""
        cut = Cut.man_of(self.form.params) if self.man else Cut.woman_of(self.form.params)
        jacket = Jacket(self.form, self.cloth(g, weave="wool"), cut, self.plain(g, g.line, 0.45, "horn")).into(
            self.rack
        )
        self.front = jacket.front

    def blouse(self, g):
        """A fine top under a jacket."""
        self.rack.add(*Shell(self.form, self.cloth(g, weave="satin"), drape=0.22).pieces())

    def tee(self, g):
        """A round-necked tee under an open shirt."""
        self.rack.add(*Shell(self.form, self.cloth(g, weave="jersey"), -16.9, 9.0, 0.085, -64).pieces())

    def shirt(self, g):
        """A shirt under a jacket, with or without a tie."""
        tie = Cloth(tuple(g.trim), "stripe", g.accent and tuple(g.accent)) if g.tie and g.trim else None
        UnderShirt(self.form, Cloth(tuple(g.colour), g.weave or "cotton"), tie).into(self.rack)

    def overshirt(self, g):
        """An open shirt of heavier cloth."""
        Overshirt(self.form, self.cloth(g, weave="cotton"), buttons=self.plain(g, g.line, 0.45, "horn")).into(self.rack)

    def qipao(self, g):
        """A dress in the new Chinese style."""
        floor = -self.form.params.eye_height
        dress = Qipao(
            self.form,
            self.cloth(g, weave="brocade"),
            self.plain(g, g.trim, 0.6, "satin"),
            floor + (g.hem or 41.0),
            g.sleeve or 1.45,
        )
        self.front = dress.into(self.rack).front

    def stage(self, g):
        """A stage jacket with a bow."""
        jacket = StageJacket(
            self.form,
            self.cloth(g, weave="cotton"),
            self.plain(g, g.trim, 0.5, "cotton"),
            self.plain(g, g.line, 1.0, "cotton"),
        )
        self.front = jacket.into(self.rack).front
        if g.accent:
            silk = self.cloth(g, g.accent, "satin", both_sides=True)
            knot = Cloth(tuple(0.85 * c for c in g.accent), silk.weave)
            pieces, chains = bow(self.front, -26.5, silk, knot, 0.85, outfit=self.outfit.id)
            self.rack.add(*pieces)
            self.rack.hang(*chains)
        gold = Cloth((0.95, 0.78, 0.36), "plain" if self.anime else "gold")
        self.rack.add_solid(*[button(self.front, x, y, 0.3, gold, 0.7) for y in (-42.0, -48.0) for x in (-4.2, 4.2)])

    def hoodie(self, g):
        """An oversized hoodie."""
        Hoodie(
            self.form,
            self.cloth(g, weave="jersey"),
            self.plain(g, g.lower, 0.9, "jersey"),
            self.plain(g, g.trim, 0.5, "rib"),
        ).into(self.rack)

    def trousers(self, g):
        """Trousers; creased where they are of wool."""
        weave = g.weave or "wool"
        room = (0.5, 1.6, 1.8) if self.man else (0.4, 2.0, 2.6)
        crease = 0.5 if weave == "wool" else 0.0
        self.rack.add(
            *Trousers(
                self.form, self.cloth(g, weave="wool"), -56.0 if self.man else -52.0, g.hem or 3.0, room, crease
            ).pieces()
        )

    def skirt(self, g):
        """A pleated skirt, with a line above the hem where one is given."""
        stuff = self.cloth(g, weave="wool", both_sides=True)
        line = g.line and Cloth(tuple(g.line), stuff.weave, None, True)
        bands = [(stuff, 0.80), (line, 0.86), (stuff, 1.0)] if line else [(stuff, 1.0)]
        self.rack.add(
            *pleated(self.form, bands, -50.0 if line else -57.0, -self.form.params.eye_height + (g.hem or 56.0))
        )

    def stockings(self, g):
        """Over the knee."""
        self._socks(g, 0.62)

    def knee_socks(self, g):
        """To below the knee."""
        self._socks(g, 1.1)

    def _socks(self, g, top):
        line = [(Cloth(tuple(g.line), "plain"), top + 0.02, top + 0.06)] if g.line else []
        self.rack.add(*socks(self.form, self.cloth(g, weave="jersey"), top, line))

    def shoes(self, g):
        """All kinds of shoes."""
        self.rack.add_solid(
            *shoe(self.form, LASTS[g.kind], self.cloth(g, weave="leather"), self.plain(g, g.trim, 0.6, "leather"))
        )

    def necklace(self, g):
        """A fine chain with a pearl."""
        self.rack.add_solid(
            *necklace(self.front, 4.3 * self.form.params.neck, -18.6, 0.10, self.cloth(g, weave="gold"), 0.30)
        )

    def earrings(self, g):
        """Small pearls."""
        self.rack.add_solid(*earrings((7.0, -3.5, -0.5), 0.34, PEARL, self.cloth(g, weave="gold")))

    def watch(self, g):
        """A wrist watch."""
        self.rack.add_solid(*watch(self.form, self.cloth(g, weave="silver"), self.plain(g, g.trim, 0.3, "leather")))


KINDS = {
    "blazer": Fitting.blazer, "blouse": Fitting.blouse, "tee": Fitting.tee, "shirt": Fitting.shirt, "overshirt": Fitting.overshirt,
    "qipao": Fitting.qipao, "stage": Fitting.stage, "hoodie": Fitting.hoodie, "trousers": Fitting.trousers,
    "skirt": Fitting.skirt, "stockings": Fitting.stockings, "knee_socks": Fitting.knee_socks, "necklace": Fitting.necklace,
    "earrings": Fitting.earrings, "watch": Fitting.watch, **{name: Fitting.shoes for name in LASTS},
}  # fmt: skip
# On the skin or on what is under it, so before other garments say where the front lies.
FIRST = ("necklace",)
# Where sleeves end, and which part of the legs is covered from above (to this t).
SLEEVES = {"blazer": 1.93, "overshirt": 1.90, "qipao": 1.45, "stage": 1.86, "hoodie": 1.90}
STOCKINGS = {"stockings": 0.62, "knee_socks": 1.1}


def garments(outfit):
    """The garments of an outfit in the order in which they are put on."""
    for garment in outfit.garments:
        if garment.kind not in KINDS:
            raise ValueError(f"outfits.{outfit.id}: {garment.kind!r} is no garment; known are {', '.join(KINDS)}")
    return sorted(outfit.garments, key=lambda g: g.kind not in FIRST)


def dress(form, outfit, anime=False):
    """Everything of the outfit `outfit` on `form`, as `Built`."""
    fitting = Fitting(form, outfit, anime)
    for garment in garments(outfit):
        KINDS[garment.kind](fitting, garment)
    return fitting.rack.build()


def bare(form, outfit):
    """Which skin the outfit leaves bare."""
    worn = {g.kind: g for g in garments(outfit)}
    ends = [g.sleeve or SLEEVES[kind] for kind, g in worn.items() if kind in SLEEVES]
    legs = None
    hems = [worn[kind].hem or usual for kind, usual in (("qipao", 41.0), ("skirt", 56.0)) if kind in worn]
    if hems:
        places = form.skeleton.places
        heights = [-places["left" + bone][1] for bone in ("UpperLeg", "LowerLeg", "Foot")]
        start = float(np.interp(form.params.eye_height - max(hems) - 6.0, heights, [0.0, 1.0, 2.0]))
        legs = (start, min([2.0] + [STOCKINGS[kind] + 0.05 for kind in worn if kind in STOCKINGS]))
    return Bare(max(ends, default=None), legs)
