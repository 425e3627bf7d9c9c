//! What a manifest must hold beyond its types: values that make sense and agree with each other.

use std::path::Path;

use super::manifest::{
    Activation, AudioKind, Extra, Init, Layout, Manifest, Numbers, OutputKind, Source, Tensor,
    numbers,
};
use super::retarget;
use super::timing::{Problem, Timing, problem};
use crate::sound::{MAX_RATE_HZ, MIN_RATE_HZ};

/// A tensor of more numbers than this is a mistake in the manifest (16 MB).
const MAX_NUMBERS: usize = 1 << 22;

/// The first thing that is wrong with `manifest`.
pub(super) fn check(manifest: &Manifest) -> Result<(), Problem> {
    file("", &manifest.sha256, &manifest.file)?;
    audio(manifest)?;
    inputs(manifest)?;
    encoder(manifest)?;
    let timing = Timing::of(manifest)?;
    outputs(manifest)?;
    stream(manifest, &timing)?;
    if manifest.runtime.providers.is_empty() {
        let text = "needs one and more, for example [\"cpu\"]";
        return Err(problem("runtime.providers", text.to_owned()));
    }
    Ok(())
}

fn file(section: &str, sha256: &str, file: &Path) -> Result<(), Problem> {
    if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
        let text = "must be 64 hexadecimal digits";
        return Err(problem(&format!("{section}sha256"), text.to_owned()));
    }
    if file.components().count() != 1 || file.file_name().is_none() {
        let text = "must be the name of a file beside the manifest";
        return Err(problem(&format!("{section}file"), text.to_owned()));
    }
    Ok(())
}

fn audio(manifest: &Manifest) -> Result<(), Problem> {
    let audio = &manifest.audio;
    let wrong = |key: &str, text: String| Err(problem(&format!("audio.{key}"), text));
    if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&audio.sample_rate_hz) {
        let text = format!(
            "{} is not within {MIN_RATE_HZ}..={MAX_RATE_HZ}",
            audio.sample_rate_hz
        );
        return wrong("sample_rate_hz", text);
    }
    if !(-60.0..=0.0).contains(&audio.level_dbfs) {
        return wrong(
            "level_dbfs",
            format!("{} is not within -60..=0", audio.level_dbfs),
        );
    }
    if !(audio.full_scale > 0.0 && audio.full_scale.is_finite()) {
        return wrong("full_scale", format!("{} is not above 0", audio.full_scale));
    }
    let half = audio.sample_rate_hz as f32 / 2.0;
    let top = audio.fmax.unwrap_or(half);
    if !(audio.fmin >= 0.0 && audio.fmin < top && top <= half) {
        let text = format!("{}..{top} Hz is no range within 0..={half}", audio.fmin);
        return wrong("fmin, audio.fmax", text);
    }
    if audio.kind == AudioKind::Raw && audio.layout == Layout::FT {
        return wrong("layout", "belongs to features, not to raw sound".to_owned());
    }
    if !(audio.eps > 0.0 && audio.eps.is_finite()) {
        return wrong("eps", format!("{} is not above 0", audio.eps));
    }
    let bands = match audio.kind {
        AudioKind::Raw => 1,
        AudioKind::Mfcc => audio.n_mfcc.unwrap_or(1),
        AudioKind::Logmel | AudioKind::Fbank => audio.n_mels.unwrap_or(1),
    };
    for (key, values) in [("mean", &audio.mean), ("std", &audio.std)] {
        let fine = |value: &f64| value.is_finite() && (key == "mean" || *value > 0.0);
        if !values.spread(bands).is_some_and(|all| all.iter().all(fine)) {
            let text = format!("must be one number or {bands} of them, and a deviation above 0");
            return wrong(key, text);
        }
    }
    Ok(())
}

fn inputs(manifest: &Manifest) -> Result<(), Problem> {
    for state in &manifest.inputs.states {
        held("inputs.states.shape", &state.input, &state.shape)?;
    }
    extras("inputs.extra", &manifest.inputs.extra)
}

fn encoder(manifest: &Manifest) -> Result<(), Problem> {
    let Some(encoder) = &manifest.encoder else {
        return Ok(());
    };
    file("encoder.", &encoder.sha256, &encoder.file)?;
    if manifest.inputs.audio.is_some() {
        let text = "is fed by the [encoder]: list it in encoder.feeds instead";
        return Err(problem("inputs.audio", text.to_owned()));
    }
    extras("encoder.extra", &encoder.extra)?;
    let states = &manifest.inputs.states;
    if states.iter().any(|state| state.init == Init::Silence) {
        let text = "is `silence`, which goes without an [encoder] only";
        return Err(problem("inputs.states.init", text.to_owned()));
    }
    if encoder.feeds.is_empty() {
        let text = "is empty: what the encoder heard must go somewhere";
        return Err(problem("encoder.feeds", text.to_owned()));
    }
    for feed in &encoder.feeds {
        for Tensor { name, shape } in [&feed.from, &feed.to] {
            held("encoder.feeds.shape", name, shape)?;
        }
        let (from, to) = (&feed.from.shape, &feed.to.shape);
        let differing = from.iter().zip(to).filter(|(a, b)| a != b).count();
        if from.len() != to.len() || differing > 1 {
            let text = format!(
                "{from:?} of {} and {to:?} of {} may differ in one side, which is time",
                feed.from.name, feed.to.name
            );
            return Err(problem("encoder.feeds", text));
        }
    }
    Ok(())
}

fn held(key: &str, name: &str, shape: &[usize]) -> Result<usize, Problem> {
    numbers(shape)
        .filter(|&count| count <= MAX_NUMBERS)
        .ok_or_else(|| {
            let text = format!("{shape:?} of {name} must hold 1 to {MAX_NUMBERS} numbers");
            problem(key, text)
        })
}

fn extras(key: &str, extras: &[Extra]) -> Result<(), Problem> {
    for extra in extras {
        let count = held(&format!("{key}.shape"), &extra.name, &extra.shape)?;
        let fits = |values: &Numbers| values.spread(count).is_some();
        if !fits(&extra.value) || !extra.choices.values().all(fits) {
            let text = format!(
                "{}: give one number, or {count} for {:?}",
                extra.name, extra.shape
            );
            return Err(problem(&format!("{key}.value"), text));
        }
        if extra.from.is_none() != extra.choices.is_empty() {
            let text = format!("{}: `from` and `choices` need each other", extra.name);
            return Err(problem(&format!("{key}.choices"), text));
        }
        let known: &[&str] = match extra.from {
            Some(Source::Emotion) => &super::EMOTIONS,
            Some(Source::Style) => &["neutral", "broadcast", "soft"],
            Some(Source::Identity) | None => continue,
        };
        for name in extra.choices.keys() {
            if !known.contains(&name.as_str()) {
                let text = format!("{}: {name} is none of {}", extra.name, known.join(", "));
                return Err(problem(&format!("{key}.choices"), text));
            }
        }
    }
    Ok(())
}

fn outputs(manifest: &Manifest) -> Result<(), Problem> {
    let outputs = &manifest.outputs;
    let wrong = |key: &str, text: String| Err(problem(key, text));
    let frames = &outputs.frames;
    let count = held("outputs.frames.shape", &frames.name, &frames.shape)?;
    let time = frames.time_axis.map_or(1, |axis| frames.shape[axis]);
    let each = count / time;
    let names = retarget::names(outputs);
    if names.len() != each {
        let text = format!(
            "{} names for frames of {each} numbers (shape {:?})",
            names.len(),
            frames.shape
        );
        return wrong("outputs.names", text);
    }
    retarget::check_names(outputs.kind, &names).map_err(|text| problem("outputs.names", text))?;
    if let Some([low, high]) = outputs.range
        && !(low < high && low.is_finite() && high.is_finite())
    {
        return wrong("outputs.range", format!("{low} is not below {high}"));
    }
    if outputs.kind == OutputKind::Classes {
        let layer = outputs.last_layer();
        if layer != Activation::Softmax || outputs.range.is_some() {
            let text = format!(
                "{layer:?} with range {:?}: classes are probabilities; set apply = \"softmax\" for a model that ends in logits",
                outputs.range
            );
            return wrong("outputs.activation", text);
        }
    }
    retarget::check_section(outputs.kind, &manifest.retarget)
}

fn stream(manifest: &Manifest, timing: &Timing) -> Result<(), Problem> {
    let stream = &manifest.stream;
    if let Some(age) = stream.max_state_age {
        if !(age >= 1.0 && age.is_finite()) {
            let text = format!("{age} s is less than one second");
            return Err(problem("stream.max_state_age", text));
        }
        if stream.warmup_steps == 0 || timing.runs_in(age) <= stream.warmup_steps as u64 {
            let text = format!(
                "{} must be above 0 and shorter than max_state_age: states are made anew from so many runs",
                stream.warmup_steps
            );
            return Err(problem("stream.warmup_steps", text));
        }
    }
    if stream.warmup_steps > 10_000 {
        let text = format!("{} is more than 10000", stream.warmup_steps);
        return Err(problem("stream.warmup_steps", text));
    }
    Ok(())
}
