//! Where a model runs: the execution providers of ONNX Runtime that the engine knows, and how one is asked for.

use std::fmt;
use std::str::FromStr;

use ort::ep::{self, ExecutionProvider as _, ExecutionProviderDispatch};
use serde::Deserialize;

use super::manifest::Precision;

/// Where a lip-sync model runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// The best of the manifest's `runtime.providers` that works here. For the built-in model that is the CPU: a step
    /// takes a third of a millisecond, less than the way to a GPU and back.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// NVIDIA, through CUDA and cuDNN.
    Cuda,
    /// NVIDIA, through TensorRT; builds its engine at the start, which takes a while.
    TensorRt,
    /// Apple.
    CoreMl,
    /// Windows, through DirectX 12.
    DirectMl,
}

impl Device {
    /// Everything that can be asked for.
    pub const ALL: [Self; 6] = [
        Self::Auto,
        Self::Cpu,
        Self::Cuda,
        Self::TensorRt,
        Self::CoreMl,
        Self::DirectMl,
    ];

    /// The name on the command line and in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
            Self::CoreMl => "coreml",
            Self::DirectMl => "directml",
        }
    }

    /// What users call it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Auto => "automatic",
            Self::Cpu => "CPU",
            Self::Cuda => "CUDA",
            Self::TensorRt => "TensorRT",
            Self::CoreMl => "CoreML",
            Self::DirectMl => "DirectML",
        }
    }

    /// What must be installed for it.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Auto | Self::Cpu => "`make setup` installs a runtime for the CPU",
            Self::Cuda => {
                "`pip install onnxruntime-gpu` with CUDA 13 and cuDNN 9 on the loader's path, and give that libonnxruntime.so with --ort-lib or ORT_DYLIB_PATH; or leave the device to `auto`"
            }
            Self::TensorRt => {
                "`pip install onnxruntime-gpu` with CUDA 13, cuDNN 9 and TensorRT 10 (libnvinfer) on the loader's path, and give that libonnxruntime.so with --ort-lib or ORT_DYLIB_PATH; or leave the device to `auto`"
            }
            Self::CoreMl => {
                "CoreML is in the runtime for macOS (`pip install onnxruntime` there); or leave the device to `auto`"
            }
            Self::DirectMl => {
                "`pip install onnxruntime-directml` on Windows and give that onnxruntime.dll with --ort-lib or ORT_DYLIB_PATH; or leave the device to `auto`"
            }
        }
    }

    /// Whether the loaded library was built with it; its own libraries may still be missing.
    pub(super) fn is_built_in(self) -> bool {
        match self {
            Self::Auto | Self::Cpu => Ok(true),
            Self::Cuda => ep::CUDA::is_available(),
            Self::TensorRt => ep::TensorRT::is_available(),
            Self::CoreMl => ep::CoreML::is_available(),
            Self::DirectMl => ep::DirectML::is_available(),
        }
        .unwrap_or(false)
    }

    /// The provider to register, which fails rather than leave the work to the CPU; nothing for the CPU, which is always
    /// there.
    pub(super) fn provider(self, precision: Precision) -> Option<ExecutionProviderDispatch> {
        let half = precision == Precision::F16;
        let provider = match self {
            Self::Auto | Self::Cpu => return None,
            Self::Cuda => ep::CUDA::default().build(),
            Self::TensorRt => ep::TensorRT::default().with_fp16(half).build(),
            Self::CoreMl => ep::CoreML::default().build(),
            Self::DirectMl => ep::DirectML::default().build(),
        };
        Some(provider.error_on_failure())
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Device {
    type Err = UnknownDevice;

    fn from_str(name: &str) -> Result<Self, UnknownDevice> {
        Self::ALL
            .into_iter()
            .find(|device| device.name() == name)
            .ok_or_else(|| UnknownDevice(name.to_owned()))
    }
}

/// A device that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no device `{0}`: there are auto, cpu, cuda, tensorrt, coreml and directml")]
pub struct UnknownDevice(String);
