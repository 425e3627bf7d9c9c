"""Bounding volume hierarchy over triangles: built once for a set, asked by every ray."""

import numpy as np
from numba import njit

LEAF = 4  # triangles in a leaf, at most
BINS = 16
FAR = 1e30


@njit(cache=True)
def _build(low, high, middle, order, boxes, links):
    """Split the triangles (boxes low..high) by the surface area heuristic; returns the number of nodes.

    `boxes[n]` is low xyz, high xyz of a node. `links[n]` is (first, count) of a
    leaf's triangles in `order`, or (left child, 0); the right child follows the left.
    """
    todo = np.empty((128, 3), np.int64)
    todo[0, 0], todo[0, 1], todo[0, 2] = 0, 0, len(order)
    waiting, used = 1, 1
    counts = np.empty(BINS, np.int64)
    bounds = np.empty((BINS, 6))
    right_cost = np.empty(BINS)
    run = np.empty(6)
    while waiting:
        waiting -= 1
        node, first, last = todo[waiting, 0], todo[waiting, 1], todo[waiting, 2]
        span_low, span_high = np.full(3, FAR), np.full(3, -FAR)
        for k in range(3):
            boxes[node, k], boxes[node, 3 + k] = FAR, -FAR
        for i in range(first, last):
            t = order[i]
            for k in range(3):
                boxes[node, k] = min(boxes[node, k], low[t, k])
                boxes[node, 3 + k] = max(boxes[node, 3 + k], high[t, k])
                span_low[k] = min(span_low[k], middle[t, k])
                span_high[k] = max(span_high[k], middle[t, k])
        axis = np.argmax(span_high - span_low)
        span = span_high[axis] - span_low[axis]
        links[node, 0], links[node, 1] = first, last - first
        if last - first <= LEAF or span < 1e-9:
            continue
        counts[:] = 0
        bounds[:, :3], bounds[:, 3:] = FAR, -FAR
        for i in range(first, last):
            t = order[i]
            b = min(BINS - 1, int((middle[t, axis] - span_low[axis]) / span * BINS))
            counts[b] += 1
            for k in range(3):
                bounds[b, k] = min(bounds[b, k], low[t, k])
                bounds[b, 3 + k] = max(bounds[b, 3 + k], high[t, k])
        for side in range(2):
            run[:3], run[3:] = FAR, -FAR
            total, best, cut = 0, FAR, 0
            for step in range(BINS - 1):
                b = BINS - 1 - step if side == 0 else step
                total += counts[b]
                for k in range(3):
                    run[k] = min(run[k], bounds[b, k])
                    run[3 + k] = max(run[3 + k], bounds[b, 3 + k])
                x, y, z = run[3] - run[0], run[4] - run[1], run[5] - run[2]
                cost = total * (x * y + y * z + z * x) if total else 0.0
                if side == 0:
                    right_cost[b] = cost
                elif cost + right_cost[b + 1] < best and 0 < total < last - first:
                    best, cut = cost + right_cost[b + 1], b
        i, j = first, last - 1
        while i <= j:
            b = min(BINS - 1, int((middle[order[i], axis] - span_low[axis]) / span * BINS))
            if b <= cut:
                i += 1
            else:
                order[i], order[j] = order[j], order[i]
                j -= 1
        if i == first or i == last:
            continue
        left = used
        used += 2
        links[node, 0], links[node, 1] = left, 0
        todo[waiting, 0], todo[waiting, 1], todo[waiting, 2] = left, first, i
        todo[waiting + 1, 0], todo[waiting + 1, 1], todo[waiting + 1, 2] = left + 1, i, last
        waiting += 2
    return used


def build(points):
    """(boxes, links, order) of triangles `points` (n, 3, 3)."""
    low, high = points.min(1), points.max(1)
    order = np.arange(len(points))
    boxes = np.empty((2 * len(points), 6))
    links = np.empty((2 * len(points), 2), np.int32)
    used = _build(low, high, (low + high) / 2, order, boxes, links)
    pad = 1e-6
    boxes = boxes[:used] + np.array([-pad] * 3 + [pad] * 3)
    return boxes.astype(np.float32), links[:used].copy(), order


@njit(cache=True, fastmath=True, inline="always")
def _enter(boxes, n, ox, oy, oz, ix, iy, iz, far):
    """Where a ray enters the box of node n, or FAR."""
    a, b = (boxes[n, 0] - ox) * ix, (boxes[n, 3] - ox) * ix
    near, leave = min(a, b), max(a, b)
    a, b = (boxes[n, 1] - oy) * iy, (boxes[n, 4] - oy) * iy
    near, leave = max(near, min(a, b)), min(leave, max(a, b))
    a, b = (boxes[n, 2] - oz) * iz, (boxes[n, 5] - oz) * iz
    near, leave = max(near, min(a, b)), min(leave, max(a, b))
    if near > leave or leave < 0.0 or near > far:
        return FAR
    return near


@njit(cache=True, fastmath=True)
def cast(boxes, links, tris, kinds, through, ox, oy, oz, dx, dy, dz, far, anything, stack):
    """(distance, triangle, u, v) of the first hit within `far`; triangle is -1 for none.

    With `anything` the search ends at any hit, and materials marked in `through` do not stop the ray.
    """
    ix = 1.0 / dx if abs(dx) > 1e-9 else 1e9
    iy = 1.0 / dy if abs(dy) > 1e-9 else 1e9
    iz = 1.0 / dz if abs(dz) > 1e-9 else 1e9
    best, hu, hv = -1, 0.0, 0.0
    depth, node = 0, 0
    if _enter(boxes, 0, ox, oy, oz, ix, iy, iz, far) >= FAR:
        return far, best, hu, hv
    while True:
        first, count = links[node, 0], links[node, 1]
        if count > 0:
            for t in range(first, first + count):
                ex, ey, ez = tris[t, 3], tris[t, 4], tris[t, 5]
                fx, fy, fz = tris[t, 6], tris[t, 7], tris[t, 8]
                px, py, pz = dy * fz - dz * fy, dz * fx - dx * fz, dx * fy - dy * fx
                det = ex * px + ey * py + ez * pz
                if abs(det) < 1e-14:
                    continue
                inv = 1.0 / det
                sx, sy, sz = ox - tris[t, 0], oy - tris[t, 1], oz - tris[t, 2]
                u = (sx * px + sy * py + sz * pz) * inv
                if u < 0.0 or u > 1.0:
                    continue
                qx, qy, qz = sy * ez - sz * ey, sz * ex - sx * ez, sx * ey - sy * ex
                v = (dx * qx + dy * qy + dz * qz) * inv
                if v < 0.0 or u + v > 1.0:
                    continue
                d = (fx * qx + fy * qy + fz * qz) * inv
                if d > 1e-6 and d < far:
                    if anything and through[kinds[t]]:
                        continue
                    far, best, hu, hv = d, t, u, v
                    if anything:
                        return far, best, hu, hv
        else:
            a = _enter(boxes, first, ox, oy, oz, ix, iy, iz, far)
            b = _enter(boxes, first + 1, ox, oy, oz, ix, iy, iz, far)
            if a < FAR or b < FAR:
                if a <= b:
                    node = first
                    if b < FAR:
                        stack[depth] = first + 1
                        depth += 1
                else:
                    node = first + 1
                    if a < FAR:
                        stack[depth] = first
                        depth += 1
                continue
        if depth == 0:
            return far, best, hu, hv
        depth -= 1
        node = stack[depth]
