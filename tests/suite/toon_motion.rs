//! Cartoon materials beyond their shading: the right order, pictures that move in time, nonsense, what it all costs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::sync::Arc;

use zhubo::avatar::{Alpha, Avatar, Factors, Material, Outline, Toon};
use zhubo::media::{FrameRate, HostId, Size};
use zhubo::render::{Gpu, Output, Quality, Renderer, RendererOptions};
use zhubo::scene::Framing;

use crate::render::{gpu, image_of, picture_of};
use crate::render_bench::{cpu_secs, talking};
use crate::toon::{
    BACKGROUND, BOTH, Form, at, ball, bitmap, cartoon, flat, near, renderer, shown, square,
    texture, things, view,
};

#[test]
fn what_shines_through_is_drawn_in_its_order() {
    let Some(gpu) = gpu() else { return };
    let glass = |color: [f32; 3], queue: i32, writes_depth: bool| {
        let [r, g, b] = color;
        let mut material = flat([r, g, b, 0.5]);
        material.alpha = Alpha::Blend;
        material.double_sided = true;
        material.queue = queue;
        material.toon.as_mut().unwrap().writes_depth = writes_depth;
        material
    };
    let (red, green) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
    let middle = |parts: Vec<(Form, Material)>, yaw: f32| {
        let mut drawing = renderer(&gpu, Quality::Cpu, &things(parts, vec![]));
        let frame = drawing.draw(&view(yaw, 1.0, 0.0)).unwrap();
        at(&image_of(&frame), 0.0, 0.0)
    };
    let eye = || (square(0.5, 0.0), flat([1.0, 1.0, 1.0, 1.0]));
    // A lash before an eye, whatever the order of the file.
    let lash = || (square(0.4, 0.01), glass([0.0; 3], 0, false));
    assert!(near(middle(vec![lash(), eye()], 0.0), [128; 3], 2));
    assert!(near(middle(vec![eye(), lash()], 0.0), [128; 3], 2));
    // The nearer of two glasses is over the other, from both sides.
    let (near_red, far_green) = (
        || (square(0.4, 0.1), glass(red, 0, false)),
        || (square(0.4, -0.1), glass(green, 0, false)),
    );
    let red_over_green = [128, 64, 64];
    let green_over_red = [64, 128, 64];
    assert!(near(
        middle(vec![near_red(), far_green()], 0.0),
        red_over_green,
        2
    ));
    assert!(near(
        middle(vec![far_green(), near_red()], 0.0),
        red_over_green,
        2
    ));
    assert!(near(
        middle(vec![near_red(), far_green()], 180.0),
        green_over_red,
        2
    ));
    // A higher queue is drawn later, wherever it stands.
    let late_green = (square(0.4, -0.1), glass(green, 1, false));
    assert!(near(
        middle(vec![near_red(), late_green], 0.0),
        green_over_red,
        2
    ));
    // What writes depth comes before what does not, and hides what is drawn behind it.
    let solid_red = (square(0.4, 0.1), glass(red, 5, true));
    assert!(near(
        middle(vec![far_green(), solid_red], 0.0),
        [128, 0, 128],
        2
    ));
}

#[test]
fn holes_are_cut_where_alpha_is_low() {
    let Some(gpu) = gpu() else { return };
    let colors = [[255, 255, 255, 100], [255, 255, 255, 200]];
    let mut material = flat([1.0; 4]);
    material.base = Some(texture(0));
    material.alpha = Alpha::Mask(0.5);
    let toon = material.toon.as_mut().unwrap();
    toon.shade = Some(texture(0));
    for quality in BOTH {
        let avatar = things(
            vec![(square(0.9, 0.0), material.clone())],
            vec![bitmap(2, &colors)],
        );
        let image = shown(&gpu, quality, &avatar);
        assert_eq!(at(&image, -0.4, 0.0), BACKGROUND, "{quality:?}");
        assert_eq!(at(&image, 0.4, 0.0), [255; 3], "{quality:?}");
    }
}

/// Four colours side by side; a square that shows them, moved by `change`.
fn ribbon(change: impl FnOnce(&mut Toon)) -> Arc<Avatar> {
    let mut material = flat([1.0; 4]);
    material.base = Some(texture(0));
    let toon = material.toon.as_mut().unwrap();
    toon.shade = Some(texture(0));
    change(toon);
    let colors = [
        [255, 0, 0, 255],
        [0, 255, 0, 255],
        [255, 255, 0, 255],
        [255, 255, 255, 255],
    ];
    // The second picture lets only its left half move.
    let mask = [[0, 0, 255, 255], [0, 0, 0, 255]];
    things(
        vec![(square(1.0, 0.0), material)],
        vec![bitmap(4, &colors), bitmap(2, &mask)],
    )
}

/// What a square shows `secs` into the show at four places from left to right.
fn colors_at(renderer: &mut Renderer, secs: f64) -> [[u8; 3]; 4] {
    let image = image_of(&renderer.draw(&view(0.0, 1.0, secs)).unwrap());
    [-0.75, -0.25, 0.25, 0.75].map(|x| at(&image, x, 0.0))
}

#[test]
fn pictures_scroll_by_the_second_and_for_days() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        let avatar = ribbon(|toon| toon.uv_scroll = [0.25, 0.0]);
        let mut renderer = renderer(&gpu, quality, &avatar);
        let first = colors_at(&mut renderer, 0.0);
        let mut turned = first;
        turned.rotate_left(1);
        assert_eq!(colors_at(&mut renderer, 1.0), turned, "{quality:?}");
        assert_eq!(colors_at(&mut renderer, 4.0), first);
        // Ten days and a second later to the pixel.
        assert_eq!(colors_at(&mut renderer, 864_001.0), turned);
    }
}

#[test]
fn pictures_turn_and_masks_hold_them() {
    let Some(gpu) = gpu() else { return };
    for quality in BOTH {
        let half_turn = ribbon(|toon| toon.uv_rotation = std::f32::consts::PI);
        let mut turning = renderer(&gpu, quality, &half_turn);
        let first = colors_at(&mut turning, 0.0);
        let mut reversed = first;
        reversed.reverse();
        assert_eq!(colors_at(&mut turning, 1.0), reversed, "{quality:?}");
        let masked = ribbon(|toon| {
            toon.uv_scroll = [0.25, 0.0];
            toon.uv_mask = Some(texture(1));
        });
        let mut held = renderer(&gpu, quality, &masked);
        assert_eq!(colors_at(&mut held, 0.0), first);
        for secs in [1.0, 864_001.0] {
            let seen = colors_at(&mut held, secs);
            assert_eq!(seen, [first[1], first[2], first[2], first[3]], "{secs}");
        }
    }
}

#[test]
fn a_quarter_turn_goes_the_right_way() {
    let Some(gpu) = gpu() else { return };
    // After a quarter of a turn the coordinates have turned against the clock and the picture with it: what was on the
    // left is above.
    let avatar = ribbon(|toon| toon.uv_rotation = std::f32::consts::FRAC_PI_2);
    let mut renderer = renderer(&gpu, Quality::Cpu, &avatar);
    let first = colors_at(&mut renderer, 0.0);
    let image = image_of(&renderer.draw(&view(0.0, 1.0, 1.0)).unwrap());
    let down = [0.75, 0.25, -0.25, -0.75].map(|y| at(&image, 0.0, y));
    assert_eq!(down, first);
}

#[test]
fn nonsense_is_drawn_as_something() {
    let Some(gpu) = gpu() else { return };
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38, -3e38] {
        let mut nonsense = texture(0);
        nonsense.transform = [[value; 2]; 3];
        let picture = Some(nonsense);
        let material = Material {
            base: picture,
            emission: picture,
            normal: picture,
            normal_scale: value,
            alpha: Alpha::Mask(0.0),
            ..cartoon(
                Factors {
                    base_color: [value, value, value, 1.0],
                    emissive: [value; 3],
                    shade: [value; 3],
                    matcap: [value; 3],
                    rim: [value; 3],
                    outline: [value; 3],
                    uv_scale: [value; 2],
                    uv_offset: [value; 2],
                },
                Toon {
                    shade: picture,
                    shading_shift: value,
                    shift_texture: picture,
                    shift_texture_scale: value,
                    shading_toony: value,
                    gi_equalization: value,
                    matcap: picture,
                    rim_multiply: picture,
                    rim_fresnel_power: value,
                    rim_lift: value,
                    rim_lighting_mix: value,
                    outline: Outline::Screen,
                    outline_width: value,
                    outline_width_texture: picture,
                    outline_lighting_mix: value,
                    uv_mask: picture,
                    uv_scroll: [value; 2],
                    uv_rotation: value,
                    writes_depth: true,
                },
            )
        };
        for quality in BOTH {
            let avatar = things(
                vec![(ball(0.5), material.clone())],
                vec![bitmap(1, &[[200, 100, 50, 255]])],
            );
            let image = shown(&gpu, quality, &avatar);
            let seen = at(&image, 0.0, 0.0);
            assert_ne!(seen, BACKGROUND, "{value} {quality:?}: nothing is drawn");
        }
    }
}

/// CPU milliseconds for one frame of a talking avatar, from 40 frames.
fn cost_of(gpu: &Arc<Gpu>, avatar: &Arc<Avatar>) -> f64 {
    let size = Size::new(720, 1280);
    let options = RendererOptions {
        size,
        output: Output::I420,
        quality: Quality::Cpu,
    };
    let host = HostId::new("lina");
    let mut renderer = Renderer::new(gpu, &options).unwrap();
    renderer.add_host(host.clone(), avatar.clone()).unwrap();
    let mut picture = picture_of(avatar, Framing::Bust, size);
    let mut began = 0.0;
    for n in 0..50 {
        if n == 10 {
            renderer.flush().unwrap();
            began = cpu_secs();
        }
        picture.pts = FrameRate::whole(25).pts_of(u64::from(n));
        picture.poses = vec![talking(&host, n)];
        renderer.submit(&picture).unwrap();
        while renderer.poll().unwrap().is_some() {}
    }
    renderer.flush().unwrap();
    (cpu_secs() - began) * 1e3 / 40.0
}

/// What cartoon materials cost on the CPU, in turns: as in the file, without outlines, and as the laws of light would
/// have them. `TOON_AVATARS` lists further files.
#[test]
#[ignore = "a measurement for people"]
fn cost() {
    let Some(gpu) = gpu() else { return };
    let Some(folder) = crate::avatar::test_avatars() else {
        return;
    };
    let others = std::env::var("TOON_AVATARS").unwrap_or_default();
    let others = others.split(':').filter(|path| !path.is_empty());
    let mut files = vec![folder.join("Godette_vrm_v4.vrm")];
    files.extend(others.map(std::path::PathBuf::from));
    for file in files {
        let Ok(whole) = Avatar::load(&file) else {
            println!("{}: cannot be loaded", file.display());
            continue;
        };
        let mut bare = whole.clone();
        let mut lawful = whole.clone();
        for material in &mut bare.materials {
            if let Some(toon) = &mut material.toon {
                toon.outline = Outline::None;
            }
        }
        for material in &mut lawful.materials {
            material.toon = None;
        }
        let variants = [whole, bare, lawful].map(Arc::new);
        let mut runs = [(); 3].map(|()| Vec::new());
        for _ in 0..3 {
            for (avatar, runs) in variants.iter().zip(&mut runs) {
                runs.push(cost_of(&gpu, avatar));
            }
        }
        for (name, runs) in ["as it is", "no outlines", "laws of light"]
            .iter()
            .zip(&mut runs)
        {
            runs.sort_by(f64::total_cmp);
            println!(
                "{} {name:<14} {:.1} CPU ms/frame (runs {runs:.1?})",
                variants[0].name, runs[1]
            );
        }
    }
}
