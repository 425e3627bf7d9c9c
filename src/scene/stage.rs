//! The scene: who stands where before what, with captions and the AI label on top.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use glam::Vec3;

use super::places::{self, Sights};
use super::text::{Fonts, TextStyle};
use super::{Background, Camera, HostPlacement, Layer, Look, Picture};
use crate::media::{Bitmap, HostId, MediaTime, Pose, Size};

/// Ink height of the label as a share of the picture's shorter side.
///
/// GB 45438-2025 asks for at least 5 % of the shortest side; the rest is room for rounding in encoders and scalers.
const LABEL_INK_SHARE: f32 = 0.052;
/// Distance of the label from the picture's edges as a share of the shorter side.
const LABEL_MARGIN_SHARE: f32 = 0.04;
/// Font size of captions as a share of the shorter side.
const CAPTION_SIZE_SHARE: f32 = 0.062;
/// Width that captions may fill, as a share of the picture's width.
const CAPTION_WIDTH_SHARE: f32 = 0.88;
/// Where the middle of a caption stands, as a share of the picture's height from the top.
const CAPTION_MIDDLE: f32 = 0.80;

/// What does not change from picture to picture.
#[derive(Clone, Debug)]
pub struct SceneOptions {
    /// Picture size in pixels.
    pub size: Size,
    /// Where it is seen from.
    pub camera: Camera,
    /// What is behind.
    pub background: Background,
    /// Lights and sharpness.
    pub look: Look,
    /// Hosts from back to front.
    pub hosts: Vec<HostPlacement>,
    /// Where the product card is: from the upper left corner, in shares of the picture's sides.
    pub card: [f32; 2],
    /// The AI label; `None` only where a profile with a recorded reason says so.
    pub label: Option<String>,
    /// Whether the words stand in the picture.
    pub captions: bool,
}

/// Makes a [`Picture`] for each pts.
#[derive(Debug)]
pub struct Scene {
    options: SceneOptions,
    fonts: Option<Fonts>,
    label: Option<Layer>,
    caption: Option<(String, Layer)>,
}

impl Scene {
    /// A scene. Without fonts there can be neither label nor captions; the caller says so to the user.
    pub fn new(options: SceneOptions, fonts: Option<Fonts>) -> Self {
        let mut scene = Self {
            options,
            fonts,
            label: None,
            caption: None,
        };
        scene.label = scene.draw_label();
        scene
    }

    /// Frame size in pixels.
    pub fn size(&self) -> Size {
        self.options.size
    }

    /// Where things are as each host sees them, in the order of the hosts; `eyes` is the middle between each host's eyes in its
    /// own model space.
    pub fn sights(&self, eyes: &[(HostId, Vec3)]) -> Vec<Sights> {
        let SceneOptions {
            camera,
            size,
            card,
            hosts,
            ..
        } = &self.options;
        places::sights(camera, *size, *card, hosts, eyes)
    }

    /// How many ems of caption fit on two lines.
    pub fn caption_capacity_ems(&self) -> f32 {
        let width = self.options.size.width as f32 * CAPTION_WIDTH_SHARE;
        // Two lines, less what is lost where lines break.
        (2.0 * width / self.caption_px() - 3.0).clamp(8.0, 44.0)
    }

    /// The picture at `pts`, with `caption` on screen (empty: none).
    pub fn picture(
        &mut self,
        pts: MediaTime,
        poses: Vec<Pose>,
        caption: &str,
        flash: bool,
    ) -> Picture {
        let mut layers = Vec::new();
        if self.options.captions && !caption.is_empty() {
            layers.extend(self.caption_layer(caption));
        }
        layers.extend(self.label.clone());
        Picture {
            pts,
            size: self.options.size,
            camera: self.options.camera,
            background: self.options.background.clone(),
            look: self.options.look,
            hosts: self.options.hosts.clone(),
            poses,
            layers,
            flash,
        }
    }

    fn caption_px(&self) -> f32 {
        self.options.size.shorter() as f32 * CAPTION_SIZE_SHARE
    }

    fn draw_label(&mut self) -> Option<Layer> {
        let text = self.options.label.clone()?;
        let fonts = self.fonts.as_mut()?;
        let shorter = self.options.size.shorter() as f32;
        let mut style = TextStyle {
            size_px: shorter * 0.06,
            color: [255, 255, 255],
            edge_px: 0.0,
            plate: Some([16, 18, 24, 150]),
            max_width_px: f32::MAX,
        };
        style.size_px = fonts.size_for_ink_height(&text, shorter * LABEL_INK_SHARE, &style);
        let image = Arc::new(fonts.draw(&text, &style));
        let margin = (shorter * LABEL_MARGIN_SHARE).round() as i32;
        Some(Layer {
            key: key_of(&text, &style),
            image,
            x: margin,
            y: margin,
            opacity: 1.0,
        })
    }

    fn caption_layer(&mut self, caption: &str) -> Option<Layer> {
        if let Some((text, layer)) = &self.caption
            && text == caption
        {
            return Some(layer.clone());
        }
        let Size { width, height } = self.options.size;
        let size_px = self.caption_px();
        let style = TextStyle {
            size_px,
            color: [255, 255, 255],
            edge_px: size_px * 0.085,
            plate: None,
            max_width_px: width as f32 * CAPTION_WIDTH_SHARE,
        };
        let image = Arc::new(self.fonts.as_mut()?.draw(caption, &style));
        let (x, y) = centred(
            &image,
            width as i32 / 2,
            (height as f32 * CAPTION_MIDDLE) as i32,
            height as i32,
        );
        let layer = Layer {
            key: key_of(caption, &style),
            image,
            x,
            y,
            opacity: 1.0,
        };
        self.caption = Some((caption.to_owned(), layer.clone()));
        Some(layer)
    }
}

/// The top left corner that centres `image` on a point and keeps it inside the picture's lower edge.
fn centred(image: &Bitmap, x: i32, y: i32, height: i32) -> (i32, i32) {
    let (w, h) = (image.size.width as i32, image.size.height as i32);
    (x - w / 2, (y - h / 2).min(height - h).max(0))
}

fn key_of(text: &str, style: &TextStyle) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    style.size_px.to_bits().hash(&mut hasher);
    style.plate.hash(&mut hasher);
    hasher.finish()
}
