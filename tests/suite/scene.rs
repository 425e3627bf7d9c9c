//! Label and captions in pixels.

use zhubo::config::Assets;
use zhubo::media::{Bitmap, MediaTime, Size};
use zhubo::scene::{Background, Camera, Fonts, Layer, Scene, SceneOptions, TextStyle};

fn fonts() -> Fonts {
    Assets::from_environment()
        .fonts()
        .expect("a font with Chinese letters: make setup installs fonts-noto-cjk")
}

fn scene(size: Size, label: &str) -> Scene {
    let camera = Camera {
        eye: glam::Vec3::Z,
        target: glam::Vec3::ZERO,
        fov_y_deg: 20.0,
    };
    let options = SceneOptions {
        size,
        camera,
        background: Background::Color([0, 0, 0]),
        look: zhubo::scene::Look::default(),
        hosts: Vec::new(),
        card: [0.74, 0.60],
        label: Some(label.to_owned()),
        captions: true,
    };
    Scene::new(options, Some(fonts()))
}

/// Rows from the first to the last that hold bright, opaque pixels: the letters, not their plate.
fn ink_height(image: &Bitmap) -> u32 {
    let bright = |row: &[u8]| row.chunks_exact(4).any(|p| p[3] > 200 && p[0] > 160);
    let rows: Vec<usize> = image
        .rgba
        .chunks_exact(image.size.width as usize * 4)
        .enumerate()
        .filter(|(_, row)| bright(row))
        .map(|(y, _)| y)
        .collect();
    (rows.last().unwrap() - rows.first().unwrap() + 1) as u32
}

fn label_of(size: Size, words: &str) -> Layer {
    let picture = scene(size, words).picture(MediaTime::ZERO, Vec::new(), "", false);
    assert_eq!(
        picture.layers.len(),
        1,
        "the label is on from the first frame"
    );
    picture.layers[0].clone()
}

#[test]
fn the_labels_letters_are_at_least_5_percent_of_the_shorter_side() {
    for size in [
        Size::new(720, 1280),
        Size::new(1080, 1920),
        Size::new(1280, 720),
        Size::new(540, 540),
    ] {
        for words in ["数字人·AI生成", "AI GENERATED"] {
            let label = label_of(size, words);
            let needed = f64::from(size.shorter()) * 0.05;
            assert!(
                f64::from(ink_height(&label.image)) >= needed,
                "{words} at {size}: {}",
                ink_height(&label.image)
            );
            assert!(label.x >= 0 && label.y >= 0, "inside the picture");
            assert!(
                label.x as u32 + label.image.size.width <= size.width,
                "{words} at {size} is cut"
            );
        }
    }
}

#[test]
fn captions_change_only_with_their_words_and_stay_inside() {
    let size = Size::new(720, 1280);
    let mut scene = scene(size, "数字人·AI生成");
    let mut caption = |words: &str| {
        scene
            .picture(MediaTime::ZERO, Vec::new(), words, false)
            .layers[0]
            .clone()
    };
    let first = caption("Brew it with water that has just stopped boiling");
    assert_eq!(
        first,
        caption("Brew it with water that has just stopped boiling"),
        "cached"
    );
    let second = caption("今天下单，顺丰包邮，七天无理由退换。");
    assert_ne!(first.key, second.key);
    for layer in [first, second] {
        let (right, bottom) = (
            layer.x + layer.image.size.width as i32,
            layer.y + layer.image.size.height as i32,
        );
        assert!(
            layer.x >= 0 && layer.y >= 0 && right <= 720 && bottom <= 1280,
            "{layer:?}"
        );
        assert!(ink_height(&layer.image) > 40, "there is something to read");
    }
}

#[test]
fn letters_without_a_glyph_and_empty_text_do_no_harm() {
    let mut fonts = fonts();
    let style = TextStyle {
        size_px: 40.0,
        color: [255; 3],
        edge_px: 3.0,
        plate: None,
        max_width_px: 600.0,
    };
    assert_eq!(fonts.draw("", &style).size, Size::new(1, 1));
    assert!(fonts.draw("a\u{10ffff}b", &style).size.width > 10);
    assert!(fonts.draw(&"word ".repeat(400), &style).size.width <= 620);
}
