//! The graphics device: opened once for each process and shared by all renderers; one that is lost is replaced by
//! whoever noticed.

use std::sync::{Arc, Mutex, PoisonError};

use super::error::{Error, Result};

/// The environment variable that picks an adapter by a part of its name, for example `llvmpipe`.
pub const ADAPTER_ENV: &str = "ZHUBO_ADAPTER";

/// Which adapter to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The wanted part of the adapter's name.
    wanted: Option<String>,
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
        Self::find(wanted)
    }

    /// Opens the adapter again after it was lost, or what now takes its place; with `any` also one of another name than
    /// was wanted, drawing on the CPU if need be.
    ///
    /// # Errors
    /// As [`Gpu::new`].
    pub fn reopen(&self, any: bool) -> Result<Self> {
        let mut gpu = match Self::find(self.wanted.clone()) {
            Err(_) if any => Self::find(None)?,
            found => found?,
        };
        gpu.wanted.clone_from(&self.wanted);
        Ok(gpu)
    }

    fn find(wanted: Option<String>) -> Result<Self> {
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
            return Err(no_adapter(wanted.as_deref(), &names));
        };
        Self::open(&adapter, wanted)
    }

    fn open(adapter: &wgpu::Adapter, wanted: Option<String>) -> Result<Self> {
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
        // Also told when the device is dropped; then nobody asks any more.
        device.set_device_lost_callback(move |_, words| {
            keep(&slot, format!("the device was lost: {words}"));
        });
        Ok(Self {
            device,
            queue,
            info,
            wanted,
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

    /// Ends the device as a driver that dies would: whatever draws with it fails from now on. For trying what happens
    /// then.
    pub fn lose(&self) {
        self.device.destroy();
        // The callback comes with the next poll.
        self.device.poll(wgpu::PollType::Poll).ok();
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

fn no_adapter(wanted: Option<&str>, names: &[String]) -> Error {
    let remedy = "for drawing on the CPU install `apt install mesa-vulkan-drivers libvulkan1`";
    let backends = std::env::var("WGPU_BACKEND").ok();
    Error::NoAdapter {
        wanted: wanted.map_or_else(String::new, |name| format!(" named like `{name}`")),
        found: match (names.is_empty(), &backends) {
            (false, _) => format!("there are: {}", names.join(", ")),
            (true, Some(backends)) => format!("WGPU_BACKEND={backends} allows none"),
            (true, None) => "there is none".into(),
        },
        remedy: match (names.is_empty(), &backends) {
            (false, _) => format!("change or unset {ADAPTER_ENV}; {remedy}"),
            (true, Some(_)) => format!("unset WGPU_BACKEND; {remedy}"),
            (true, None) => remedy.to_owned(),
        },
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
