"""Builds the sets that stand behind the host: python library/scenes/make.py [SET ..] [options]

Needs numpy, scipy, numba and pillow (avatars/studio/requirements.txt). Each set is a small
scene of triangles in sets/; tracer.py follows its light, film.py makes the picture. Seeds
are fixed and pixels are independent: two runs on one machine give the same bytes.
"""

import argparse
import importlib
import sys
import time
import zlib
from pathlib import Path

import film

HERE = Path(__file__).parent
SETS = {"studio": "studio", "counter": "counter", "tea-room": "tea_room", "tech": "tech", "sale": "sale"}
SIZES = {"portrait": (1080, 1920), "landscape": (1920, 1080)}


def build(name, way, scale, samples, out):
    """One picture of one set."""
    module = importlib.import_module(f"sets.{SETS[name]}")
    width, height = SIZES[way]
    started, worked = time.monotonic(), time.process_time()

    def progress(share):
        print(f"\r{name} {way}: {share:4.0%} {time.monotonic() - started:5.1f} s", end="", flush=True)

    picture = module.build(way == "landscape").shoot(width, height, samples, scale, progress)
    path = out / name / f"{way}.jpg"
    film.save(picture, path, zlib.crc32(f"{name} {way}".encode()))
    print(
        f"\r{path}: {path.stat().st_size // 1000} kB, {time.monotonic() - started:.1f} s, "
        f"{time.process_time() - worked:.1f} s of all cores"
    )


def main():
    """Builds what the command line names; everything if it names nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", help=f"of {', '.join(SETS)}; all if none is named")
    parser.add_argument("--way", choices=SIZES, help="only this one; both if not given")
    parser.add_argument(
        "--scale",
        type=float,
        default=0.5,
        help="of the traced picture: the lens blurs all of it, so it may be smaller",
    )
    parser.add_argument("--samples", type=int, default=16, help="light paths a pixel")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the pictures")
    args = parser.parse_args()
    unknown = [name for name in args.sets if name not in SETS]
    if unknown:
        sys.exit(f"no such set: {', '.join(unknown)}; there are {', '.join(SETS)}")
    for name in args.sets or SETS:
        for way in [args.way] if args.way else SIZES:
            build(name, way, args.scale, args.samples, args.out)


if __name__ == "__main__":
    main()
