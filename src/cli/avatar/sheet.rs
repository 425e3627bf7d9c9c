//! A sheet of everything a face can do: each ARKit shape and each expression of the file, with its name.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::render::{Framed, Order};
use super::{shapes, studio};
use crate::avatar::Avatar;
use crate::cli::Outcome;
use crate::config::Assets;
use crate::media::{Bitmap, Pose, Shape, Size};
use crate::render::Output;
use crate::scene::{Fonts, TextStyle};

/// Faces in a row.
const COLUMNS: u32 = 8;
/// One face, where the command line does not say.
const CELL: Size = Size::new(220, 264);
/// What lies between faces, and the line under each for its name, in pixels.
const GAP: u32 = 8;
const NAME_LINE: u32 = 26;
const PAPER: [u8; 4] = [246, 246, 244, 255];
const INK: [u8; 3] = [32, 34, 38];
const FAINT_INK: [u8; 3] = [158, 160, 164];

/// One face of the sheet.
struct Face {
    name: String,
    /// Whether the file has anything that moves.
    works: bool,
    pose: Pose,
}

pub(super) fn draw(order: &Order, assets: &Assets, path: &Path) -> Outcome {
    let (mut studio, cell) = order.studio(CELL, Framed::Features, Output::Rgba)?;
    let rest = order.held_pose(studio.host());
    let faces = faces(&order.avatar, &rest);
    let mut fonts = match assets.fonts() {
        Ok(fonts) => Some(fonts),
        Err(error) => {
            tracing::warn!("the faces have no names: {error}");
            None
        }
    };
    let mut sheet = Sheet::new(cell, faces.len());
    let bar = ProgressBar::new(faces.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} face {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    for (index, face) in faces.iter().enumerate() {
        bar.set_message(face.name.clone());
        let frame = studio.draw(face.pose.clone(), 0.0, order.at)?;
        sheet.put(index, studio::pixels(&frame)?);
        if let Some(fonts) = &mut fonts {
            sheet.name(index, face, fonts);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    studio::save(&sheet.paper.rgba, sheet.paper.size, path)?;
    let working = faces.iter().filter(|face| face.works).count();
    println!(
        "{}: {} faces, {} of them with something that moves",
        path.display(),
        faces.len(),
        working
    );
    Ok(())
}

/// The face at rest, every ARKit shape, every expression.
fn faces(avatar: &Avatar, rest: &Pose) -> Vec<Face> {
    let mut faces = vec![Face {
        name: "neutral".into(),
        works: true,
        pose: rest.clone(),
    }];
    for shape in Shape::ALL {
        let mut pose = rest.clone();
        pose.blendshapes[shape] = 1.0;
        // Lips close over an open jaw only.
        if shape == Shape::MouthClose {
            pose.blendshapes[Shape::JawOpen] = 1.0;
        }
        faces.push(Face {
            name: shape.name().to_owned(),
            works: shapes::moves(avatar, shape),
            pose,
        });
    }
    for expression in avatar.expressions() {
        let mut pose = rest.clone();
        pose.expressions
            .push((expression.name.as_str().into(), 1.0));
        faces.push(Face {
            name: expression.name.clone(),
            works: !expression.targets.is_empty() || !expression.materials.is_empty(),
            pose,
        });
    }
    faces
}

/// The paper that faces are put on.
struct Sheet {
    cell: Size,
    paper: Bitmap,
}

impl Sheet {
    fn new(cell: Size, count: usize) -> Self {
        let rows = u32::try_from(count).unwrap_or(u32::MAX).div_ceil(COLUMNS);
        let size = Size::new(
            GAP + COLUMNS * (cell.width + GAP),
            GAP + rows * (cell.height + NAME_LINE + GAP),
        );
        Self {
            cell,
            paper: Bitmap {
                size,
                rgba: PAPER.repeat(size.pixels()),
            },
        }
    }

    /// The top left corner of a face.
    fn corner(&self, index: usize) -> (u32, u32) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let (column, row) = (index % COLUMNS, index / COLUMNS);
        (
            GAP + column * (self.cell.width + GAP),
            GAP + row * (self.cell.height + NAME_LINE + GAP),
        )
    }

    fn put(&mut self, index: usize, rgba: &[u8]) {
        let (x, y) = self.corner(index);
        self.lay(rgba, self.cell, x, y);
    }

    fn name(&mut self, index: usize, face: &Face, fonts: &mut Fonts) {
        let (x, y) = self.corner(index);
        let mut style = TextStyle {
            size_px: 15.0,
            color: if face.works { INK } else { FAINT_INK },
            edge_px: 0.0,
            plate: None,
            max_width_px: f32::MAX,
        };
        let width = fonts.ink_size(&face.name, &style).width;
        if width > self.cell.width {
            style.size_px *= self.cell.width as f32 / width as f32;
        }
        let text = fonts.draw(&face.name, &style);
        let left = x + self.cell.width.saturating_sub(text.size.width) / 2;
        let top = y + self.cell.height + NAME_LINE.saturating_sub(text.size.height) / 2;
        self.lay(&text.rgba, text.size, left, top);
    }

    /// Blends straight-alpha pixels over the paper.
    fn lay(&mut self, rgba: &[u8], size: Size, left: u32, top: u32) {
        let paper = self.paper.size;
        let width = size.width.min(paper.width.saturating_sub(left)) as usize;
        for (row, y) in (top..paper.height).take(size.height as usize).enumerate() {
            let from = &rgba[row * size.width as usize * 4..][..width * 4];
            let at = (y as usize * paper.width as usize + left as usize) * 4;
            let into = &mut self.paper.rgba[at..at + width * 4];
            for (into, from) in into.chunks_exact_mut(4).zip(from.chunks_exact(4)) {
                let alpha = u32::from(from[3]);
                for (into, from) in into.iter_mut().zip(&from[..3]) {
                    let mixed = u32::from(*from) * alpha + u32::from(*into) * (255 - alpha);
                    *into = ((mixed + 127) / 255).min(255) as u8;
                }
            }
        }
    }
}
