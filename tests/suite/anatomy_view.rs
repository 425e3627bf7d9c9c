//! A host as a small rasteriser of parallel rays sees it: which part is nearest in each pixel, and where the openings of
//! lids and lips are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::Path;

use glam::{Vec2, Vec3};
use image::{Rgb, RgbImage};
use serde_json::Value;
use zhubo::avatar::Avatar;

/// Pixels for each metre: 20 for each centimetre, as a face of 500 pixels has.
pub(crate) const PIXELS_PER_M: f32 = 2000.0;
/// By how many pixels openings are grown: half a margin lies on each side of its vertices.
const GROWN: i32 = 1;

/// What a part of a host is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Skin,
    EyeLeft,
    EyeRight,
    /// The lining of the mouth, teeth and gums.
    Mouth,
    Tongue,
}

impl Part {
    fn of(name: &str) -> Option<Self> {
        let starts = |all: &[&str]| all.iter().any(|start| name.starts_with(start));
        Some(match name {
            "skin" => Self::Skin,
            _ if starts(&["eye", "iris", "cornea", "sclera", "pupil"]) => {
                if name.ends_with("Right") {
                    Self::EyeRight
                } else {
                    Self::EyeLeft
                }
            }
            _ if starts(&["mouth", "teeth", "gum"]) => Self::Mouth,
            _ if starts(&["tongue"]) => Self::Tongue,
            _ => return None,
        })
    }

    /// The place of the opening in [`Host::openings`] through which it is seen.
    fn opening(self) -> Option<usize> {
        match self {
            Self::Skin => None,
            Self::Mouth | Self::Tongue => Some(0),
            Self::EyeLeft => Some(1),
            Self::EyeRight => Some(2),
        }
    }

    fn color(self) -> [u8; 3] {
        match self {
            Self::Skin => [222, 184, 160],
            Self::EyeLeft | Self::EyeRight => [235, 240, 255],
            Self::Mouth => [120, 30, 40],
            Self::Tongue => [200, 80, 100],
        }
    }
}

/// Vertices of the skin along both sides of an opening, from corner to corner.
struct Opening {
    upper: Vec<usize>,
    lower: Vec<usize>,
}

/// A host and where its parts are.
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) avatar: Avatar,
    /// Part and name of each mesh.
    pub(crate) parts: Vec<Option<(Part, String)>>,
    /// The mesh with the probes.
    face: usize,
    /// Lips, left lids, right lids.
    openings: [Opening; 3],
}

impl Host {
    pub(crate) fn load(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let json_end = 20 + u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
        let document: Value = serde_json::from_slice(&bytes[20..json_end]).unwrap();
        let name = path.display().to_string();
        let avatar = Avatar::from_glb(&bytes, &name).unwrap();
        let (mut parts, mut probes) = (Vec::new(), None);
        for (index, mesh) in avatar.meshes.iter().enumerate() {
            let before = avatar.meshes[..index].iter();
            let own = before.filter(|other| other.node == mesh.node).count();
            let source = &document["meshes"]
                [document["nodes"][mesh.node]["mesh"].as_u64().unwrap() as usize];
            let extras = &source["primitives"][own]["extras"];
            let called = extras["name"].as_str().unwrap_or(mesh.name.as_str());
            let is_skin = document["materials"][mesh.material]["extras"]["shading"] == "skin";
            let part = if is_skin {
                Some(Part::Skin)
            } else {
                Part::of(called)
            };
            parts.push(part.map(|part| (part, called.to_owned())));
            if extras["probes"].is_object() {
                probes = Some((index, extras["probes"].clone()));
            }
        }
        let (face, probes) =
            probes.unwrap_or_else(|| panic!("{name}: no primitive has extras.probes"));
        let list = |probe: &str, side: &str| -> Vec<usize> {
            let numbers = probes[probe][side].as_array();
            let numbers = numbers.unwrap_or_else(|| panic!("{name}: no probe {probe}.{side}"));
            numbers
                .iter()
                .map(|n| n.as_u64().unwrap() as usize)
                .collect()
        };
        let openings = ["lip", "lidLeft", "lidRight"].map(|probe| Opening {
            upper: list(probe, "upper"),
            lower: list(probe, "lower"),
        });
        for (part, wanted) in [
            (Part::EyeLeft, "eyeLeft"),
            (Part::EyeRight, "eyeRight"),
            (Part::Mouth, "teethUpper"),
            (Part::Tongue, "tongue"),
        ] {
            let has = parts.iter().flatten().any(|(own, _)| *own == part);
            assert!(has, "{name}: no primitive has extras.name = `{wanted}`");
        }
        Self {
            name,
            avatar,
            parts,
            face,
            openings,
        }
    }

    /// The greatest distance between the lips, metres.
    pub(crate) fn slit_m(&self, points: &[Vec<Vec3>]) -> f32 {
        let lip = &self.openings[0];
        let place = |vertex: &usize| points[self.face][*vertex].y;
        let pairs = lip.upper.iter().zip(&lip.lower);
        pairs.map(|(u, l)| place(u) - place(l)).fold(0.0, f32::max)
    }
}

/// What parallel rays see of a host: the nearest part for each pixel.
pub(crate) struct View {
    pub(crate) width: usize,
    height: usize,
    /// The place of the lower left pixel, metres in the plane of the picture.
    pub(crate) corner: Vec2,
    turn: (f32, f32),
    /// Depth (larger is nearer) and mesh.
    nearest: Vec<(f32, Option<usize>)>,
}

impl View {
    /// Looks at `points` from `yaw_deg` to the host's left; the picture holds all that is inside the head.
    pub(crate) fn new(host: &Host, points: &[Vec<Vec3>], yaw_deg: f32) -> Self {
        let turn = yaw_deg.to_radians().sin_cos();
        let inside = |(part, _): &(&Option<(Part, String)>, &Vec<Vec3>)| {
            part.as_ref().is_some_and(|(part, _)| *part != Part::Skin)
        };
        let (mut low, mut high) = (Vec2::INFINITY, Vec2::NEG_INFINITY);
        for (_, points) in host.parts.iter().zip(points).filter(inside) {
            for point in points {
                let (place, _) = seen(*point, turn);
                (low, high) = (low.min(place), high.max(place));
            }
        }
        let corner = low - 4.0 / PIXELS_PER_M;
        let extent = (high - low) * PIXELS_PER_M + 8.0;
        assert!(
            extent.max_element() < 2000.0,
            "the eyes and the mouth are {extent} pixels large"
        );
        let (width, height) = (extent.x.ceil() as usize, extent.y.ceil() as usize);
        let mut view = Self {
            width,
            height,
            corner,
            turn,
            nearest: vec![(f32::NEG_INFINITY, None); width * height],
        };
        for (index, mesh) in host.avatar.meshes.iter().enumerate() {
            if host.parts[index].is_none() {
                continue;
            }
            let two_sided = host.avatar.materials[mesh.material].double_sided;
            for corners in mesh.indices.chunks_exact(3) {
                let corners =
                    [corners[0], corners[1], corners[2]].map(|c| points[index][c as usize]);
                view.draw(index, corners, two_sided);
            }
        }
        view
    }

    /// A place in the picture in pixels, and its depth.
    fn pixel(&self, point: Vec3) -> Vec3 {
        let (place, depth) = seen(point, self.turn);
        ((place - self.corner) * PIXELS_PER_M).extend(depth)
    }

    fn draw(&mut self, mesh: usize, corners: [Vec3; 3], two_sided: bool) {
        let corners = corners.map(|corner| self.pixel(corner));
        for (at, [u, v, w]) in covered(corners, two_sided, self.width, self.height) {
            let depth = u * corners[0].z + v * corners[1].z + w * corners[2].z;
            if depth > self.nearest[at].0 {
                self.nearest[at] = (depth, Some(mesh));
            }
        }
    }

    /// The pixels through which one may look into an opening.
    fn mask(&self, host: &Host, opening: &Opening, points: &[Vec<Vec3>]) -> Vec<bool> {
        let mut mask = vec![false; self.width * self.height];
        let place = |vertex: usize| self.pixel(points[host.face][vertex]);
        let pairs: Vec<[Vec3; 2]> = opening
            .upper
            .iter()
            .zip(&opening.lower)
            .map(|(upper, lower)| [place(*upper), place(*lower)])
            .collect();
        for two in pairs.windows(2) {
            let ([a, b], [c, d]) = (two[0], two[1]);
            for corners in [[a, b, c], [b, c, d]] {
                for (at, _) in covered(corners, true, self.width, self.height) {
                    mask[at] = true;
                }
            }
            for (from, to) in [(a, c), (b, d)] {
                for step in 0..=8 {
                    let at = from.lerp(to, step as f32 / 8.0);
                    self.set(&mut mask, at.x.floor() as i32, at.y.floor() as i32);
                }
            }
        }
        let open: Vec<usize> = (0..mask.len()).filter(|at| mask[*at]).collect();
        for at in open {
            let (x, y) = ((at % self.width) as i32, (at / self.width) as i32);
            for (dx, dy) in (-GROWN..=GROWN).flat_map(|dx| (-GROWN..=GROWN).map(move |dy| (dx, dy)))
            {
                self.set(&mut mask, x + dx, y + dy);
            }
        }
        mask
    }

    fn set(&self, mask: &mut [bool], x: i32, y: i32) {
        let inside = |at: i32, size: usize| (0..size as i32).contains(&at);
        if inside(x, self.width) && inside(y, self.height) {
            mask[y as usize * self.width + x as usize] = true;
        }
    }

    /// The meshes that are seen where no opening lets them be seen, with their pixels.
    pub(crate) fn pierced(
        &self,
        host: &Host,
        points: &[Vec<Vec3>],
        tongue_is_out: bool,
    ) -> Vec<(usize, usize)> {
        let masks = host
            .openings
            .each_ref()
            .map(|own| self.mask(host, own, points));
        let mut pierced = Vec::new();
        for (at, (_, mesh)) in self.nearest.iter().enumerate() {
            let Some(mesh) = mesh else { continue };
            let part = host.parts[*mesh].as_ref().map(|(part, _)| *part);
            if tongue_is_out && part == Some(Part::Tongue) {
                continue;
            }
            if part
                .and_then(Part::opening)
                .is_some_and(|own| !masks[own][at])
            {
                pierced.push((*mesh, at));
            }
        }
        pierced
    }

    pub(crate) fn count(&self, host: &Host, wanted: &[Part]) -> usize {
        let meshes = self.nearest.iter().filter_map(|(_, mesh)| *mesh);
        let parts = meshes.filter_map(|mesh| host.parts[mesh].as_ref());
        parts.filter(|(part, _)| wanted.contains(part)).count()
    }

    /// A picture for people; pierced pixels are green.
    pub(crate) fn save(&self, host: &Host, pierced: &[(usize, usize)], path: &Path) {
        let mut image = RgbImage::from_pixel(self.width as u32, self.height as u32, Rgb([40; 3]));
        let mut put = |at: usize, color: [u8; 3]| {
            let (x, y) = (at % self.width, self.height - 1 - at / self.width);
            image.put_pixel(x as u32, y as u32, Rgb(color));
        };
        for (at, (_, mesh)) in self.nearest.iter().enumerate() {
            if let Some((part, _)) = mesh.and_then(|mesh| host.parts[mesh].as_ref()) {
                put(at, part.color());
            }
        }
        for (_, at) in pierced {
            put(*at, [0, 255, 0]);
        }
        let (width, height) = (4 * image.width(), 4 * image.height());
        let filter = image::imageops::FilterType::Nearest;
        image::imageops::resize(&image, width, height, filter)
            .save(path)
            .unwrap();
    }
}

/// Where a point lies in the plane of the picture, metres, and how near it is.
fn seen(point: Vec3, (sin, cos): (f32, f32)) -> (Vec2, f32) {
    let across = point.x * cos - point.z * sin;
    (Vec2::new(across, point.y), point.x * sin + point.z * cos)
}

/// The pixels whose middle lies in a triangle, each with the share of each corner.
fn covered(
    corners: [Vec3; 3],
    two_sided: bool,
    width: usize,
    height: usize,
) -> Vec<(usize, [f32; 3])> {
    let [a, b, c] = corners.map(|corner| corner.truncate());
    let area = (b - a).perp_dot(c - a);
    if area == 0.0 || !area.is_finite() || (area < 0.0 && !two_sided) {
        return Vec::new();
    }
    let (low, high) = (a.min(b).min(c), a.max(b).max(c));
    let range = |low: f32, high: f32, size: usize| {
        let first = (low - 0.5).ceil().max(0.0) as usize;
        let last = (high - 0.5).floor().min(size as f32 - 1.0);
        first..(last + 1.0).max(0.0) as usize
    };
    let mut found = Vec::new();
    for y in range(low.y, high.y, height) {
        for x in range(low.x, high.x, width) {
            let at = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
            let u = (c - b).perp_dot(at - b) / area;
            let v = (a - c).perp_dot(at - c) / area;
            let w = 1.0 - u - v;
            if u >= 0.0 && v >= 0.0 && w >= 0.0 {
                found.push((y * width + x, [u, v, w]));
            }
        }
    }
    found
}
