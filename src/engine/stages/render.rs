//! Pictures to frames, whatever the driver does.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::{Receiver, Sender};

use super::super::{Error, Result};
use super::Counters;
use crate::avatar::Avatar;
use crate::media::{FrameRate, HostId, VideoFrame};
use crate::render::{Gpu, GpuOptions, Renderer, RendererOptions};
use crate::scene::Picture;

/// A lost device is asked for again this often, in seconds without a picture.
const REBUILD_SECS: f64 = 2.0;
/// So long without a picture is not degraded any more, in seconds.
const GIVE_UP_SECS: f64 = 60.0;

/// What is needed to make a renderer, once or again.
#[derive(Debug)]
pub(super) struct Studio {
    pub(super) options: RendererOptions,
    pub(super) hosts: Vec<(HostId, Arc<Avatar>)>,
    /// Drawn once, so that the first frame finds shaders and textures ready.
    pub(super) warm_up: Picture,
}

impl Studio {
    /// A renderer that has drawn once.
    pub(super) fn build(&self, gpu: &Arc<Gpu>) -> Result<Renderer> {
        let mut renderer = Renderer::new(gpu, &self.options)?;
        for (host, avatar) in &self.hosts {
            renderer.add_host(host.clone(), avatar.clone())?;
        }
        renderer.draw(&self.warm_up)?;
        Ok(renderer)
    }
}

/// Draws pictures. Live, a picture that cannot be drawn is left out, a lost device is opened again, and the host goes on.
pub(super) struct RenderStage {
    pub(super) counters: Arc<Counters>,
    pub(super) rate: FrameRate,
    pub(super) live: bool,
}

impl RenderStage {
    pub(super) fn run(
        self,
        (mut renderer, studio): (Renderer, Studio),
        inbox: &Receiver<Picture>,
        frames: &Sender<VideoFrame>,
    ) -> Result<()> {
        let mut failures = 0u32;
        for picture in inbox {
            let drawn = renderer.submit(&picture).and_then(|()| {
                // Nothing else to do: take the picture now. Else let drawing and finishing overlap by one picture.
                if inbox.is_empty() {
                    renderer.flush()
                } else {
                    renderer.take_all_but(1)
                }
            });
            match drawn {
                Ok(done) => {
                    failures = 0;
                    if !self.pass_on(done, frames) {
                        return Ok(());
                    }
                }
                Err(error) => {
                    failures += 1;
                    self.weigh(failures, error.into())?;
                    if f64::from(failures) % (REBUILD_SECS * self.rate.as_f64()).round() == 0.0
                        && let Some(again) = rebuild(&studio)
                    {
                        renderer = again;
                    }
                }
            }
        }
        let rest = renderer.flush()?;
        self.pass_on(rest, frames);
        Ok(())
    }

    /// `false` when nobody takes frames any more.
    fn pass_on(&self, done: Vec<VideoFrame>, frames: &Sender<VideoFrame>) -> bool {
        done.into_iter().all(|frame| {
            self.counters.drawn.fetch_add(1, Ordering::Relaxed);
            frames.send(frame).is_ok()
        })
    }

    /// A film ends with the first picture that fails; a room bears a minute of them.
    fn weigh(&self, failures: u32, error: Error) -> Result<()> {
        if !self.live || f64::from(failures) > GIVE_UP_SECS * self.rate.as_f64() {
            return Err(error);
        }
        if failures.is_power_of_two() {
            tracing::warn!("a picture could not be drawn ({failures} in a row): {error}");
        }
        Ok(())
    }
}

/// A renderer on a device that is opened anew; `None` when there is still none.
fn rebuild(studio: &Studio) -> Option<Renderer> {
    let built = Gpu::new(&GpuOptions::default())
        .map_err(Error::from)
        .and_then(|gpu| studio.build(&Arc::new(gpu)));
    match built {
        Ok(renderer) => {
            tracing::warn!("the graphics device was opened again");
            Some(renderer)
        }
        Err(error) => {
            tracing::warn!("the graphics device cannot be opened again yet: {error}");
            None
        }
    }
}
