//! How much sky and how much key light reaches each vertex, worked out once in the rest pose by casting rays.
//!
//! This stands in for shadow maps and screen-space occlusion, which would cost more than all the rest of a frame on a
//! CPU. Directions are the same for every vertex, so that the result is smooth and the same on every run.

use std::cell::Cell;

use glam::Vec3;

use super::light::TOWARDS_KEY;
use super::vertices::rest_normals;
use crate::avatar::{Alpha, Avatar, Mesh, Surface};

/// Above so many triangles a model is drawn without baked shade: loading would take seconds.
const MAX_TRIANGLES: usize = 160_000;
/// Boxes that all rays together may look into: three times what a model of [`MAX_TRIANGLES`] takes. Where all triangles lie
/// in one place, what is further away counts as seen.
const MAX_STEPS: u64 = 50_000_000;
/// Directions for the sky, spread evenly over the sphere.
const SKY_RAYS: usize = 28;
/// Directions for the key light, spread over a disc: its size makes the shadow soft.
const KEY_RAYS: usize = 8;
/// The radius of the key light's disc as a tangent.
const KEY_SPREAD: f32 = 0.28;
/// Sky further away than this share of the model's height counts as seen.
const REACH: f32 = 0.35;
/// The least sky and key light, so that nothing turns black.
const FLOOR: f32 = 0.12;

/// Sky and key light of one vertex, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shade {
    pub(super) sky: f32,
    pub(super) key: f32,
}

const OPEN: Shade = Shade { sky: 1.0, key: 1.0 };

/// The shade of every vertex, by mesh, for each outfit: what is not worn darkens nothing. One for an avatar without.
pub(super) fn bake(avatar: &Avatar) -> Vec<Vec<Vec<Shade>>> {
    let outfits = avatar.outfits().len().max(1);
    let points = avatar.rest_points();
    (0..outfits)
        .map(|outfit| bake_in(avatar, outfit, &points, MAX_STEPS / outfits as u64))
        .collect()
}

/// The shade in one outfit; `steps` is how many boxes all rays together may look into.
fn bake_in(avatar: &Avatar, outfit: usize, points: &[Vec<Vec3>], steps: u64) -> Vec<Vec<Shade>> {
    let mut shades: Vec<Vec<Shade>> = points.iter().map(|p| vec![OPEN; p.len()]).collect();
    let surface = |mesh: &Mesh| avatar.materials[mesh.material].surface;
    if has_own_shade(avatar) {
        return shades;
    }
    shade_mouth(avatar, points, &mut shades);
    if avatar.facts().triangles > MAX_TRIANGLES {
        return shades;
    }
    let mut triangles = Vec::new();
    let worn = |(mesh, _): &(&Mesh, &Vec<Vec3>)| mesh.worn.with(outfit);
    for (mesh, points) in avatar.meshes.iter().zip(points).filter(worn) {
        if matches!(
            surface(mesh),
            Surface::Mouth | Surface::Lash | Surface::Unlit | Surface::Clear
        ) && !avatar.materials[mesh.material].name.contains("nder")
        {
            continue;
        }
        if avatar.materials[mesh.material].alpha == Alpha::Blend {
            continue;
        }
        for triangle in mesh.indices.chunks_exact(3) {
            triangles.push([triangle[0], triangle[1], triangle[2]].map(|i| points[i as usize]));
        }
    }
    let landmarks = avatar.landmarks_in(outfit);
    let height = landmarks.crown_m - landmarks.floor_m;
    let scale = height.clamp(1e-3, 1e3);
    let tree = Tree::new(triangles, steps);
    let sky = sphere(SKY_RAYS);
    let key = disc(TOWARDS_KEY, KEY_SPREAD, KEY_RAYS);
    for ((mesh, points), shades) in avatar.meshes.iter().zip(points).zip(&mut shades) {
        if !mesh.worn.with(outfit) {
            continue;
        }
        if matches!(
            surface(mesh),
            Surface::Mouth | Surface::Eye | Surface::Unlit | Surface::Lash | Surface::Clear
        ) {
            continue;
        }
        let normals = rest_normals(&mesh.indices, points);
        for ((point, normal), shade) in points.iter().zip(&normals).zip(shades.iter_mut()) {
            let from = *point + *normal * (0.004 * scale);
            let mut seen = 0.0;
            let mut all = 0.0;
            for direction in &sky {
                let facing = normal.dot(*direction);
                if facing > 0.05 {
                    all += facing;
                    if !tree.hits(from, *direction, REACH * scale) {
                        seen += facing;
                    }
                }
            }
            let lit = key
                .iter()
                .filter(|direction| !tree.hits(from, **direction, 3.0 * scale))
                .count();
            *shade = Shade {
                sky: FLOOR + (1.0 - FLOOR) * if all > 0.0 { seen / all } else { 1.0 },
                key: FLOOR + (1.0 - FLOOR) * lit as f32 / KEY_RAYS as f32,
            };
        }
        for _ in 0..2 {
            soften(mesh, points, shades);
        }
    }
    shades
}

/// Whether the maker baked shade into vertex colours, as our own studio does.
fn has_own_shade(avatar: &Avatar) -> bool {
    let grey = |color: &[f32; 4]| color[0] < 0.99 && color[0] > 0.01;
    let shaded =
        |mesh: &&Mesh| mesh.colors.iter().filter(|c| grey(c)).count() * 4 > mesh.colors.len();
    avatar.meshes.iter().filter(shaded).count() * 3 > avatar.meshes.len()
}

/// What lies deep in the mouth is dark: open at the front teeth, closed 4.5 cm (at human scale) behind.
fn shade_mouth(avatar: &Avatar, points: &[Vec<Vec3>], shades: &mut [Vec<Shade>]) {
    let landmarks = avatar.landmarks();
    let depth = 0.2 * (landmarks.crown_m - landmarks.chin_m).abs().max(1e-4);
    let inside = |mesh: &Mesh| avatar.materials[mesh.material].surface == Surface::Mouth;
    let pairs = || {
        avatar
            .meshes
            .iter()
            .zip(points)
            .filter(|(mesh, _)| inside(mesh))
    };
    let front = pairs()
        .flat_map(|(_, points)| points)
        .map(|p| p.z)
        .fold(f32::NEG_INFINITY, f32::max);
    for ((_, points), shades) in avatar
        .meshes
        .iter()
        .zip(points)
        .zip(shades)
        .filter(|((mesh, _), _)| inside(mesh))
    {
        for (point, shade) in points.iter().zip(shades) {
            let sky = (1.0 - (front - point.z) / depth).clamp(0.0, 1.0);
            *shade = Shade { sky, key: 1.0 };
        }
    }
}

/// Averages each vertex with its neighbours.
fn soften(mesh: &Mesh, points: &[Vec3], shades: &mut [Shade]) {
    let mut sums = vec![(Shade { sky: 0.0, key: 0.0 }, 0.0f32); points.len()];
    for triangle in mesh.indices.chunks_exact(3) {
        for (here, there) in [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)] {
            let other = shades[triangle[there] as usize];
            let (sum, count) = &mut sums[triangle[here] as usize];
            sum.sky += other.sky;
            sum.key += other.key;
            *count += 1.0;
        }
    }
    for (shade, (sum, count)) in shades.iter_mut().zip(sums) {
        if count > 0.0 {
            shade.sky = 0.5 * shade.sky + 0.5 * sum.sky / count;
            shade.key = 0.5 * shade.key + 0.5 * sum.key / count;
        }
    }
}

/// Even directions over the sphere (Fibonacci lattice).
fn sphere(count: usize) -> Vec<Vec3> {
    let golden = std::f32::consts::PI * (3.0 - 5.0f32.sqrt());
    (0..count)
        .map(|i| {
            let y = 1.0 - 2.0 * (i as f32 + 0.5) / count as f32;
            let around = golden * i as f32;
            let radius = (1.0 - y * y).sqrt();
            Vec3::new(radius * around.cos(), y, radius * around.sin())
        })
        .collect()
}

/// Directions spread over a disc round `middle`.
fn disc(middle: Vec3, radius: f32, count: usize) -> Vec<Vec3> {
    let right = middle.cross(Vec3::Y).normalize_or(Vec3::X);
    let up = right.cross(middle);
    let golden = std::f32::consts::PI * (3.0 - 5.0f32.sqrt());
    (0..count)
        .map(|i| {
            let r = radius * ((i as f32 + 0.5) / count as f32).sqrt();
            let around = golden * i as f32;
            (middle + right * (r * around.cos()) + up * (r * around.sin())).normalize_or(middle)
        })
        .collect()
}

/// Triangles sorted into boxes.
struct Tree {
    nodes: Vec<Node>,
    triangles: Vec<[Vec3; 3]>,
    /// Boxes that may still be looked into.
    steps: Cell<u64>,
}

struct Node {
    low: Vec3,
    high: Vec3,
    /// First triangle of a leaf, or the second child of a branch (the first one follows the branch itself).
    start: usize,
    /// Triangles of a leaf; 0 for a branch.
    count: usize,
}

const LEAF: usize = 4;

impl Tree {
    fn new(mut triangles: Vec<[Vec3; 3]>, steps: u64) -> Self {
        let mut nodes = Vec::with_capacity(triangles.len() / 2 + 1);
        let count = triangles.len();
        split(&mut nodes, &mut triangles, 0, count);
        Self {
            nodes,
            triangles,
            steps: Cell::new(steps),
        }
    }

    /// Whether something lies within `reach` of `from`.
    fn hits(&self, from: Vec3, direction: Vec3, reach: f32) -> bool {
        let inverse = direction.recip();
        let mut open = [0usize; 64];
        let mut depth = usize::from(!self.triangles.is_empty());
        while depth > 0 && self.steps.get() > 0 {
            self.steps.set(self.steps.get() - 1);
            depth -= 1;
            let index = open[depth];
            let node = &self.nodes[index];
            let near = (node.low - from) * inverse;
            let far = (node.high - from) * inverse;
            let enter = near.min(far).max_element().max(0.0);
            let leave = near.max(far).min_element().min(reach);
            // Not a number (a flat box seen along its plane) counts as a hit of the box.
            if enter > leave {
                continue;
            }
            if node.count > 0 {
                let own = &self.triangles[node.start..node.start + node.count];
                if own.iter().any(|t| crosses(t, from, direction, reach)) {
                    return true;
                }
            } else if depth + 2 <= open.len() {
                open[depth] = node.start;
                open[depth + 1] = index + 1;
                depth += 2;
            }
        }
        false
    }
}

fn split(nodes: &mut Vec<Node>, triangles: &mut [[Vec3; 3]], start: usize, count: usize) {
    let mut low = Vec3::INFINITY;
    let mut high = Vec3::NEG_INFINITY;
    for corner in triangles.iter().flatten() {
        low = low.min(*corner);
        high = high.max(*corner);
    }
    let index = nodes.len();
    nodes.push(Node {
        low,
        high,
        start,
        count,
    });
    if count <= LEAF {
        return;
    }
    let extent = high - low;
    let axis = if extent.x >= extent.y && extent.x >= extent.z {
        0
    } else if extent.y >= extent.z {
        1
    } else {
        2
    };
    let half = count / 2;
    let middle = |t: &[Vec3; 3]| t[0][axis] + t[1][axis] + t[2][axis];
    triangles.select_nth_unstable_by(half, |a, b| middle(a).total_cmp(&middle(b)));
    let (first, second) = triangles.split_at_mut(half);
    split(nodes, first, start, half);
    nodes[index].start = nodes.len();
    nodes[index].count = 0;
    split(nodes, second, start + half, count - half);
}

/// Möller and Trumbore 1997.
fn crosses(triangle: &[Vec3; 3], from: Vec3, direction: Vec3, reach: f32) -> bool {
    let [a, b, c] = *triangle;
    let (ab, ac) = (b - a, c - a);
    let p = direction.cross(ac);
    let determinant = ab.dot(p);
    if determinant.abs() < 1e-12 {
        return false;
    }
    let inverse = 1.0 / determinant;
    let t = from - a;
    let u = t.dot(p) * inverse;
    let q = t.cross(ab);
    let v = direction.dot(q) * inverse;
    let distance = ac.dot(q) * inverse;
    u >= 0.0 && v >= 0.0 && u + v <= 1.0 && distance > 0.0 && distance < reach
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rays_find_triangles_in_front_only() {
        let wall = [
            Vec3::new(-1.0, -1.0, 2.0),
            Vec3::new(1.0, -1.0, 2.0),
            Vec3::new(0.0, 1.0, 2.0),
        ];
        let mut all = vec![wall];
        for i in 0..100u8 {
            let away = Vec3::new(0.0, 0.0, 10.0 + f32::from(i));
            all.push(wall.map(|corner| corner + away));
        }
        let tree = Tree::new(all, MAX_STEPS);
        assert!(tree.hits(Vec3::ZERO, Vec3::Z, 3.0));
        assert!(!tree.hits(Vec3::ZERO, Vec3::Z, 1.0), "too far");
        assert!(!tree.hits(Vec3::ZERO, Vec3::NEG_Z, 300.0), "behind");
        assert!(
            !tree.hits(Vec3::new(5.0, 0.0, 0.0), Vec3::Z, 300.0),
            "beside"
        );
    }

    #[test]
    fn nothing_hides_nothing() {
        let tree = Tree::new(Vec::new(), MAX_STEPS);
        for direction in sphere(28) {
            assert!(!tree.hits(Vec3::ZERO, direction, f32::INFINITY));
        }
    }

    #[test]
    fn directions_are_even() {
        let sum: Vec3 = sphere(28).into_iter().sum();
        assert!(sum.length() < 0.5, "{sum}");
    }
}
