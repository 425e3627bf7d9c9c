//! Sound cards through `cpal`; without the feature `microphone` there are none.

#[cfg(feature = "microphone")]
pub(super) use with_cpal::{Stream, devices, open};
#[cfg(not(feature = "microphone"))]
pub(super) use without::{Stream, devices, open};

#[cfg(feature = "microphone")]
mod with_cpal {
    use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
    use cpal::{Data, ErrorKind, FromSample, SampleFormat, SizedSample};
    use crossbeam_channel::Sender;

    use super::super::microphone::{Device, Taker};
    use super::super::{Error, Result};

    /// An open device; dropping it closes it. Stays on its thread.
    pub(in super::super) struct Stream {
        _stream: cpal::Stream,
        _quiet: Quiet,
    }

    /// Keeps ALSA from writing to the screen from this thread.
    #[cfg(target_os = "linux")]
    type Quiet = Option<std::rc::Rc<std::cell::RefCell<alsa::Output>>>;
    #[cfg(not(target_os = "linux"))]
    type Quiet = ();

    #[cfg(target_os = "linux")]
    fn quiet() -> Quiet {
        alsa::Output::local_error_handler().ok()
    }
    #[cfg(not(target_os = "linux"))]
    fn quiet() -> Quiet {}

    fn device_error(error: cpal::Error) -> Error {
        Error::Device(error.to_string())
    }

    /// A device's id and its name for people.
    fn names(device: &cpal::Device) -> Option<(String, String)> {
        let id = device.id().ok()?.to_string();
        let name = device
            .description()
            .map_or_else(|_| id.clone(), |description| description.name().to_owned());
        Some((id, name))
    }

    pub(in super::super) fn devices() -> Result<Vec<Device>> {
        let _quiet = quiet();
        let host = cpal::default_host();
        let default = host.default_input_device().and_then(|d| d.id().ok());
        let default = default.map(|id| id.to_string());
        let inputs = host.input_devices().map_err(device_error)?;
        Ok(inputs
            .filter_map(|device| names(&device))
            .map(|(id, name)| Device {
                is_default: default.as_ref() == Some(&id),
                id,
                name,
            })
            .collect())
    }

    /// Opens the device that `wanted` names (its id, or a part of its name) or the default; tells its name and its rate.
    pub(in super::super) fn open(
        wanted: Option<&str>,
        mut taker: Taker,
        gone: Sender<String>,
    ) -> Result<(Stream, String, u32)> {
        let quiet = quiet();
        let device = find(wanted)?;
        let name = names(&device).map_or_else(String::new, |(id, name)| format!("{name} ({id})"));
        let config = device.default_input_config().map_err(device_error)?;
        let (rate_hz, format) = (config.sample_rate(), config.sample_format());
        let channels = usize::from(config.channels()).max(1);
        if mono_of(format).is_none() {
            return Err(Error::Device(format!(
                "{name} gives samples of kind {format}"
            )));
        }
        let stream = device
            .build_input_stream_raw(
                config.config(),
                format,
                move |data: &Data, _: &_| {
                    if let Some(mono) = mono_of(data.sample_format()) {
                        taker.take(mono(data, channels));
                    }
                },
                move |error| match error.kind() {
                    ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {
                        tracing::debug!("microphone: {error}");
                    }
                    _ => {
                        gone.try_send(error.to_string()).ok();
                    }
                },
                None,
            )
            .map_err(device_error)?;
        stream.play().map_err(device_error)?;
        let stream = Stream {
            _stream: stream,
            _quiet: quiet,
        };
        Ok((stream, name, rate_hz))
    }

    fn find(wanted: Option<&str>) -> Result<cpal::Device> {
        let host = cpal::default_host();
        let unknown = |wanted: &str| {
            let known = devices().unwrap_or_default();
            let known: Vec<String> = known.into_iter().map(|device| device.id).collect();
            Error::Unknown {
                wanted: wanted.to_owned(),
                known: if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                },
            }
        };
        let Some(wanted) = wanted else {
            return host
                .default_input_device()
                .ok_or_else(|| unknown("default"));
        };
        let all: Vec<cpal::Device> = host.input_devices().map_err(device_error)?.collect();
        let fits = |exactly: bool| {
            all.iter().find(|device| {
                names(device).is_some_and(|(id, name)| {
                    if exactly {
                        id == wanted
                            || name == wanted
                            || id.split_once(':').is_some_and(|(_, id)| id == wanted)
                    } else {
                        name.to_lowercase().contains(&wanted.to_lowercase())
                    }
                })
            })
        };
        fits(true)
            .or_else(|| fits(false))
            .cloned()
            .ok_or_else(|| unknown(wanted))
    }

    /// How samples of a kind become one channel of floats.
    fn mono_of(format: SampleFormat) -> Option<fn(&Data, usize) -> Vec<f32>> {
        Some(match format {
            SampleFormat::I8 => mono::<i8>,
            SampleFormat::I16 => mono::<i16>,
            SampleFormat::I32 => mono::<i32>,
            SampleFormat::U8 => mono::<u8>,
            SampleFormat::U16 => mono::<u16>,
            SampleFormat::F32 => mono::<f32>,
            SampleFormat::F64 => mono::<f64>,
            _ => return None,
        })
    }

    fn mono<T: SizedSample>(data: &Data, channels: usize) -> Vec<f32>
    where
        f32: FromSample<T>,
    {
        let samples = data.as_slice::<T>().unwrap_or_default();
        samples
            .chunks_exact(channels)
            .map(|frame| {
                let sum: f32 = frame.iter().map(|x| f32::from_sample_(*x)).sum();
                sum / channels as f32
            })
            .collect()
    }
}

#[cfg(not(feature = "microphone"))]
mod without {
    use crossbeam_channel::Sender;

    use super::super::microphone::{Device, Taker};
    use super::super::{Error, Result};

    /// Nothing can be opened.
    pub(in super::super) enum Stream {}

    fn missing<T>() -> Result<T> {
        let words =
            "this zhubo was built without the feature `microphone`: build it with that feature";
        Err(Error::Device(words.to_owned()))
    }

    pub(in super::super) fn devices() -> Result<Vec<Device>> {
        missing()
    }

    pub(in super::super) fn open(
        _wanted: Option<&str>,
        taker: Taker,
        _gone: Sender<String>,
    ) -> Result<(Stream, String, u32)> {
        drop(taker);
        missing()
    }
}
