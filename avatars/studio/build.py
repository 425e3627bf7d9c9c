"""Builds a host from nothing: python avatars/studio/build.py avatars/lina

Writes host.glb and thumbnail.png into the folder; two runs give the same bytes.
"""

import argparse
import sys
import time
from pathlib import Path

import preview
from gltf import Model
from host import assemble, bake_light, write

THUMBNAIL = {"size": (256, 256), "target": (0, -3.5, 0), "distance": 84, "yaw": 8}
SMILE = {"mouthSmile": 0.45, "cheekSquint": 0.25, "browInnerUp": 0.10}


def _progress(done, total):
    if sys.stderr.isatty() or done == total:
        print(
            f"\rbaking light {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True
        )


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where host.glb and thumbnail.png go")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    print("building geometry and blendshapes", file=sys.stderr)
    host = assemble()
    bake_light(host, _progress)
    size = write(host, folder / "host.glb")
    triangles = {}
    for part in host.parts:
        triangles[part.material] = triangles.get(part.material, 0) + len(part.triangles)
    print("drawing the thumbnail", file=sys.stderr)
    model = Model(folder / "host.glb")
    preview.save(preview.render(model, SMILE, **THUMBNAIL, samples=3), folder / "thumbnail.png")
    counts = ", ".join(f"{name} {count}" for name, count in triangles.items())
    print(f"{folder / 'host.glb'}: {sum(triangles.values())} triangles, {size} bytes ({counts})")
    print(f"{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
