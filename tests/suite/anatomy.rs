//! Nothing pierces: eyeballs, teeth, gums and tongue of our hosts are seen through the lids and lips only, whatever the face
//! does; lips that close are closed, and so are lids.
//!
//! Drawn by a small rasteriser of parallel rays, 20 pixels to the centimetre, from the front and from 30 degrees to each
//! side. Parts are found by the names that the studio writes into the file, openings by its probes: vertices along the
//! contact of the lips and the margins of the lids. `ZHUBO_ANATOMY=FILE` looks at another file; with `--nocapture` each
//! case is printed; `ZHUBO_ANATOMY_OUT=FOLDER` keeps a picture of each case that fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use glam::{Vec2, Vec3};
use image::{Rgb, RgbImage};
use serde_json::Value;
use zhubo::avatar::Avatar;
use zhubo::media::{Angles, Blendshapes, HostId, Pose, Shape};

use crate::mouth::phones;

/// Pixels for each metre: 20 for each centimetre, as a face of 500 pixels has.
const PIXELS_PER_M: f32 = 2000.0;
/// Directions that are looked from, degrees to the host's left.
const VIEWS_DEG: [f32; 3] = [0.0, -30.0, 30.0];
/// How many pixels of one picture may be pierced: rounding where two surfaces meet; 1.5 square millimetres.
const MAX_PIERCED: usize = 6;
/// How many pixels of one picture may be seen of what is behind closed lips and lids: half a square millimetre.
const MAX_LEAK: usize = 2;
/// How far a host looks up or down and aside while it speaks, degrees (see `motion`).
const GAZE_DEG: [f32; 2] = [6.0, 12.0];
/// By how many pixels openings are grown: half a margin lies on each side of its vertices.
const GROWN: i32 = 1;
/// Random faces of speech.
const FACES: usize = 200;
/// What may be left of a slit between closed lips, metres: less than a pixel of a 720 p bust.
const SLIT_M: f32 = 0.0003;

/// What a part of a host is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
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
struct Host {
    name: String,
    avatar: Avatar,
    /// Part and name of each mesh.
    parts: Vec<Option<(Part, String)>>,
    /// The mesh with the probes.
    face: usize,
    /// Lips, left lids, right lids.
    openings: [Opening; 3],
}

impl Host {
    fn load(path: &Path) -> Self {
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
    fn slit_m(&self, points: &[Vec<Vec3>]) -> f32 {
        let lip = &self.openings[0];
        let place = |vertex: &usize| points[self.face][*vertex].y;
        let pairs = lip.upper.iter().zip(&lip.lower);
        pairs.map(|(u, l)| place(u) - place(l)).fold(0.0, f32::max)
    }
}

/// What parallel rays see of a host: the nearest part for each pixel.
struct View {
    width: usize,
    height: usize,
    /// The place of the lower left pixel, metres in the plane of the picture.
    corner: Vec2,
    turn: (f32, f32),
    /// Depth (larger is nearer) and mesh.
    nearest: Vec<(f32, Option<usize>)>,
}

impl View {
    /// Looks at `points` from `yaw_deg` to the host's left; the picture holds all that is inside the head.
    fn new(host: &Host, points: &[Vec<Vec3>], yaw_deg: f32) -> Self {
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
    fn pierced(
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

    fn count(&self, host: &Host, wanted: &[Part]) -> usize {
        let meshes = self.nearest.iter().filter_map(|(_, mesh)| *mesh);
        let parts = meshes.filter_map(|mesh| host.parts[mesh].as_ref());
        parts.filter(|(part, _)| wanted.contains(part)).count()
    }

    /// A picture for people; pierced pixels are green.
    fn save(&self, host: &Host, pierced: &[(usize, usize)], path: &Path) {
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

/// A face to be looked at.
struct Case {
    name: String,
    pose: Pose,
}

impl Case {
    fn new(name: &str, shapes: &[(Shape, f32)]) -> Self {
        let mut pose = Pose::rest(HostId::new("x"));
        for (shape, weight) in shapes {
            pose.blendshapes[*shape] = *weight;
        }
        Self {
            name: name.into(),
            pose,
        }
    }
}

/// Rest, and every shape fully on.
fn single_shapes() -> Vec<Case> {
    let mut cases = vec![Case::new("neutral", &[])];
    for shape in Shape::ALL {
        let mut shapes = vec![(shape, 1.0)];
        // Lips close over an open jaw only.
        if shape == Shape::MouthClose {
            shapes.push((Shape::JawOpen, 1.0));
        }
        cases.push(Case::new(shape.name(), &shapes));
    }
    for part in [0.25, 0.5, 0.75, 1.0] {
        let both = [(Shape::EyeBlinkLeft, part), (Shape::EyeBlinkRight, part)];
        cases.push(Case::new(&format!("blink {part}"), &both));
    }
    cases
}

/// Faces as they occur in a show: two phones mixed, lids anywhere, brows, a smile and a gaze.
fn speech() -> Vec<Case> {
    let mut state = 20_240_601u64;
    let mut chance = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let phones = phones();
    let mut cases = Vec::new();
    for number in 0..FACES {
        let mut pick = || &phones[(chance() * phones.len() as f32) as usize % phones.len()];
        let ((first, one), (second, other)) = (pick(), pick());
        // Half of the faces are whole phones; a presenter's mouth goes 1.2 times as far.
        let mixed = if number % 2 == 0 { 0.0 } else { chance() };
        let gain = 1.0 + 0.2 * chance();
        let mut face = Blendshapes(one.lerp(other, mixed).0.map(|weight| weight * gain));
        let smile = 0.45 * chance();
        let blink = if number % 3 == 0 { 0.0 } else { chance() };
        let (brows, down) = (0.6 * chance(), 0.3 * chance());
        use Shape as S;
        for (shapes, weight) in [
            ([S::MouthSmileLeft, S::MouthSmileRight], smile),
            ([S::CheekSquintLeft, S::CheekSquintRight], 0.6 * smile),
            ([S::EyeSquintLeft, S::EyeSquintRight], 0.4 * smile),
            ([S::EyeBlinkLeft, S::EyeBlinkRight], blink),
            ([S::BrowOuterUpLeft, S::BrowOuterUpRight], brows),
            ([S::BrowInnerUp, S::BrowInnerUp], brows),
            ([S::BrowDownLeft, S::BrowDownRight], down),
        ] {
            for shape in shapes {
                face[shape] = face[shape].max(weight);
            }
        }
        let mut pose = Pose::rest(HostId::new("x"));
        pose.blendshapes = face.clamped();
        pose.eyes = Angles {
            pitch_deg: GAZE_DEG[0] * (2.0 * chance() - 1.0),
            yaw_deg: GAZE_DEG[1] * (2.0 * chance() - 1.0),
            roll_deg: 0.0,
        };
        let name = format!(
            "speech {number}: {first} {mixed:.2} {second}, smile {smile:.2}, blink {blink:.2}"
        );
        cases.push(Case { name, pose });
    }
    cases
}

/// The files to look at.
fn files() -> Vec<PathBuf> {
    if let Ok(file) = std::env::var("ZHUBO_ANATOMY") {
        return vec![file.into()];
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("avatars");
    let folders = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = folders
        .map(|folder| folder.unwrap().path().join("host.glb"))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are no hosts");
    files
}

/// What a face shows in words, where something pierces.
fn look(host: &Host, case: &Case, number: usize) -> Option<String> {
    let points = host.avatar.posed_points(&case.pose);
    let tongue_is_out = case.pose.blendshapes[Shape::TongueOut] > 0.5;
    let mut words = String::new();
    for yaw_deg in VIEWS_DEG {
        let view = View::new(host, &points, yaw_deg);
        let pierced = view.pierced(host, &points, tongue_is_out);
        if pierced.len() <= MAX_PIERCED {
            continue;
        }
        let mut meshes: Vec<usize> = pierced.iter().map(|(mesh, _)| *mesh).collect();
        meshes.sort_unstable();
        meshes.dedup();
        for mesh in meshes {
            let own: Vec<usize> = pierced
                .iter()
                .filter(|(own, _)| *own == mesh)
                .map(|(_, at)| *at)
                .collect();
            let sum: Vec2 = own
                .iter()
                .map(|at| Vec2::new((at % view.width) as f32, (at / view.width) as f32))
                .sum();
            let place = 100.0 * (view.corner + sum / own.len() as f32 / PIXELS_PER_M);
            let name = &host.parts[mesh].as_ref().unwrap().1;
            write!(
                words,
                "; {name} {} px from {yaw_deg} deg round x {:.1} y {:.1} cm",
                own.len(),
                place.x,
                place.y
            )
            .unwrap();
        }
        if let Some(folder) = std::env::var_os("ZHUBO_ANATOMY_OUT").map(PathBuf::from) {
            std::fs::create_dir_all(&folder).unwrap();
            let short = case.name.split(':').next().unwrap();
            view.save(
                host,
                &pierced,
                &folder.join(format!("{number:03} {short} {yaw_deg}.png")),
            );
        }
    }
    (!words.is_empty()).then(|| format!("{}{words}", case.name))
}

#[test]
fn nothing_pierces_the_face() {
    let mut wrong = Vec::new();
    for file in files() {
        let host = Host::load(&file);
        let cases: Vec<Case> = single_shapes().into_iter().chain(speech()).collect();
        let mut worse = 0;
        for (number, case) in cases.iter().enumerate() {
            let found = look(&host, case, number);
            println!(
                "{}",
                found
                    .clone()
                    .unwrap_or_else(|| format!("{}: ok", case.name))
            );
            if let Some(words) = found {
                worse += 1;
                wrong.push(words);
            }
        }
        println!(
            "{}: {worse} of {} faces are pierced",
            host.name,
            cases.len()
        );
        if worse > 0 {
            wrong.push(format!(
                "{}: {worse} of {} faces are pierced",
                host.name,
                cases.len()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "more than {MAX_PIERCED} pixels pierced:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn closed_lips_let_no_light_through() {
    let closed = |jaw: f32| [(Shape::JawOpen, jaw), (Shape::MouthClose, jaw)];
    let mut wrong = Vec::new();
    for file in files() {
        let host = Host::load(&file);
        let mut cases: Vec<Case> = [0.0, 0.07, 0.2, 0.4, 0.7, 1.0]
            .map(|jaw| Case::new(&format!("jawOpen x mouthClose {jaw}"), &closed(jaw)))
            .into();
        let (_, pressed) = phones().into_iter().find(|(name, _)| name == "PP").unwrap();
        for jaw in [0.07, 0.3] {
            let mut case = Case::new(&format!("p, b, m over jawOpen {jaw}"), &[]);
            case.pose.blendshapes = pressed;
            for (shape, weight) in closed(jaw) {
                case.pose.blendshapes[shape] = weight;
            }
            cases.push(case);
        }
        for case in cases {
            let points = host.avatar.posed_points(&case.pose);
            let slit = host.slit_m(&points);
            let seen: Vec<usize> = VIEWS_DEG
                .map(|yaw_deg| {
                    View::new(&host, &points, yaw_deg).count(&host, &[Part::Mouth, Part::Tongue])
                })
                .into();
            let words = format!(
                "{}: {}: slit {:.2} mm, {seen:?} pixels of the mouth",
                host.name,
                case.name,
                1000.0 * slit
            );
            println!("{words}");
            if slit > SLIT_M || seen.iter().any(|seen| *seen > MAX_LEAK) {
                wrong.push(words);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "light between closed lips:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn closed_lids_show_no_eye() {
    let mut wrong = Vec::new();
    for file in files() {
        let host = Host::load(&file);
        let [pitch, yaw] = GAZE_DEG;
        for gaze in [
            [0.0, 0.0],
            [pitch, 0.0],
            [-pitch, 0.0],
            [0.0, yaw],
            [0.0, -yaw],
        ] {
            let both = [(Shape::EyeBlinkLeft, 1.0), (Shape::EyeBlinkRight, 1.0)];
            let mut case = Case::new("blink 1", &both);
            [case.pose.eyes.pitch_deg, case.pose.eyes.yaw_deg] = gaze;
            let points = host.avatar.posed_points(&case.pose);
            let eyes = [Part::EyeLeft, Part::EyeRight];
            let seen =
                VIEWS_DEG.map(|yaw_deg| View::new(&host, &points, yaw_deg).count(&host, &eyes));
            let words = format!(
                "{}: blink 1, gaze {gaze:?}: {seen:?} pixels of the eyes",
                host.name
            );
            println!("{words}");
            if seen.iter().any(|seen| *seen > MAX_LEAK) {
                wrong.push(words);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "eyes behind closed lids:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn an_eye_that_pierces_is_noticed() {
    for file in files() {
        let host = Host::load(&file);
        let case = Case::new("neutral", &[]);
        let mut points = host.avatar.posed_points(&case.pose);
        for (part, points) in host.parts.iter().zip(&mut points) {
            if matches!(part, Some((Part::EyeLeft, _))) {
                for point in points {
                    point.z += 0.006;
                }
            }
        }
        let view = View::new(&host, &points, 0.0);
        let pierced = view.pierced(&host, &points, false);
        let left =
            |(mesh, _): &(usize, usize)| matches!(host.parts[*mesh], Some((Part::EyeLeft, _)));
        assert!(
            pierced.iter().filter(|pixel| left(pixel)).count() > MAX_PIERCED,
            "{}",
            host.name
        );
    }
}
