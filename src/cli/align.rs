//! `zhubo align`: when each word and phone of a known text sounds.

use std::fmt::Write as _;
use std::fs::File;
use std::path::PathBuf;

use anyhow::Context as _;

use super::say::text_or_stdin;
use super::{Outcome, usage};
use crate::lipsync::{Aligner, Alignment, LipSync, LipSyncOptions, SpokenWord};
use crate::media::{MediaTime, PhoneAlphabet, SAMPLE_RATE_HZ};
use crate::voice::{PronouncedWord, SynthesisContext, pronounce};
use crate::{sound, voice};

/// The longest sound that is read: ten minutes.
const LONGEST_SECS: u32 = 600;

/// When each word and phone of a known text sounds, into a WebVTT file.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Pronunciation comes from espeak-ng: Han characters as Mandarin, the rest as English or as --lang says. A text
that is not what is said is an error (exit code 1).
Examples:
  zhubo align speech.wav --text 'Hello and welcome' -o words.vtt
  zhubo align speech.wav --text - --json < speech.txt
  zhubo align rede.wav --text 'Guten Abend' --lang de --phones"
)]
pub(super) struct Args {
    /// A WAV file of any rate.
    input: PathBuf,
    /// What is said; `-` reads it from stdin.
    #[arg(long)]
    text: String,
    /// The WebVTT file, one cue for each word; stdout by default.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Phones (IPA) instead of words.
    #[arg(long)]
    phones: bool,
    /// A voice of espeak-ng, for example `de` or `en-gb`, that pronounces what is not Han.
    #[arg(long)]
    lang: Option<String>,
    /// JSON on stdout: words, phones and confidence.
    #[arg(long)]
    json: bool,
    /// The model's manifest; the built-in model by default.
    #[arg(long)]
    model: Option<PathBuf>,
    /// The ONNX Runtime library; searched for by default.
    #[arg(long, value_name = "FILE")]
    ort_lib: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Outcome {
    let text = text_or_stdin(args.text)?;
    let text = voice::for_speech(&text);
    if !voice::is_speakable(&text) {
        let problem =
            anyhow::anyhow!("--text holds no letter, character or digit: give what is said");
        return Err(usage(problem));
    }
    if let Some(lang) = &args.lang {
        format!("espeak:{lang}")
            .parse::<voice::Voice>()
            .context("--lang")
            .map_err(usage)?;
    }
    let file = File::open(&args.input)
        .with_context(|| format!("read {}", args.input.display()))
        .map_err(usage)?;
    let wav = sound::wav::read(file, LONGEST_SECS)
        .with_context(|| format!("read {}", args.input.display()))
        .map_err(usage)?;
    let samples = sound::resample(&wav.samples, wav.sample_rate_hz, SAMPLE_RATE_HZ)?;
    let mut lips = LipSync::open(&LipSyncOptions {
        model: args.model,
        runtime_path: args.ort_lib,
        ..LipSyncOptions::default()
    })?;
    let (words, alignment) = lay(&text, args.lang.as_deref(), &samples, &mut lips)
        .with_context(|| format!("align {}", args.input.display()))?;
    for word in words.iter().filter(|word| word.phones.is_empty()) {
        tracing::warn!(
            "`{}` is not pronounced: it has no time of its own",
            word.text
        );
    }
    let vtt = || vtt(&words, &alignment, args.phones);
    if let Some(output) = &args.output {
        std::fs::write(output, vtt()).with_context(|| format!("write {}", output.display()))?;
    }
    if args.json {
        println!("{}", json(&words, &alignment));
    } else if let Some(output) = &args.output {
        let (count, confidence) = (words.len(), alignment.confidence);
        println!(
            "{}: {count} words, confidence {confidence:.2}",
            output.display()
        );
    } else {
        print!("{}", vtt());
    }
    Ok(())
}

/// Lays `text` over its sound at 48 kHz.
pub(super) fn lay(
    text: &str,
    lang: Option<&str>,
    samples: &[f32],
    lips: &mut LipSync,
) -> anyhow::Result<(Vec<PronouncedWord>, Alignment)> {
    let words = pronounce(text, lang, &SynthesisContext::default())?;
    let spoken: Vec<SpokenWord> = words
        .iter()
        .map(|word| SpokenWord {
            phones: word.phones.clone(),
            within: None,
        })
        .collect();
    let posterior = lips
        .hear(samples)?
        .context("this model gives no phones to align with")?;
    let alignment = Aligner::new()?.align(&posterior, &spoken, PhoneAlphabet::Ipa)?;
    Ok((words, alignment))
}

fn vtt(words: &[PronouncedWord], alignment: &Alignment, phones: bool) -> String {
    let mut vtt = "WEBVTT\n".to_owned();
    let mut cue = |text: &str, start: MediaTime, end: MediaTime| {
        // A cue must have a length.
        if end > start {
            let text = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            write!(vtt, "\n{} --> {}\n{text}\n", clock(start), clock(end)).ok();
        }
    };
    if phones {
        for phone in alignment.phones.iter().filter(|phone| phone.phone != "pau") {
            cue(&phone.phone, phone.start, phone.end);
        }
    } else {
        for (word, (start, end)) in words.iter().zip(&alignment.words) {
            cue(&word.text, *start, *end);
        }
    }
    vtt
}

/// `00:01:02.345`
fn clock(time: MediaTime) -> String {
    let millis = time.as_millis_f64().round().max(0.0) as u64;
    let (secs, millis) = (millis / 1000, millis % 1000);
    format!(
        "{:02}:{:02}:{:02}.{millis:03}",
        secs / 3600,
        secs / 60 % 60,
        secs % 60
    )
}

fn json(words: &[PronouncedWord], alignment: &Alignment) -> serde_json::Value {
    let words: Vec<serde_json::Value> = words
        .iter()
        .zip(&alignment.words)
        .map(|(word, (start, end))| {
            serde_json::json!({"word": word.text, "start": start.as_secs_f64(), "end": end.as_secs_f64()})
        })
        .collect();
    let phones: Vec<serde_json::Value> = alignment
        .phones
        .iter()
        .map(|phone| {
            serde_json::json!({
                "phone": phone.phone, "start": phone.start.as_secs_f64(), "end": phone.end.as_secs_f64(),
            })
        })
        .collect();
    serde_json::json!({
        "confidence": alignment.confidence, "weakest": alignment.weakest, "words": words, "phones": phones,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_have_a_clock_and_no_markup() {
        let word = PronouncedWord {
            text: "A&B".to_owned(),
            phones: Vec::new(),
        };
        let alignment = Alignment {
            words: vec![(
                MediaTime::from_millis(3_723_004),
                MediaTime::from_millis(3_723_500),
            )],
            phones: Vec::new(),
            confidence: 0.0,
            weakest: 0.0,
        };
        let expected = "WEBVTT\n\n01:02:03.004 --> 01:02:03.500\nA&amp;B\n";
        assert_eq!(vtt(&[word], &alignment, false), expected);
    }
}
