//! What a cartoon material promises: the specified shading and outlines of the right width.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::sync::Arc;

use glam::{Vec2, Vec3};
use image::RgbaImage;
use zhubo::avatar::{Avatar, Factors, Material, Mesh, Outline, Surface, TextureUse, Toon, Wrap};
use zhubo::media::{Bitmap, HostId, MediaTime, Pose, Size};
use zhubo::render::{Gpu, Output, Quality, Renderer, RendererOptions};
use zhubo::scene::{Background, Camera, HostPlacement, Picture};

use crate::puppet;
use crate::render::{gpu, image_of};

/// Square, so that a pixel is the same share of both sides.
const SIZE: Size = Size::new(256, 256);
pub(crate) const BACKGROUND: [u8; 3] = [0, 0, 255];
/// Towards the light, as in the shaders.
const KEY: Vec3 = Vec3::new(-0.2506, 0.3509, 0.9023);
/// Height of what the camera sees at the middle of the things, in metres, from `DISTANCE` away.
const SEEN_M: f32 = 2.0;
const DISTANCE: f32 = 20.0;
pub(crate) const BOTH: [Quality; 2] = [Quality::Cpu, Quality::Gpu];

/// A shape without a material.
pub(crate) struct Form {
    positions: Vec<Vec3>,
    normals: Vec<Vec3>,
    uvs: Vec<Vec2>,
    indices: Vec<u32>,
}

/// A ball round the origin.
pub(crate) fn ball(radius: f32) -> Form {
    const RINGS: u32 = 64;
    const SIDES: u32 = 96;
    let mut form = Form {
        positions: Vec::new(),
        normals: Vec::new(),
        uvs: Vec::new(),
        indices: Vec::new(),
    };
    for ring in 0..=RINGS {
        let v = ring as f32 / RINGS as f32;
        let (sin, cos) = (v * std::f32::consts::PI).sin_cos();
        for side in 0..=SIDES {
            let u = side as f32 / SIDES as f32;
            let (east, north) = (u * std::f32::consts::TAU).sin_cos();
            let normal = Vec3::new(sin * east, cos, sin * north);
            form.normals.push(normal);
            form.positions.push(normal * radius);
            form.uvs.push(Vec2::new(u, v));
            if ring < RINGS && side < SIDES {
                let at = |r: u32, s: u32| r * (SIDES + 1) + s;
                let [a, b] = [at(ring, side), at(ring + 1, side)];
                let [c, d] = [at(ring + 1, side + 1), at(ring, side + 1)];
                form.indices.extend([a, b, c, a, c, d]);
            }
        }
    }
    form
}

/// A square that faces +Z at depth `z`, `half` metres from its middle to its sides; v points down.
pub(crate) fn square(half: f32, z: f32) -> Form {
    let corner = |x: f32, y: f32| Vec3::new(x * half, y * half, z);
    Form {
        positions: vec![
            corner(-1.0, -1.0),
            corner(1.0, -1.0),
            corner(1.0, 1.0),
            corner(-1.0, 1.0),
        ],
        normals: vec![Vec3::Z; 4],
        uvs: vec![
            Vec2::new(0.0, 1.0),
            Vec2::new(1.0, 1.0),
            Vec2::new(1.0, 0.0),
            Vec2::new(0.0, 0.0),
        ],
        indices: vec![0, 1, 2, 0, 2, 3],
    }
}

/// A cube with hard edges: each side has its own vertices.
fn cube(half: f32) -> Form {
    let face = square(half, half);
    let turns = [
        glam::Quat::IDENTITY,
        glam::Quat::from_rotation_y(std::f32::consts::FRAC_PI_2),
        glam::Quat::from_rotation_y(std::f32::consts::PI),
        glam::Quat::from_rotation_y(-std::f32::consts::FRAC_PI_2),
        glam::Quat::from_rotation_x(std::f32::consts::FRAC_PI_2),
        glam::Quat::from_rotation_x(-std::f32::consts::FRAC_PI_2),
    ];
    // Rounded, so that corners stand at exactly one place.
    let exact = |v: Vec3| (v * 1024.0).round() / 1024.0;
    let mut cube = Form {
        positions: Vec::new(),
        normals: Vec::new(),
        uvs: Vec::new(),
        indices: Vec::new(),
    };
    for turn in turns {
        let first = cube.positions.len() as u32;
        let positions = face.positions.iter().map(|p| exact(turn * *p));
        cube.positions.extend(positions);
        cube.normals
            .extend(face.normals.iter().map(|n| exact(turn * *n)));
        cube.uvs.extend(&face.uvs);
        cube.indices.extend(face.indices.iter().map(|i| i + first));
    }
    cube
}

/// An avatar of nothing but `parts`, which share `images`.
pub(crate) fn things(parts: Vec<(Form, Material)>, images: Vec<Bitmap>) -> Arc<Avatar> {
    let mut avatar = Avatar::from_glb(&puppet::glb(), "things").unwrap();
    let template = avatar.meshes[0].clone();
    let root = avatar
        .rig
        .nodes
        .iter()
        .position(|node| node.name == "Puppet")
        .unwrap();
    avatar.meshes.clear();
    avatar.materials.clear();
    for (index, (form, material)) in parts.into_iter().enumerate() {
        avatar.meshes.push(Mesh {
            node: root,
            skin: None,
            material: index,
            positions: form.positions,
            normals: form.normals,
            uvs: form.uvs,
            colors: Vec::new(),
            joints: Vec::new(),
            weights: Vec::new(),
            indices: form.indices,
            targets: Vec::new(),
            ..template.clone()
        });
        avatar.materials.push(material);
    }
    avatar.images = images
        .into_iter()
        .map(|image| Some(Arc::new(image)))
        .collect();
    Arc::new(avatar)
}

pub(crate) fn cartoon(factors: Factors, toon: Toon) -> Material {
    Material {
        factors,
        toon: Some(Box::new(toon)),
        ..Material::default()
    }
}

/// A flat colour: light and shade are the same.
pub(crate) fn flat(color: [f32; 4]) -> Material {
    let [r, g, b, _] = color;
    let factors = Factors {
        base_color: color,
        shade: [r, g, b],
        ..Factors::default()
    };
    cartoon(factors, Toon::default())
}

pub(crate) fn texture(image: usize) -> TextureUse {
    TextureUse {
        image,
        uv_set: 0,
        transform: [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]],
        wrap: [Wrap::Repeat; 2],
        nearest: true,
    }
}

/// A picture of `width` texels side by side, one row for each `width` colours.
pub(crate) fn bitmap(width: u32, colors: &[[u8; 4]]) -> Bitmap {
    Bitmap {
        size: Size::new(width, colors.len() as u32 / width),
        rgba: colors.concat(),
    }
}

/// The picture of one avatar from `DISTANCE` times `away`.
pub(crate) fn view(yaw_deg: f32, away: f32, secs: f64) -> Picture {
    let host = HostId::new("thing");
    Picture {
        pts: MediaTime::from_secs_f64(secs),
        size: SIZE,
        camera: Camera {
            eye: Vec3::new(0.0, 0.0, DISTANCE * away),
            target: Vec3::ZERO,
            fov_y_deg: 2.0 * (SEEN_M / 2.0 / DISTANCE).atan().to_degrees(),
        },
        background: Background::Color(BACKGROUND),
        look: zhubo::scene::Look::default(),
        hosts: vec![HostPlacement {
            host: host.clone(),
            position: Vec3::ZERO,
            yaw_deg,
        }],
        poses: vec![Pose::rest(host)],
        layers: Vec::new(),
        flash: false,
    }
}

pub(crate) fn renderer(gpu: &Arc<Gpu>, quality: Quality, avatar: &Arc<Avatar>) -> Renderer {
    let options = RendererOptions {
        size: SIZE,
        output: Output::Rgba,
        quality,
    };
    let mut renderer = Renderer::new(gpu, &options).unwrap();
    renderer
        .add_host(HostId::new("thing"), avatar.clone())
        .unwrap();
    renderer
}

pub(crate) fn shown(gpu: &Arc<Gpu>, quality: Quality, avatar: &Arc<Avatar>) -> RgbaImage {
    let frame = renderer(gpu, quality, avatar).draw(&view(0.0, 1.0, 0.0));
    image_of(&frame.unwrap())
}

/// The pixel where a point of the plane through the origin is seen.
pub(crate) fn at(image: &RgbaImage, x: f32, y: f32) -> [u8; 3] {
    let pixel = |metres: f32| ((metres / SEEN_M + 0.5) * 256.0).floor() as u32;
    let [r, g, b, _] = image.get_pixel(pixel(x), 255 - pixel(y)).0;
    [r, g, b]
}

/// The pixel where a point is seen.
fn seen_at(image: &RgbaImage, point: Vec3) -> [u8; 3] {
    let nearer = DISTANCE / (DISTANCE - point.z);
    at(image, point.x * nearer, point.y * nearer)
}

/// From linear light to 0..=255 as sRGB.
fn srgb(linear: f32) -> f32 {
    let linear = linear.clamp(0.0, 1.0);
    255.0
        * if linear <= 0.003_130_8 {
            12.92 * linear
        } else {
            1.055 * linear.powf(1.0 / 2.4) - 0.055
        }
}

pub(crate) fn near(seen: [u8; 3], expected: [u8; 3], most: u8) -> bool {
    seen.iter()
        .zip(expected)
        .all(|(s, e)| s.abs_diff(e) <= most)
}

#[test]
fn the_border_of_shade_runs_as_specified() {
    let Some(gpu) = gpu() else { return };
    let cases = [(0.9, 0.0), (0.0, 0.0), (0.5, 0.3), (0.8, -0.4), (0.0, 1.0)];
    for quality in BOTH {
        // The plain version takes squares for light and works between vertices.
        let most = if quality == Quality::Cpu { 7.0 } else { 3.5 };
        for (toony, shift) in cases {
            let material = cartoon(
                Factors {
                    base_color: [1.0, 0.5, 0.5, 1.0],
                    shade: [0.2, 0.1, 0.5],
                    ..Factors::default()
                },
                Toon {
                    shading_toony: toony,
                    shading_shift: shift,
                    gi_equalization: 1.0,
                    ..Toon::default()
                },
            );
            let image = shown(&gpu, quality, &things(vec![(ball(0.9), material)], vec![]));
            // Across the ball, through the border, from where the light comes.
            for step in -16i8..=16 {
                let across = f32::from(step) / 16.0 * 0.8;
                let (x, y) = (-0.587 * across, 0.809 * across);
                let normal = Vec3::new(x, y, (0.81 - across * across).sqrt()) / 0.9;
                let facing = normal.dot(KEY) + shift;
                let lit = ((facing + 1.0 - toony) / (2.0 - 2.0 * toony)).clamp(0.0, 1.0);
                let mixed = |light: f32, shade: f32| {
                    srgb(light * (0.9 * lit + 0.1) + shade * 0.9 * (1.0 - lit))
                };
                // Where the border is steep a pixel more or less is a lot.
                let slope = 255.0 / (2.0 - 2.0 * toony) / 115.0;
                let seen = seen_at(&image, normal * 0.9).map(f32::from);
                let expected = [mixed(1.0, 0.2), mixed(0.5, 0.1), mixed(0.5, 0.5)];
                for (seen, expected) in seen.iter().zip(expected) {
                    assert!(
                        (seen - expected).abs() <= most + slope,
                        "{quality:?} toony {toony} shift {shift} facing {facing:.2}: {seen} not {expected:.1}"
                    );
                }
            }
        }
    }
}

#[test]
fn full_light_shows_the_colours_of_the_picture() {
    let Some(gpu) = gpu() else { return };
    let colors = [
        [255, 255, 255, 255],
        [200, 120, 40, 255],
        [1, 17, 90, 255],
        [128, 128, 128, 255],
    ];
    let lit = Material {
        base: Some(texture(0)),
        ..cartoon(
            Factors {
                shade: [0.1; 3],
                ..Factors::default()
            },
            Toon {
                shade: Some(texture(0)),
                ..Toon::default()
            },
        )
    };
    let own_shade = Material {
        toon: Some(Box::new(Toon::default())),
        ..lit.clone()
    };
    let even = Material {
        factors: Factors {
            shade: [1.0; 3],
            ..Factors::default()
        },
        ..lit.clone()
    };
    let unlit = Material {
        toon: None,
        surface: Surface::Unlit,
        ..lit.clone()
    };
    for quality in BOTH {
        for material in [&lit, &own_shade, &even, &unlit] {
            let avatar = things(
                vec![(square(0.9, 0.0), material.clone())],
                vec![bitmap(2, &colors)],
            );
            let image = shown(&gpu, quality, &avatar);
            for (index, place) in [(-0.4, 0.4), (0.4, 0.4), (-0.4, -0.4), (0.4, -0.4)]
                .into_iter()
                .enumerate()
            {
                let [r, g, b, _] = colors[index];
                let seen = at(&image, place.0, place.1);
                assert!(
                    near(seen, [r, g, b], 1),
                    "{quality:?}: {seen:?} for {r} {g} {b}"
                );
            }
        }
    }
}

#[test]
fn rims_spheres_and_own_light_are_added() {
    let Some(gpu) = gpu() else { return };
    let black = Factors {
        base_color: [0.0, 0.0, 0.0, 1.0],
        ..Factors::default()
    };
    // Red above, green on the right, dark elsewhere.
    let (red, green, dark) = ([255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 0, 255]);
    let sphere = bitmap(3, &[dark, red, dark, dark, dark, green, dark, dark, dark]);
    for quality in BOTH {
        let rim = cartoon(
            Factors {
                rim: [1.0, 0.0, 0.0],
                ..black
            },
            Toon {
                rim_fresnel_power: 2.0,
                rim_lift: 0.1,
                ..Toon::default()
            },
        );
        let image = shown(&gpu, quality, &things(vec![(ball(0.9), rim)], vec![]));
        for across in [0.0f32, 0.4, 0.7, 0.8] {
            let place = Vec3::new(across, 0.0, (0.81 - across * across).sqrt());
            let to_eye = (Vec3::Z * DISTANCE - place).normalize();
            let edge = (1.1 - place.dot(to_eye) / 0.9).clamp(0.0, 1.0);
            let expected = srgb(edge.powi(2));
            let seen = f32::from(seen_at(&image, place)[0]);
            // Squares for light are off by up to ten of 255 where light meets black.
            let most = if quality == Quality::Cpu { 12.0 } else { 4.0 };
            assert!(
                (seen - expected).abs() < most,
                "{quality:?} rim at {across}: {seen} not {expected}"
            );
        }
        let mirrored = cartoon(
            black,
            Toon {
                matcap: Some(texture(0)),
                ..Toon::default()
            },
        );
        let avatar = things(vec![(ball(0.9), mirrored)], vec![sphere.clone()]);
        let image = shown(&gpu, quality, &avatar);
        assert!(
            near(at(&image, 0.0, 0.6), [255, 0, 0], 2),
            "{quality:?}: above"
        );
        assert!(
            near(at(&image, 0.6, 0.0), [0, 255, 0], 2),
            "{quality:?}: right"
        );
        assert!(
            near(at(&image, 0.0, -0.6), [0, 0, 0], 2),
            "{quality:?}: below"
        );
        let glowing = cartoon(
            Factors {
                emissive: [0.0, 0.2, 3.0],
                ..black
            },
            Toon::default(),
        );
        let image = shown(&gpu, quality, &things(vec![(ball(0.9), glowing)], vec![]));
        let expected = [0, srgb(0.2).round() as u8, 255];
        assert!(
            near(at(&image, 0.5, -0.6), expected, 1),
            "{quality:?}: {:?} not {expected:?}",
            at(&image, 0.5, -0.6)
        );
    }
}

/// A dark outline round white things.
fn outlined(outline: Outline, width: f32) -> Material {
    cartoon(
        Factors {
            shade: [1.0; 3],
            outline: [1.0, 0.0, 0.0],
            ..Factors::default()
        },
        Toon {
            outline,
            outline_width: width,
            outline_lighting_mix: 0.0,
            ..Toon::default()
        },
    )
}

/// Pixels of red along the middle row, each by how much it is red and nothing else.
fn red_in_row(image: &RgbaImage) -> f32 {
    (0..SIZE.width)
        .map(|x| {
            let [r, g, b, _] = image.get_pixel(x, SIZE.height / 2).0.map(f32::from);
            ((r - g.max(b)) / 255.0).clamp(0.0, 1.0)
        })
        .sum()
}

#[test]
fn outlines_are_as_wide_as_the_file_says() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        for (outline, width, away, expected) in [
            // 2 m are 256 pixels at the first distance.
            (Outline::World, 0.05, 1.0, 6.4),
            (Outline::World, 0.05, 2.0, 3.2),
            (Outline::Screen, 0.025, 1.0, 6.4),
            // From nearer an outline of the screen stays as wide, from further off than two metres of height it shrinks.
            (Outline::Screen, 0.025, 0.8, 6.4),
            (Outline::Screen, 0.025, 2.0, 3.2),
        ] {
            let avatar = things(vec![(ball(0.6), outlined(outline, width))], vec![]);
            let frame = renderer(&gpu, quality, &avatar).draw(&view(0.0, away, 0.0));
            let red = red_in_row(&image_of(&frame.unwrap())) / 2.0;
            assert!(
                (red - expected).abs() < 0.8,
                "{quality:?} {outline:?} from {away}: {red} pixels, not {expected}"
            );
        }
        let none = things(vec![(ball(0.6), outlined(Outline::None, 0.05))], vec![]);
        assert_eq!(red_in_row(&shown(&gpu, quality, &none)), 0.0);
    }
}

#[test]
fn hard_edges_and_pictures_shape_the_outline() {
    let Some(gpu) = gpu() else { return };
    let around = |image: &RgbaImage| {
        // Just outside the corners of the cube, which faces the camera, and beside its right side.
        [(0.52, 0.52), (-0.52, 0.52), (0.52, -0.52)].map(|(x, y)| at(image, x, y))
    };
    let avatar = things(vec![(cube(0.5), outlined(Outline::World, 0.08))], vec![]);
    let image = shown(&gpu, Quality::Cpu, &avatar);
    for seen in around(&image) {
        assert!(near(seen, [255, 0, 0], 30), "a gap at a corner: {seen:?}");
    }
    // No outline where the picture is not green: the left half here.
    let mut material = outlined(Outline::World, 0.05);
    let toon = material.toon.as_mut().unwrap();
    toon.outline_width_texture = Some(texture(0));
    let halves = bitmap(2, &[[255, 255, 255, 255], [255, 0, 255, 255]]);
    let avatar = things(vec![(ball(0.6), material)], vec![halves]);
    let image = shown(&gpu, Quality::Cpu, &avatar);
    // The first half of u runs round the side of +X.
    assert!(near(at(&image, 0.63, 0.0), [255, 0, 0], 30));
    assert!(near(at(&image, -0.63, 0.0), BACKGROUND, 30));
}
