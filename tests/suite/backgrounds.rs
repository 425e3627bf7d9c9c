//! The built-in sets: found by name, upright or wide as the picture is.

use std::path::Path;

use zhubo::config::Assets;
use zhubo::media::{Bitmap, Size};
use zhubo::scene::Background;

const SETS: [&str; 5] = ["studio", "counter", "tea-room", "tech", "sale"];

fn picture(name: &str, size: Size) -> Bitmap {
    let found = Assets::from_environment().background(name, Path::new(""), size);
    match found.unwrap() {
        Background::Image(image) => (*image).clone(),
        other => panic!("`{name}` is no picture: {other:?}"),
    }
}

/// Mean brightness of the middle, 0 to 255: where the head is.
fn brightness(image: &Bitmap) -> f64 {
    let (width, height) = (image.size.width as usize, image.size.height as usize);
    let rows = image.rgba.chunks_exact(4 * width);
    let middle = rows.skip(height / 4).take(height / 4);
    let bytes: Vec<u8> = middle
        .flat_map(|row| row[4 * width / 3..8 * width / 3].iter().copied())
        .collect();
    bytes.iter().map(|byte| f64::from(*byte)).sum::<f64>() / bytes.len() as f64
}

#[test]
fn every_set_has_a_picture_for_either_aspect() {
    for name in SETS {
        for (wanted, there) in [
            (Size::new(720, 1280), Size::new(1080, 1920)),
            (Size::new(540, 540), Size::new(1080, 1920)),
            (Size::new(1280, 720), Size::new(1920, 1080)),
        ] {
            let image = picture(name, wanted);
            assert_eq!(image.size, there, "{name} for {wanted}");
            let light = brightness(&image);
            assert!(
                (60.0..252.0).contains(&light),
                "{name} for {wanted} is {light} bright behind the head"
            );
        }
    }
}

#[test]
fn no_two_sets_look_the_same() {
    let size = Size::new(720, 1280);
    let pictures = SETS.map(|name| picture(name, size));
    for (i, a) in pictures.iter().enumerate() {
        for b in &pictures[..i] {
            assert!(a != b);
        }
    }
}

#[test]
fn an_unknown_background_is_refused_with_all_that_there_are() {
    let size = Size::new(720, 1280);
    let refused = Assets::from_environment().background("beach", Path::new(""), size);
    let words = refused.unwrap_err().to_string();
    for expected in SETS.iter().chain(&["`beach`", "`transparent`", "#20242c"]) {
        assert!(words.contains(expected), "{words}");
    }
}
