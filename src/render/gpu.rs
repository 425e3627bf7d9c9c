//! The graphics device: one for each process, shared by all renderers.

use std::sync::{Arc, Mutex, PoisonError};

use super::error::{Error, Result};

/// The environment variable that picks an adapter by a part of its name, for example `llvmpipe`.
pub const ADAPTER_ENV: &str = "ZHUBO_ADAPTER";

/// Which adapter to use.
#[derive(Clone, Debug, Default)]
pub struct GpuOptions {
    /// A part of the adapter's name, any case; the environment variable [`ADAPTER_ENV`] otherwise; without both a real
    /// GPU is taken before a CPU driver, and Vulkan, Metal or DirectX 12 before OpenGL.
    pub adapter: Option<String>,
}

/// An open graphics device.
#[derive(Debug)]
pub struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    info: wgpu::AdapterInfo,
    /// What the driver complained about outside any call of ours; the first words are kept until someone asks.
    trouble: Arc<Mutex<Option<String>>>,
}

impl Gpu {
    /// Opens an adapter.
    ///
    /// # Errors
    /// When there is no adapter, none with the wanted name, or it cannot be opened.
    pub fn new(options: &GpuOptions) -> Result<Self> {
        let wanted = options
            .adapter
            .clone()
            .or_else(|| std::env::var(ADAPTER_ENV).ok())
            .filter(|name| !name.is_empty());
        let fits = |adapter: &wgpu::Adapter| {
            let name = adapter.get_info().name.to_lowercase();
            wanted
                .as_ref()
                .is_none_or(|wanted| name.contains(&wanted.to_lowercase()))
        };
        let mut names = Vec::new();
        let mut chosen = None;
        let allowed = wgpu::InstanceDescriptor::new_without_display_handle_from_env().backends;
        // OpenGL is asked last: its loader complains on stderr where there is no display.
        for backends in [allowed - wgpu::Backends::GL, allowed & wgpu::Backends::GL] {
            if backends.is_empty() || chosen.is_some() {
                continue;
            }
            let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
            descriptor.backends = backends;
            let instance = wgpu::Instance::new(descriptor);
            let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
            adapters.sort_by_key(|adapter| rank(&adapter.get_info()));
            names.extend(adapters.iter().map(|a| a.get_info().name));
            chosen = adapters.into_iter().find(fits);
        }
        let Some(adapter) = chosen else {
            return Err(Error::NoAdapter {
                wanted: wanted.map_or_else(String::new, |name| format!(" named like `{name}`")),
                found: if names.is_empty() {
                    "there is none".into()
                } else {
                    format!("there are: {}", names.join(", "))
                },
            });
        };
        Self::open(&adapter)
    }

    fn open(adapter: &wgpu::Adapter) -> Result<Self> {
        let info = adapter.get_info();
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("zhubo"),
            required_features: wgpu::Features::empty(),
            required_limits: adapter.limits(),
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) =
            pollster::block_on(adapter.request_device(&descriptor)).map_err(|source| {
                Error::OpenDevice {
                    adapter: info.name.clone(),
                    source,
                }
            })?;
        let trouble: Arc<Mutex<Option<String>>> = Arc::default();
        let keep = |trouble: &Mutex<Option<String>>, words: String| {
            trouble
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(words);
        };
        let slot = trouble.clone();
        device.on_uncaptured_error(Arc::new(move |error| keep(&slot, error.to_string())));
        let slot = trouble.clone();
        device.set_device_lost_callback(move |reason, words| {
            // Dropping the device is no trouble.
            if reason != wgpu::DeviceLostReason::Destroyed {
                keep(&slot, format!("the device was lost: {words}"));
            }
        });
        Ok(Self {
            device,
            queue,
            info,
            trouble,
        })
    }

    /// The adapter's name, for example `llvmpipe (LLVM 15.0.6, 256 bits)`.
    pub fn adapter_name(&self) -> &str {
        &self.info.name
    }

    /// Whether the adapter draws on the CPU.
    pub fn is_cpu(&self) -> bool {
        is_cpu(&self.info)
    }

    /// The graphics interface in use, for example `vulkan`.
    pub fn backend(&self) -> &'static str {
        self.info.backend.to_str()
    }

    /// The largest side of a picture, in pixels.
    pub fn max_side(&self) -> u32 {
        self.device.limits().max_texture_dimension_2d
    }

    /// An error when the driver has complained since the last call.
    pub(super) fn check(&self) -> Result<()> {
        let taken = self
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        taken.map_or(Ok(()), |what| Err(self.driver_error(what)))
    }

    /// A driver error in words.
    pub(super) fn driver_error(&self, what: impl Into<String>) -> Error {
        Error::Driver {
            adapter: self.info.name.clone(),
            what: what.into(),
        }
    }
}

fn is_cpu(info: &wgpu::AdapterInfo) -> bool {
    // OpenGL does not say what it runs on; Mesa's CPU drivers say it by name.
    let name = info.name.to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu
        || ["llvmpipe", "softpipe", "swiftshader", "lavapipe"]
            .iter()
            .any(|known| name.contains(known))
}

/// Smaller is better.
fn rank(info: &wgpu::AdapterInfo) -> (bool, bool, u8) {
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other | wgpu::DeviceType::Cpu => 3,
    };
    (is_cpu(info), info.backend == wgpu::Backend::Gl, kind)
}
