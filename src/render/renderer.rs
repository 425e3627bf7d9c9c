//! Pictures in, finished frames out, in order. Lives on one thread; the device works on the next picture while the last
//! one is read back and finished.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytemuck::{Pod, Zeroable};
use cpu_time::ThreadTime;
use glam::{Mat4, Quat, Vec3};

use super::contact::Contact;
use super::convert::Converter;
use super::error::{Error, Result};
use super::finish::{Finisher, Order};
use super::gpu::Gpu;
use super::host::{DrawUniform, Host};
use super::light::{self, Studio};
use super::pipelines::Pipelines;
use super::readback::{Readback, stride};
use super::target::{Backdrop, DrawBuffer, Target};
use super::texture::extent;
use super::{Output, Quality, RendererOptions};
use crate::avatar::Avatar;
use crate::media::{HostId, Pose, Size, VideoFrame};
use crate::scene::{Background, Camera, Picture};

/// Finished frames that may wait for the caller: over half a second at 25 fps.
const MAX_WAITING: usize = 16;
/// The longest a picture may take before the device counts as hung.
const HANG: Duration = Duration::from_secs(20);

/// The uniform block of a picture; `Frame` in the shaders.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct FrameUniform {
    clip_from_world: [f32; 16],
    view_from_world: [f32; 16],
    eye_in_world: [f32; 4],
    /// Width and height in pixels.
    picture: [f32; 4],
    studio: Studio,
}

/// One thing to draw: the surface or the outline of a mesh, and its place in the draw buffer.
#[derive(Clone, Debug)]
struct Draw {
    host: HostId,
    mesh: usize,
    place: u32,
    outline: bool,
}

/// A picture that was handed over and is not finished yet.
#[derive(Debug)]
struct InFlight {
    order: Order,
    /// None for a white picture, which needs no drawing.
    drawn: Option<(usize, wgpu::SubmissionIndex)>,
}

/// CPU time of the drawing thread, for benchmarks; the driver's own threads are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Frames measured.
    pub frames: u32,
    /// Posing, morphing and skinning.
    pub pose: Duration,
    /// Handing vertices and uniforms to the driver.
    pub upload: Duration,
    /// Getting at what was drawn: waiting, mapping and unmapping.
    pub readback: Duration,
    /// Taking over the rows and smoothing edges.
    pub smooth: Duration,
    /// Laying captions and labels over the picture.
    pub layers: Duration,
    /// Converting to I420.
    pub convert: Duration,
}

/// Draws pictures of one size.
#[derive(Debug)]
pub struct Renderer {
    gpu: Arc<Gpu>,
    size: Size,
    quality: Quality,
    pipelines: Pipelines,
    hosts: BTreeMap<HostId, Host>,
    target: Target,
    backdrop: Backdrop,
    contact: Contact,
    /// Present where the device finishes pictures itself.
    converter: Option<Converter>,
    frame_buffer: wgpu::Buffer,
    draws: DrawBuffer,
    readback: Readback,
    in_flight: VecDeque<InFlight>,
    finished: VecDeque<VideoFrame>,
    finisher: Finisher,
    timings: Timings,
}

impl Renderer {
    /// A renderer on `gpu`.
    ///
    /// # Errors
    /// When the size cannot be drawn, or the driver refuses something.
    pub fn new(gpu: &Arc<Gpu>, options: &RendererOptions) -> Result<Self> {
        let RendererOptions { size, output, .. } = *options;
        let most = gpu.max_side().min(8192);
        let even = size.width.is_multiple_of(2) && size.height.is_multiple_of(2);
        let fits = |side: u32| (16..=most).contains(&side);
        if !fits(size.width) || !fits(size.height) || (output == Output::I420 && !even) {
            return Err(Error::Size { size, most });
        }
        let quality = match options.quality {
            Quality::Auto if gpu.is_cpu() => Quality::Cpu,
            Quality::Auto => Quality::Gpu,
            chosen => chosen,
        };
        let samples = if quality == Quality::Gpu { 4 } else { 1 };
        let pipelines = Pipelines::new(gpu, samples);
        let device = &gpu.device;
        let frame_buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("frame"),
            size: size_of::<FrameUniform>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut renderer = Self {
            gpu: gpu.clone(),
            size,
            quality,
            hosts: BTreeMap::new(),
            converter: None,
            target: Target::new(gpu, size, samples),
            backdrop: Backdrop::new(gpu, size, samples),
            contact: Contact::new(gpu, &frame_buffer, samples),
            draws: DrawBuffer::new(gpu, &pipelines, &frame_buffer, 64),
            frame_buffer,
            pipelines,
            readback: Readback::new(gpu, size),
            in_flight: VecDeque::new(),
            finished: VecDeque::new(),
            finisher: Finisher::new(size, output, quality),
            timings: Timings::default(),
        };
        if !gpu.is_cpu() {
            renderer.convert_on_device();
        }
        gpu.check()?;
        Ok(renderer)
    }

    /// Lets the device lay layers and convert to I420, as it does by itself on a GPU; dearer on a CPU adapter. Before the
    /// first picture only. `false` where that is not possible: edges are smoothed on the CPU, RGBA is wanted, the width
    /// is no multiple of 8, or the device has no compute shaders.
    pub fn convert_on_device(&mut self) -> bool {
        let possible = self.quality == Quality::Gpu
            && self.finisher.output() == Output::I420
            && self.in_flight.is_empty()
            && Converter::fits(&self.gpu, self.size);
        if possible && self.converter.is_none() {
            self.converter = Some(Converter::new(&self.gpu, &self.target.color, self.size));
        }
        possible
    }

    /// What single steps have cost since the last call.
    pub fn take_timings(&mut self) -> Timings {
        let finished = std::mem::take(&mut self.finisher.timings);
        Timings {
            smooth: finished.smooth,
            layers: finished.layers,
            convert: finished.convert,
            ..std::mem::take(&mut self.timings)
        }
    }

    /// The size of every picture.
    pub fn size(&self) -> Size {
        self.size
    }

    /// `Cpu` or `Gpu`, as decided.
    pub fn quality(&self) -> Quality {
        self.quality
    }

    /// Gives `host` a body; a later call replaces it. Takes up to a second or two for a large avatar.
    ///
    /// # Errors
    /// When the driver refuses something.
    pub fn add_host(&mut self, host: HostId, avatar: Arc<Avatar>) -> Result<()> {
        let mips = self.quality == Quality::Gpu;
        self.contact.stand(host.clone(), Arc::clone(&avatar));
        let body = Host::new(&self.gpu, &mut self.pipelines, avatar, self.size, mips);
        self.hosts.insert(host, body);
        self.gpu.check()
    }

    /// Hands a picture over for drawing. Waits only when all readback buffers are in use.
    ///
    /// # Errors
    /// When the size is wrong, a host has no avatar, finished frames are not taken, or the driver fails.
    pub fn submit(&mut self, picture: &Picture) -> Result<()> {
        if picture.size != self.size {
            return Err(Error::WrongSize {
                picture: picture.size,
                renderer: self.size,
            });
        }
        let unknown = picture
            .hosts
            .iter()
            .find(|placement| !self.hosts.contains_key(&placement.host));
        if let Some(placement) = unknown {
            return Err(Error::UnknownHost(placement.host.clone()));
        }
        if self.finished.len() + self.in_flight.len() >= MAX_WAITING {
            return Err(Error::NotTaken(self.finished.len()));
        }
        let order = Order {
            pts: picture.pts,
            layers: picture.layers.clone(),
            transparent: picture.background == Background::Transparent,
        };
        if picture.flash {
            self.in_flight.push_back(InFlight { order, drawn: None });
            return Ok(());
        }
        while !self.readback.has_free() {
            self.finish_oldest()?;
        }
        let Some(slot) = self.readback.take() else {
            return Ok(());
        };
        let index = self.record(picture, slot);
        if let Err(error) = self.gpu.check() {
            self.readback.release(slot);
            return Err(error);
        }
        self.readback.start_mapping(slot);
        self.in_flight.push_back(InFlight {
            order,
            drawn: Some((slot, index)),
        });
        Ok(())
    }

    /// The next finished frame, in the order of submission, if it is ready. Never waits.
    ///
    /// # Errors
    /// When the driver fails or the frame cannot be converted.
    pub fn poll(&mut self) -> Result<Option<VideoFrame>> {
        if let Some(frame) = self.finished.pop_front() {
            return Ok(Some(frame));
        }
        let Some(oldest) = self.in_flight.front() else {
            return Ok(None);
        };
        if let Some((slot, _)) = oldest.drawn {
            self.poll_device(wgpu::PollType::Poll)?;
            if self.readback.is_pending(slot) {
                return Ok(None);
            }
        }
        self.finish_oldest()?;
        Ok(self.finished.pop_front())
    }

    /// Waits until at most `open` pictures are still being drawn and gives the frames that were not taken yet, in order.
    ///
    /// # Errors
    /// When the driver fails or a frame cannot be converted.
    pub fn take_all_but(&mut self, open: usize) -> Result<Vec<VideoFrame>> {
        while self.in_flight.len() > open {
            self.finish_oldest()?;
        }
        Ok(self.finished.drain(..).collect())
    }

    /// Waits for all pictures and gives the frames that were not taken yet, in order.
    ///
    /// # Errors
    /// When the driver fails or a frame cannot be converted.
    pub fn flush(&mut self) -> Result<Vec<VideoFrame>> {
        self.take_all_but(0)
    }

    /// Draws one picture and waits for it. Frames of earlier pictures stay for [`Renderer::poll`].
    ///
    /// # Errors
    /// As [`Renderer::submit`] and [`Renderer::flush`].
    pub fn draw(&mut self, picture: &Picture) -> Result<VideoFrame> {
        self.submit(picture)?;
        while !self.in_flight.is_empty() {
            self.finish_oldest()?;
        }
        self.finished
            .pop_back()
            .ok_or_else(|| self.gpu.driver_error("no picture came back"))
    }

    fn record(&mut self, picture: &Picture, slot: usize) -> wgpu::SubmissionIndex {
        let gpu = self.gpu.clone();
        self.backdrop.show(&gpu, picture);
        self.contact.prepare(&gpu, picture);
        gpu.queue.write_buffer(
            &self.frame_buffer,
            0,
            bytemuck::bytes_of(&frame_uniform(picture)),
        );
        let draws = self.pose_hosts(picture);
        let mut encoder = gpu
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor {
                label: Some("picture"),
            });
        let copied = self.target.samples == 1 && self.backdrop.shown.is_some();
        if copied {
            encoder.copy_texture_to_texture(
                self.backdrop.texture.as_image_copy(),
                self.target.color.as_image_copy(),
                extent(self.size),
            );
        }
        self.draw_pass(&mut encoder, &draws, copied);
        let into = self.readback.buffer(slot);
        if let Some(converter) = &mut self.converter {
            converter.record(&gpu, &mut encoder, &picture.layers, into);
        } else {
            encoder.copy_texture_to_buffer(
                self.target.color.as_image_copy(),
                wgpu::TexelCopyBufferInfo {
                    buffer: into,
                    layout: wgpu::TexelCopyBufferLayout {
                        offset: 0,
                        bytes_per_row: Some(stride(self.size)),
                        rows_per_image: Some(self.size.height),
                    },
                },
                extent(self.size),
            );
        }
        gpu.queue.submit([encoder.finish()])
    }

    /// Poses all hosts of the picture and says what to draw, in order: surfaces that hide, their outlines, and then
    /// whatever shines through, with its outline right after it.
    fn pose_hosts(&mut self, picture: &Picture) -> Vec<Draw> {
        let mut uniforms: Vec<DrawUniform> = Vec::new();
        let (mut opaque, mut outlines, mut blended) = (Vec::new(), Vec::new(), Vec::new());
        let Camera { eye, target, .. } = picture.camera;
        let forward = (target - eye).normalize_or(Vec3::NEG_Z);
        for placement in &picture.hosts {
            let Some(host) = self.hosts.get_mut(&placement.host) else {
                continue;
            };
            let rest;
            let pose = match picture
                .poses
                .iter()
                .find(|pose| pose.host == placement.host)
            {
                Some(pose) => pose,
                None => {
                    rest = Pose::rest(placement.host.clone());
                    &rest
                }
            };
            let world_from_model = Mat4::from_rotation_translation(
                Quat::from_rotation_y(placement.yaw_deg.to_radians()),
                placement.position,
            );
            let began = ThreadTime::now();
            host.pose(pose, world_from_model, picture.pts);
            let posed = ThreadTime::now();
            host.upload(&self.gpu);
            self.timings.pose += posed.duration_since(began);
            self.timings.upload += posed.elapsed();
            let mut own = Vec::new();
            for mesh in host.order(eye, forward) {
                let surface = Draw {
                    host: placement.host.clone(),
                    mesh,
                    place: u32::try_from(uniforms.len()).unwrap_or(u32::MAX),
                    outline: false,
                };
                uniforms.push(host.uniform(mesh));
                let part = &host.meshes[mesh];
                let outline = part.bound.outline.map(|_| Draw {
                    outline: true,
                    ..surface.clone()
                });
                if part.blends() {
                    blended.push(surface);
                    blended.extend(outline);
                } else {
                    own.push(surface);
                    outlines.extend(outline);
                }
            }
            // Hosts come from back to front; opaque things are cheapest from front to back.
            own.append(&mut opaque);
            opaque = own;
        }
        self.draws
            .fill(&self.gpu, &self.pipelines, &self.frame_buffer, &uniforms);
        opaque.append(&mut outlines);
        opaque.append(&mut blended);
        opaque
    }

    fn draw_pass(&self, encoder: &mut wgpu::CommandEncoder, draws: &[Draw], copied: bool) {
        let load = if copied {
            wgpu::LoadOp::Load
        } else {
            wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT)
        };
        let (view, resolve_target) = self.target.attachment();
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("hosts"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view,
                depth_slice: None,
                resolve_target,
                ops: wgpu::Operations {
                    load,
                    store: wgpu::StoreOp::Store,
                },
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &self.target.depth,
                depth_ops: Some(wgpu::Operations {
                    load: wgpu::LoadOp::Clear(1.0),
                    store: wgpu::StoreOp::Discard,
                }),
                stencil_ops: None,
            }),
            ..wgpu::RenderPassDescriptor::default()
        });
        if !copied
            && self.backdrop.shown.is_some()
            && let Some((pipeline, group)) = &self.backdrop.pass
        {
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, group, &[]);
            pass.draw(0..3, 0..1);
        }
        self.contact.draw(&mut pass);
        for draw in draws {
            let Some(host) = self.hosts.get(&draw.host) else {
                continue;
            };
            let mesh = &host.meshes[draw.mesh];
            let key = if draw.outline {
                mesh.bound.outline
            } else {
                Some(mesh.bound.surface)
            };
            let Some(pipeline) = key.and_then(|key| self.pipelines.get(key)) else {
                continue;
            };
            pass.set_pipeline(pipeline);
            let offset = draw.place * self.draws.step;
            pass.set_bind_group(0, &self.draws.group, &[offset]);
            host.draw(&mut pass, draw.mesh, draw.outline);
        }
    }

    /// Waits for the oldest picture and finishes it.
    fn finish_oldest(&mut self) -> Result<()> {
        let Some(oldest) = self.in_flight.pop_front() else {
            return Ok(());
        };
        let frame = match oldest.drawn {
            None => self.finisher.white(&oldest.order)?,
            Some((slot, index)) => {
                let result = self.read_back(slot, index, &oldest.order);
                let began = ThreadTime::now();
                self.readback.buffer(slot).unmap();
                self.timings.readback += began.elapsed();
                self.readback.release(slot);
                result?
            }
        };
        self.finished.push_back(frame);
        Ok(())
    }

    fn read_back(
        &mut self,
        slot: usize,
        index: wgpu::SubmissionIndex,
        order: &Order,
    ) -> Result<VideoFrame> {
        let began = ThreadTime::now();
        if self.readback.is_pending(slot) {
            self.poll_device(wgpu::PollType::Wait {
                submission_index: Some(index),
                timeout: Some(HANG),
            })?;
        }
        if !self.readback.is_mapped(slot) {
            return Err(self.gpu.driver_error("the picture could not be read back"));
        }
        let rows = self
            .readback
            .buffer(slot)
            .get_mapped_range(..)
            .map_err(|error| self.gpu.driver_error(error.to_string()))?;
        self.timings.readback += began.elapsed();
        self.timings.frames += 1;
        if self.converter.is_some() {
            return Ok(self.finisher.planes(order, &rows));
        }
        self.finisher
            .finish(order, &rows, stride(self.size) as usize)
    }

    fn poll_device(&self, kind: wgpu::PollType) -> Result<()> {
        self.gpu
            .device
            .poll(kind)
            .map_err(|error| self.gpu.driver_error(error.to_string()))?;
        Ok(())
    }
}

fn frame_uniform(picture: &Picture) -> FrameUniform {
    let (camera, size) = (&picture.camera, picture.size);
    let distance = camera.eye.distance(camera.target).max(1e-3);
    let fov_y = camera.fov_y_deg.clamp(1.0, 120.0).to_radians();
    let aspect = size.width as f32 / size.height as f32;
    let projection = Mat4::perspective_rh(fov_y, aspect, 0.05 * distance, 100.0 * distance);
    let forward = (camera.target - camera.eye).normalize_or(Vec3::NEG_Z);
    // Straight up or down there is no up: the top of the picture then points away.
    let up = if forward.cross(Vec3::Y).length_squared() > 1e-8 {
        Vec3::Y
    } else {
        Vec3::NEG_Z
    };
    let view = Mat4::look_to_rh(camera.eye, forward, up);
    FrameUniform {
        clip_from_world: (projection * view).to_cols_array(),
        view_from_world: view.to_cols_array(),
        eye_in_world: camera.eye.extend(1.0).to_array(),
        picture: [size.width as f32, size.height as f32, 0.0, 0.0],
        studio: light::studio(picture.look.light),
    }
}
