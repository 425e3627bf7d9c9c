"""Builds hosts from their documents: python avatars/studio/build.py avatars/lina [avatars/chen ...]

Reads host.yaml, writes host.glb into the same folder; two runs give the same bytes.
"""

import argparse
import sys
import time
from pathlib import Path

from file.write import write
from host import HostParams, assemble, bake_light
from params import load


def _progress(done, total):
    if sys.stderr.isatty() or done == total:
        print(f"\r  light {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def build(folder, out, lit=True):
    """Build the host of `folder`; returns what was said about it."""
    start = time.perf_counter()
    params = load(HostParams, folder / "host.yaml")
    print(f"{params.name}: geometry, shapes, paint", file=sys.stderr)
    host = assemble(params)
    if lit:
        bake_light(host, _progress)
    size = write(host, out)
    count = {}
    for part in host.built.parts:
        key = "always" if part.outfits is None else "+".join(part.outfits)
        count[key] = count.get(key, 0) + len(part.triangles)
    counts = ", ".join(f"{name} {number}" for name, number in count.items())
    return f"{out}: {size} bytes, triangles: {counts}; {time.perf_counter() - start:.1f} s"


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="folders with a host.yaml")
    parser.add_argument("-o", "--output", type=Path, help="write one host here instead of into its folder")
    parser.add_argument("--unlit", action="store_true", help="a draft without baked light")
    args = parser.parse_args()
    for folder in args.folders:
        try:
            print(build(folder, args.output or folder / "host.glb", not args.unlit))
        except (ValueError, OSError) as error:
            sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
