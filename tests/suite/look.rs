//! How surfaces look: lights, metal, bumps, shade, glow, what is clear, and what hosts stand on.
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
use serde_json::json;
use zhubo::avatar::{Avatar, Material, Surface, TextureUse, Wrap};
use zhubo::media::{Bitmap, HostId, Size};
use zhubo::render::{Gpu, Output, Quality, Renderer, RendererOptions};
use zhubo::scene::{Background, Framing, LightPreset, Picture};

use crate::puppet;
use crate::render::{default_host, gpu, image_of, picture_of, pixel_of};

const SIZE: Size = Size::new(240, 320);
const BOTH: [Quality; 2] = [Quality::Cpu, Quality::Gpu];

/// The materials of the puppet.
const SKIN: usize = 0;
const EYE: usize = 1;
const CLOTH: usize = 3;

fn puppet() -> Avatar {
    Avatar::from_glb(&puppet::glb(), "puppet").unwrap()
}

fn draw(gpu: &Arc<Gpu>, avatar: Avatar, picture: &Picture, quality: Quality) -> RgbaImage {
    let options = RendererOptions {
        size: picture.size,
        output: Output::Rgba,
        quality,
    };
    let mut renderer = Renderer::new(gpu, &options).unwrap();
    renderer
        .add_host(HostId::new("lina"), Arc::new(avatar))
        .unwrap();
    image_of(&renderer.draw(picture).unwrap())
}

fn bust(avatar: &Avatar) -> Picture {
    picture_of(avatar, Framing::Bust, SIZE)
}

/// The mean colour in a square of `side` pixels round a point of the world.
fn mean(image: &RgbaImage, picture: &Picture, at: Vec3, side: u32) -> Vec3 {
    let (x, y) = pixel_of(&picture.camera, picture.size, at);
    let mut sum = Vec3::ZERO;
    for dx in 0..side {
        for dy in 0..side {
            let [r, g, b, _] = image.get_pixel(x + dx - side / 2, y + dy - side / 2).0;
            sum += Vec3::new(f32::from(r), f32::from(g), f32::from(b));
        }
    }
    sum / (side * side) as f32
}

/// The front of the puppet's body.
const CHEST: Vec3 = Vec3::new(0.0, 1.2, 0.085);

/// Gives the puppet's body picture coordinates (u to the right, v downwards) and a picture of one colour.
fn painted(avatar: &mut Avatar, color: [u8; 4]) -> TextureUse {
    for mesh in &mut avatar.meshes {
        let place = |p: &Vec3| Vec2::new(0.5 + p.x, 1.0 - p.y);
        mesh.uvs = mesh.positions.iter().map(place).collect();
    }
    avatar.images.push(Some(Arc::new(Bitmap {
        size: Size::new(4, 4),
        rgba: color.repeat(16),
    })));
    TextureUse {
        image: avatar.images.len() - 1,
        uv_set: 0,
        transform: [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]],
        wrap: [Wrap::Repeat; 2],
        nearest: false,
    }
}

/// The colour of the chest when its material was changed by `change`.
fn chest(gpu: &Arc<Gpu>, quality: Quality, change: impl Fn(&mut Avatar)) -> Vec3 {
    let mut avatar = puppet();
    let cloth = &mut avatar.materials[CLOTH];
    // Dark enough to stay below the shoulder of the tone curve.
    cloth.factors.base_color = [0.2, 0.2, 0.2, 1.0];
    (cloth.metallic, cloth.roughness) = (0.0, 0.8);
    change(&mut avatar);
    let picture = bust(&avatar);
    let image = draw(gpu, avatar, &picture, quality);
    mean(&image, &picture, CHEST, 9)
}

#[test]
fn presets_light_the_same_host_differently() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        let faces = LightPreset::ALL.map(|light| {
            let mut picture = bust(&puppet());
            picture.look.light = light;
            let image = draw(&gpu, puppet(), &picture, quality);
            // The side away from the key light.
            mean(&image, &picture, Vec3::new(0.06, 1.47, 0.07), 7)
        });
        let [soft, bright, dramatic, warm] = faces;
        let words = format!("{quality:?}: {faces:?}");
        assert!(bright.element_sum() > soft.element_sum() + 15.0, "{words}");
        assert!(
            dramatic.element_sum() < soft.element_sum() - 60.0,
            "{words}"
        );
        assert!(warm.x / warm.z > 1.1 * soft.x / soft.z, "{words}");
    }
}

#[test]
fn metal_mirrors_the_studio_in_its_own_colour() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        let shades = |metallic: f32| {
            let mut avatar = puppet();
            let gold = &mut avatar.materials[CLOTH];
            gold.factors.base_color = [1.0, 0.77, 0.34, 1.0];
            (gold.metallic, gold.roughness) = (metallic, 0.15);
            let picture = bust(&avatar);
            let image = draw(&gpu, avatar, &picture, quality);
            let column = (-12..=12).map(|i| {
                let x = 0.01 * i as f32;
                mean(&image, &picture, Vec3::new(x, 1.22, 0.07), 3)
            });
            column.collect::<Vec<Vec3>>()
        };
        let (metal, plastic) = (shades(1.0), shades(0.0));
        let contrast = |row: &[Vec3]| {
            let range = row.iter().map(|c| c.x);
            range.clone().fold(0.0, f32::max) - range.fold(255.0, f32::min)
        };
        assert!(
            contrast(&metal) > 1.3 * contrast(&plastic),
            "{quality:?}: {metal:?} {plastic:?}"
        );
        let golden = metal.iter().filter(|c| c.x > c.y && c.y > c.z).count();
        assert!(golden * 10 >= metal.len() * 9, "{quality:?}: {metal:?}");
    }
}

#[test]
fn bumps_turn_towards_the_light_and_away() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        let tilted = |[r, g]: [u8; 2]| {
            let color = chest(&gpu, quality, |avatar| {
                let bumps = painted(avatar, [r, g, 220, 255]);
                avatar.materials[CLOTH].normal = Some(bumps);
            });
            color.element_sum() / 3.0
        };
        // The key light comes from the left of the picture and from above.
        let flat = tilted([128, 128]);
        let [right, left, up, down] = [[200, 128], [56, 128], [128, 200], [128, 56]].map(tilted);
        let words = format!("{quality:?}: flat {flat}, {right} {left} {up} {down}");
        // What turns left turns away from the fill light as well.
        assert!(right + 4.0 < left && right + 8.0 < flat, "{words}");
        assert!(down + 8.0 < up && down + 4.0 < flat, "{words}");
        let smooth = chest(&gpu, quality, |_| ()).element_sum() / 3.0;
        assert!(
            (smooth - flat).abs() < 4.0,
            "{words}: {smooth} without bumps"
        );
    }
}

#[test]
fn fine_bumps_are_drawn_where_pixels_are_cheap() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        let bumped = |fine: bool| {
            let color = chest(&gpu, quality, |avatar| {
                let bumps = painted(avatar, [128, 56, 220, 255]);
                avatar.materials[CLOTH].normal = Some(bumps);
                avatar.materials[CLOTH].fine_bumps = fine;
            });
            color.element_sum() / 3.0
        };
        let smooth = chest(&gpu, quality, |_| ()).element_sum() / 3.0;
        let (fine, coarse) = (bumped(true), bumped(false));
        let wanted = if quality == Quality::Cpu {
            smooth
        } else {
            coarse
        };
        assert!(
            (fine - wanted).abs() < 0.5,
            "{quality:?}: {fine} {coarse} {smooth}"
        );
        assert!(
            (coarse - smooth).abs() > 4.0,
            "{quality:?}: {coarse} {smooth}"
        );
    }
}

#[test]
fn pictures_of_shade_glow_and_roughness_are_heard() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        let plain = chest(&gpu, quality, |_| ());
        let shaded = chest(&gpu, quality, |avatar| {
            let shade = painted(avatar, [40, 255, 255, 255]);
            avatar.materials[CLOTH].occlusion = Some(shade);
        });
        assert!(shaded.y < plain.y - 20.0, "{quality:?}: {plain} {shaded}");
        let glowing = chest(&gpu, quality, |avatar| {
            let glow = painted(avatar, [0, 255, 0, 255]);
            avatar.materials[CLOTH].emission = Some(glow);
            avatar.materials[CLOTH].factors.emissive = [0.15; 3];
        });
        assert!(glowing.y > plain.y + 20.0, "{quality:?}: {plain} {glowing}");
        assert!(
            (glowing.x - plain.x).abs() < 8.0,
            "{quality:?}: {plain} {glowing}"
        );
        // The picture says: no metal after all.
        let told = chest(&gpu, quality, |avatar| {
            let rough = painted(avatar, [0, 255, 0, 255]);
            let cloth = &mut avatar.materials[CLOTH];
            cloth.metallic_roughness = Some(rough);
            cloth.metallic = 1.0;
        });
        assert!(told.distance(plain) < 8.0, "{quality:?}: {plain} {told}");
    }
}

#[test]
fn a_cornea_does_not_hide_the_eye() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        let mut avatar = puppet();
        avatar.materials[EYE].factors.base_color = [0.1, 0.2, 0.6, 1.0];
        let picture = picture_of(&avatar, Framing::Face, SIZE);
        let at = Vec3::new(0.035, 1.517, 0.1);
        let bare = mean(
            &draw(&gpu, avatar.clone(), &picture, quality),
            &picture,
            at,
            3,
        );
        let eyes: Vec<_> = avatar
            .meshes
            .iter()
            .filter(|mesh| mesh.material == EYE)
            .cloned()
            .collect();
        let layer = |surface| {
            let mut avatar = avatar.clone();
            avatar.materials.push(Material {
                surface,
                roughness: 0.05,
                ..Material::default()
            });
            for mut mesh in eyes.clone() {
                let middle = mesh.positions.iter().sum::<Vec3>() / mesh.positions.len() as f32;
                for position in &mut mesh.positions {
                    *position = middle + 1.08 * (*position - middle);
                }
                mesh.material = avatar.materials.len() - 1;
                avatar.meshes.push(mesh);
            }
            mean(&draw(&gpu, avatar, &picture, quality), &picture, at, 3)
        };
        let (clear, solid) = (layer(Surface::Clear), layer(Surface::Cloth));
        assert!(clear.distance(bare) < 30.0, "{quality:?}: {bare} {clear}");
        assert!(solid.distance(bare) > 100.0, "{quality:?}: {bare} {solid}");
    }
}

#[test]
fn glass_keeps_its_highlight_and_nothing_else() {
    let Some(gpu) = gpu() else { return };
    let mut avatar = puppet();
    let glass = &mut avatar.materials[CLOTH];
    glass.alpha = zhubo::avatar::Alpha::Blend;
    glass.factors.base_color = [0.9, 0.9, 0.9, 0.2];
    (glass.metallic, glass.roughness) = (0.0, 0.1);
    let mut picture = bust(&avatar);
    picture.background = Background::Transparent;
    for quality in BOTH {
        let image = draw(&gpu, avatar.clone(), &picture, quality);
        let body: Vec<[u8; 4]> = (-14..=14)
            .flat_map(|i| {
                (0..20).map(move |j| Vec3::new(0.01 * i as f32, 1.19 + 0.007 * j as f32, 0.05))
            })
            .map(|at| {
                let (x, y) = pixel_of(&picture.camera, SIZE, at);
                image.get_pixel(x, y).0
            })
            .collect();
        let see_through = body.iter().filter(|p| p[3] > 20 && p[3] < 120).count();
        let highlight = body.iter().filter(|p| p[3] > 150).count();
        assert!(
            see_through > 200 && highlight > 3,
            "{quality:?}: {see_through} {highlight}"
        );
    }
}

#[test]
fn who_stands_throws_a_shadow_and_a_bust_does_not() {
    let Some(gpu) = gpu() else { return };
    let standing = puppet::speaking(&[puppet::JAW], false, |document| {
        // The body's lowest point then is at height 0.
        document["nodes"][0]["translation"] = json!([0, 0.3, 0]);
    });
    let standing = Avatar::from_glb(&standing, "standing").unwrap();
    assert!(standing.landmarks().floor_m.abs() < 0.01);
    for quality in BOTH {
        let dark = |avatar: &Avatar| {
            let mut picture = picture_of(avatar, Framing::Full, SIZE);
            picture.background = Background::Transparent;
            let image = draw(&gpu, avatar.clone(), &picture, quality);
            // Black and half covering.
            let soft = |p: &&image::Rgba<u8>| p.0[..3] == [0, 0, 0] && (30..200).contains(&p.0[3]);
            let transparent = image.pixels().filter(soft).count();
            picture.background = Background::Color([200, 200, 200]);
            let image = draw(&gpu, avatar.clone(), &picture, quality);
            let grey = |p: &&image::Rgba<u8>| {
                p.0[0] < 185 && p.0[0] > 60 && p.0[0] == p.0[1] && p.0[1] == p.0[2]
            };
            (transparent, image.pixels().filter(grey).count())
        };
        let (transparent, opaque) = dark(&standing);
        assert!(
            transparent > 30 && opaque > 30,
            "{quality:?}: {transparent} {opaque}"
        );
        // The one that ends in the air, 60 cm up.
        assert!(dark(&puppet()).0 < 5, "{quality:?}");
    }
}

#[test]
fn a_blurred_background_leaves_the_host_sharp() {
    let Some(gpu) = gpu() else { return };
    let stripes = Bitmap {
        size: SIZE,
        rgba: (0..SIZE.pixels())
            .flat_map(|i| {
                if i % 240 / 6 % 2 == 0 {
                    [255, 255, 255, 255]
                } else {
                    [0, 0, 0, 255]
                }
            })
            .collect(),
    };
    let mut picture = bust(&puppet());
    picture.background = Background::Image(Arc::new(stripes));
    let host_pixel = pixel_of(&picture.camera, SIZE, CHEST);
    let mut renderer = {
        let options = RendererOptions {
            size: SIZE,
            output: Output::Rgba,
            quality: Quality::Cpu,
        };
        let mut renderer = Renderer::new(&gpu, &options).unwrap();
        renderer
            .add_host(HostId::new("lina"), Arc::new(puppet()))
            .unwrap();
        renderer
    };
    // One renderer, so that a change of the blur alone must be noticed.
    let mut contrasts = Vec::new();
    let mut chests = Vec::new();
    for blur in [0.0, 0.5, 1.0, 0.0] {
        picture.look.background_blur = blur;
        let image = image_of(&renderer.draw(&picture).unwrap());
        let row: Vec<u8> = (0..60).map(|x| image.get_pixel(x, 10).0[0]).collect();
        contrasts.push(row.iter().max().unwrap() - row.iter().min().unwrap());
        chests.push(*image.get_pixel(host_pixel.0, host_pixel.1));
    }
    assert_eq!(contrasts[0], 255);
    assert!(contrasts[1] < 128 && contrasts[2] < 60, "{contrasts:?}");
    assert_eq!(contrasts[3], 255);
    assert!(chests.iter().all(|p| *p == chests[0]), "{chests:?}");
}

#[test]
fn each_pixel_and_each_vertex_see_the_same_light() {
    let Some(gpu) = gpu() else { return };
    let Some(avatar) = default_host() else { return };
    for light in LightPreset::ALL {
        let mut picture = picture_of(&avatar, Framing::Bust, SIZE);
        picture.look.light = light;
        let [cpu, fine] = BOTH.map(|quality| draw(&gpu, (*avatar).clone(), &picture, quality));
        let pairs = cpu.pixels().zip(fine.pixels());
        let apart: u64 = pairs
            .map(|(p, q)| {
                (0..3)
                    .map(|c| u64::from(p.0[c].abs_diff(q.0[c])))
                    .sum::<u64>()
            })
            .sum();
        let mean = apart as f64 / (3 * SIZE.pixels()) as f64;
        assert!(mean < 3.0, "{light:?}: {mean:.2} of 255 apart");
    }
}

#[test]
fn skin_stays_skin_whatever_the_file_says_about_metal() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        let face = |metallic: f32| {
            let mut avatar = puppet();
            avatar.materials[SKIN].metallic = metallic;
            let picture = bust(&avatar);
            let image = draw(&gpu, avatar, &picture, quality);
            mean(&image, &picture, Vec3::new(0.0, 1.55, 0.09), 9)
        };
        let (said, meant) = (face(1.0), face(0.0));
        assert!(said.distance(meant) < 1.0, "{quality:?}: {said} {meant}");
        assert!(
            meant.x > meant.y && meant.y > meant.z && meant.x < 250.0,
            "{meant}"
        );
    }
}

#[test]
fn documents_choose_lights_and_blur() {
    let room = |picture: &str| {
        let text = format!("id = \"a\"\ntitle = \"A\"\n[picture]\n{picture}\n");
        zhubo::config::RoomDocument::parse(&text, std::path::Path::new("room.toml"))
    };
    let chosen = room("light = \"warm\"\nbackground_blur = 0.4").unwrap();
    let look = chosen.picture.look();
    assert_eq!((look.light, look.background_blur), (LightPreset::Warm, 0.4));
    assert_eq!(
        room("").unwrap().picture.look(),
        zhubo::scene::Look::default()
    );
    for (wrong, word) in [
        ("light = \"neon\"", "`bright`"),
        ("background_blur = 2.0", "0 (sharp) to 1"),
    ] {
        let error = room(wrong).unwrap_err();
        let mut words = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            words = format!("{words}: {cause}");
            source = cause.source();
        }
        assert!(words.contains(word), "{words}");
    }
}
