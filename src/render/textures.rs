//! The pictures of one host on the device, and how each use of one is sampled.

use super::gpu::Gpu;
use super::texture;
use crate::avatar::{Avatar, TextureUse, Wrap};
use crate::media::{Bitmap, Size};

/// The pictures of one host.
#[derive(Debug)]
pub(super) struct Textures {
    views: Vec<Option<wgpu::TextureView>>,
    white: wgpu::TextureView,
    /// Whether pictures have smaller versions.
    mips: bool,
}

impl Textures {
    /// Uploads the pictures of `avatar` for pictures of `size`. `mips` is for devices that filter well.
    pub(super) fn new(gpu: &Gpu, avatar: &Avatar, size: Size, mips: bool) -> Self {
        let halvings = if mips {
            vec![0; avatar.images.len()]
        } else {
            texture::halvings(avatar, size.height.max(size.width))
        };
        let pairs = avatar.images.iter().zip(halvings);
        let views = pairs
            .map(|(image, halvings)| {
                let image = image.as_deref()?;
                Some(texture::upload(gpu, image, halvings, mips))
            })
            .collect();
        let white = Bitmap {
            size: Size::new(1, 1),
            rgba: vec![255; 4],
        };
        Self {
            views,
            white: texture::upload(gpu, &white, 0, false),
            mips,
        }
    }

    /// The picture of `texture`, when it could be decoded.
    pub(super) fn view(&self, texture: Option<TextureUse>) -> Option<&wgpu::TextureView> {
        self.views.get(texture?.image)?.as_ref()
    }

    /// Whether pictures have smaller versions: the device is a GPU.
    pub(super) fn filtered(&self) -> bool {
        self.mips
    }

    /// A white pixel, in place of a picture that is not there.
    pub(super) fn white(&self) -> &wgpu::TextureView {
        &self.white
    }

    /// How `texture` is sampled.
    pub(super) fn sampler(&self, gpu: &Gpu, texture: Option<TextureUse>) -> wgpu::Sampler {
        let address = |side: usize| match texture.map_or(Wrap::Repeat, |texture| texture.wrap[side])
        {
            Wrap::Repeat => wgpu::AddressMode::Repeat,
            Wrap::Mirror => wgpu::AddressMode::MirrorRepeat,
            Wrap::Clamp => wgpu::AddressMode::ClampToEdge,
        };
        let filter = if texture.is_some_and(|texture| texture.nearest) {
            wgpu::FilterMode::Nearest
        } else {
            wgpu::FilterMode::Linear
        };
        gpu.device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("avatar"),
            address_mode_u: address(0),
            address_mode_v: address(1),
            mag_filter: filter,
            min_filter: filter,
            mipmap_filter: if self.mips {
                wgpu::MipmapFilterMode::Linear
            } else {
                wgpu::MipmapFilterMode::Nearest
            },
            lod_max_clamp: if self.mips { 32.0 } else { 0.0 },
            ..wgpu::SamplerDescriptor::default()
        })
    }
}
