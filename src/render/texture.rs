//! Pictures on their way to the device: brought to the size they are seen at, with or without smaller versions.

use std::borrow::Cow;

use crate::avatar::Avatar;
use crate::media::{Bitmap, Size};
use crate::scene::Subject;

use super::gpu::Gpu;

/// Pictures of meshes that cover next to nothing keep their size.
const LEAST_AREA: f32 = 1e-9;

/// How often each picture of `avatar` can be halved before it has fewer texels than a bust in a picture `height_px`
/// pixels tall has pixels. Sampling a larger one would cost memory traffic and shimmer.
pub(super) fn halvings(avatar: &Avatar, height_px: u32) -> Vec<u32> {
    let subject: Subject = avatar.into();
    let bust_m = (2.75 * (subject.crown_m - subject.chin_m).abs()).max(1e-3);
    let pixels_per_m = height_px as f32 / bust_m;
    let points = avatar.rest_points();
    let mut areas = vec![(0.0f32, 0.0f32); avatar.images.len()];
    for (mesh, points) in avatar.meshes.iter().zip(&points) {
        if mesh.uvs.is_empty() {
            continue;
        }
        let mut covered = (0.0f32, 0.0f32);
        for triangle in mesh.indices.chunks_exact(3) {
            let index = [triangle[0], triangle[1], triangle[2]].map(|i| i as usize);
            let [a, b, c] = index.map(|i| points[i]);
            let [ua, ub, uc] = index.map(|i| mesh.uvs[i]);
            covered.0 += (b - a).cross(c - a).length();
            covered.1 += (ub - ua).perp_dot(uc - ua).abs();
        }
        let material = &avatar.materials[mesh.material];
        let laid_out = [
            material.base,
            material.normal,
            material.metallic_roughness,
            material.occlusion,
            material.emission,
        ];
        let toon = material.toon.as_deref();
        let cartoon = toon.map(|t| [t.shade, t.shift_texture, t.rim_multiply, t.uv_mask]);
        let uses = laid_out.into_iter().chain(cartoon.into_iter().flatten());
        for texture in uses.flatten() {
            if let Some(area) = areas.get_mut(texture.image) {
                area.0 += covered.0;
                area.1 += covered.1;
            }
        }
    }
    let pairs = areas.iter().zip(&avatar.images);
    pairs
        .map(|(&(area, uv_area), image)| {
            let Some(image) = image else { return 0 };
            if !(area > LEAST_AREA && uv_area > LEAST_AREA) {
                return 0;
            }
            let texels_per_m = (uv_area * image.size.pixels() as f32 / area).sqrt();
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to 0..=6"
            )]
            let halvings = (texels_per_m / pixels_per_m).log2().floor().clamp(0.0, 6.0) as u32;
            halvings
        })
        .collect()
}

/// Uploads `bitmap`, halved `halvings` times (and further until the device takes it). With `mips` all smaller versions
/// go along.
pub(super) fn upload(gpu: &Gpu, bitmap: &Bitmap, halvings: u32, mips: bool) -> wgpu::TextureView {
    let mut level: Cow<'_, Bitmap> = Cow::Borrowed(bitmap);
    let mut left = halvings;
    let most = gpu.max_side();
    while left > 0 || level.size.width.max(level.size.height) > most {
        level = Cow::Owned(halved(&level));
        left = left.saturating_sub(1);
    }
    let size = level.size;
    let level_count = if mips {
        size.width.max(size.height).ilog2() + 1
    } else {
        1
    };
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("avatar picture"),
        size: extent(size),
        mip_level_count: level_count,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    for mip in 0..level_count {
        if mip > 0 {
            level = Cow::Owned(halved(&level));
        }
        write(gpu, &texture, mip, level.size, &level.rgba);
    }
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

/// Writes rows without padding into one level of a texture.
pub(super) fn write(gpu: &Gpu, texture: &wgpu::Texture, mip: u32, size: Size, rgba: &[u8]) {
    gpu.queue.write_texture(
        wgpu::TexelCopyTextureInfo {
            texture,
            mip_level: mip,
            origin: wgpu::Origin3d::ZERO,
            aspect: wgpu::TextureAspect::All,
        },
        rgba,
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(size.width * 4),
            rows_per_image: Some(size.height),
        },
        extent(size),
    );
}

/// One layer of `size`.
pub(super) fn extent(size: Size) -> wgpu::Extent3d {
    wgpu::Extent3d {
        width: size.width,
        height: size.height,
        depth_or_array_layers: 1,
    }
}

/// Half the width and height, each pixel the average of four.
fn halved(bitmap: &Bitmap) -> Bitmap {
    let Size { width, height } = bitmap.size;
    let size = Size::new((width / 2).max(1), (height / 2).max(1));
    let mut rgba = Vec::with_capacity(size.pixels() * 4);
    let at = |x: u32, y: u32, channel: usize| {
        let (x, y) = (x.min(width - 1) as usize, y.min(height - 1) as usize);
        u32::from(bitmap.rgba[(y * width as usize + x) * 4 + channel])
    };
    for y in 0..size.height {
        for x in 0..size.width {
            for channel in 0..4 {
                let sum = at(2 * x, 2 * y, channel)
                    + at(2 * x + 1, 2 * y, channel)
                    + at(2 * x, 2 * y + 1, channel)
                    + at(2 * x + 1, 2 * y + 1, channel);
                rgba.push(((sum + 2) / 4).min(255) as u8);
            }
        }
    }
    Bitmap { size, rgba }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_keeps_the_average() {
        let bitmap = Bitmap {
            size: Size::new(5, 1),
            rgba: [[0, 10, 20, 255], [100, 10, 20, 255]]
                .iter()
                .cycle()
                .take(5)
                .flatten()
                .copied()
                .collect(),
        };
        let half = halved(&bitmap);
        assert_eq!(half.size, Size::new(2, 1));
        assert_eq!(half.rgba[..4], [50, 10, 20, 255]);
        assert_eq!(
            halved(&Bitmap::transparent(Size::new(1, 1))).size,
            Size::new(1, 1)
        );
    }
}
