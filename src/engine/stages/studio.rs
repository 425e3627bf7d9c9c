//! A renderer with its hosts on a device, made once and again whenever the device is lost.

use std::sync::Arc;

use super::super::Result;
use super::super::clock::Timebase;
use crate::avatar::Avatar;
use crate::media::{FrameRate, HostId, MediaTime};
use crate::render::{Gpu, Quality, Renderer, RendererOptions};
use crate::scene::Picture;

/// Pictures that are timed before a show to see whether a GPU holds the rate.
const TIMED: usize = 9;
/// The share of a frame's time that drawing may take on a GPU; encoding and uploads need the rest.
const MAY_TAKE: f64 = 0.8;

/// What is needed to make a renderer, once or again.
#[derive(Debug)]
pub(super) struct Studio {
    pub(super) options: RendererOptions,
    pub(super) hosts: Vec<(HostId, Arc<Avatar>)>,
    /// Drawn before the show, so that the first frame finds shaders and textures ready.
    pub(super) warm_up: Picture,
    /// A rate that must be held, at the price of a lesser quality where that was left to us.
    pub(super) hold_rate: Option<FrameRate>,
}

/// A studio at work.
#[derive(Debug)]
pub(super) struct Drawing {
    studio: Studio,
    gpu: Arc<Gpu>,
    pub(super) renderer: Renderer,
}

impl Studio {
    pub(super) fn open(self, gpu: Arc<Gpu>) -> Result<Drawing> {
        let renderer = self.build(&gpu)?;
        Ok(Drawing {
            studio: self,
            gpu,
            renderer,
        })
    }

    /// A renderer that has drawn, and holds the rate if any quality does.
    fn build(&self, gpu: &Arc<Gpu>) -> Result<Renderer> {
        let mut renderer = self.renderer(gpu)?;
        let unsure = self.options.quality == Quality::Auto && renderer.quality() == Quality::Gpu;
        if let Some(rate) = self.hold_rate.filter(|_| unsure) {
            let took = self.time(&mut renderer)?;
            if is_too_slow(took, rate) {
                tracing::info!(
                    "a picture takes {:.0} ms on {}: drawn more simply, to hold {:.0} a second",
                    took.as_millis_f64(),
                    gpu.adapter_name(),
                    rate.as_f64()
                );
                let options = RendererOptions {
                    quality: Quality::Cpu,
                    ..self.options
                };
                drop(renderer);
                renderer = self.renderer_with(gpu, &options)?;
            }
        }
        Ok(renderer)
    }

    fn renderer(&self, gpu: &Arc<Gpu>) -> Result<Renderer> {
        self.renderer_with(gpu, &self.options)
    }

    fn renderer_with(&self, gpu: &Arc<Gpu>, options: &RendererOptions) -> Result<Renderer> {
        let mut renderer = Renderer::new(gpu, options)?;
        for (host, avatar) in &self.hosts {
            renderer.add_host(host.clone(), avatar.clone())?;
        }
        // In every outfit, so that none is drawn for the first time on air.
        let avatars = || self.hosts.iter().map(|(_, avatar)| avatar);
        let outfits = avatars().map(|avatar| avatar.outfits().len()).max();
        for outfit in 0..outfits.unwrap_or(0).max(1) {
            let mut picture = self.warm_up.clone();
            for (pose, avatar) in picture.poses.iter_mut().zip(avatars()) {
                let worn = avatar.outfits().get(outfit);
                pose.outfit = worn.map(|worn| worn.id.as_str().into());
            }
            renderer.draw(&picture)?;
        }
        Ok(renderer)
    }

    /// The median time of a warm-up picture.
    fn time(&self, renderer: &mut Renderer) -> Result<MediaTime> {
        let watch = Timebase::start_now();
        let mut spans = Vec::new();
        for _ in 0..TIMED {
            let began = watch.now();
            renderer.draw(&self.warm_up)?;
            spans.push(watch.now() - began);
        }
        spans.sort_unstable();
        Ok(spans[TIMED / 2])
    }
}

fn is_too_slow(took: MediaTime, rate: FrameRate) -> bool {
    took.as_secs_f64() > MAY_TAKE / rate.as_f64()
}

impl Drawing {
    /// Everything anew on the adapter, opened again; with `any` on any other if need be.
    pub(super) fn rebuild(&mut self, any: bool) -> Result<()> {
        let gpu = Arc::new(self.gpu.reopen(any)?);
        self.renderer = self.studio.build(&gpu)?;
        self.gpu = gpu;
        Ok(())
    }

    /// The adapter in use.
    pub(super) fn adapter_name(&self) -> &str {
        self.gpu.adapter_name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_that_leaves_no_time_for_the_rest_of_a_frame_is_too_slow() {
        let rate = FrameRate::whole(25);
        assert!(!is_too_slow(MediaTime::from_millis(20), rate));
        assert!(!is_too_slow(MediaTime::from_millis(31), rate));
        assert!(is_too_slow(MediaTime::from_millis(33), rate));
        assert!(is_too_slow(
            MediaTime::from_millis(20),
            FrameRate::whole(60)
        ));
    }
}
