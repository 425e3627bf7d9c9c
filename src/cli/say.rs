//! `zhubo say`: text to speech.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;

use super::{Outcome, show, usage};
use crate::config::VoiceSection;
use crate::media::{MediaTime, SAMPLE_RATE_HZ};
use crate::{sound, voice};

/// Text to speech, into a WAV file at 48 kHz.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zhubo say 'Hello, and welcome!' -o hello.wav
  zhubo say '大家好' --voice espeak:cmn-latn-pinyin -o hello.wav
  echo 'From a pipe.' | zhubo say - -o pipe.wav
  zhubo say 'Hello' --voice 'command:piper --model voice.onnx --output_file -' -o hello.wav")]
pub(super) struct Args {
    /// What to say; `-` reads it from stdin.
    text: String,
    /// The WAV file.
    #[arg(short, long)]
    output: PathBuf,
    /// espeak:VOICE, flite:VOICE, openai:VOICE, command:PROGRAM ARGS, clip:FILE or tone; by default chosen by language.
    #[arg(long)]
    voice: Option<String>,
    /// Times of words and phones as JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let text = text_or_stdin(args.text)?;
    if text.trim().is_empty() {
        return Err(usage(anyhow::anyhow!(
            "the text is empty: give at least one word"
        )));
    }
    let section = VoiceSection::default();
    let choice = show::voices(&section)?;
    let named = args
        .voice
        .as_deref()
        .map(|name| choice.parse(name))
        .transpose()
        .map_err(usage)?;
    let context = show::synthesis(&section)?;
    let mut samples: Vec<f32> = Vec::new();
    let (mut words, mut phones) = (Vec::new(), Vec::new());
    for sentence in voice::sentences(&text) {
        let voice = named
            .clone()
            .unwrap_or_else(|| choice.for_text(&sentence.text));
        let speech = voice.synthesize(&sentence.text, &context)?;
        let start = samples.len() as f64 / f64::from(SAMPLE_RATE_HZ);
        let audio = speech.at_rate(SAMPLE_RATE_HZ)?;
        let at = |time: MediaTime| start + time.as_secs_f64();
        words.extend(speech.words.iter().map(|word| {
            serde_json::json!({"word": word.text, "start": at(word.start), "end": at(word.end)})
        }));
        phones.extend(speech.phones.iter().map(|phone| {
            serde_json::json!({"phone": phone.phone, "start": at(phone.start), "end": at(phone.end)})
        }));
        samples.extend(audio);
        samples.extend(std::iter::repeat_n(
            0.0,
            sentence.pause_after.0.max(0) as usize,
        ));
    }
    if samples.is_empty() {
        return Err(usage(anyhow::anyhow!(
            "there is nothing to say in this text: it has no letters or digits"
        )));
    }
    sound::wav::write_file(&args.output, &samples, 1, SAMPLE_RATE_HZ)
        .with_context(|| format!("write {}", args.output.display()))?;
    let secs = samples.len() as f64 / f64::from(SAMPLE_RATE_HZ);
    if args.json {
        println!(
            "{}",
            serde_json::json!({"path": args.output, "duration_secs": secs, "words": words, "phones": phones})
        );
    } else {
        println!("{}: {secs:.2} s of speech", args.output.display());
    }
    Ok(())
}

/// `text`, or what stands on the standard input where it is `-`.
pub(super) fn text_or_stdin(mut text: String) -> anyhow::Result<String> {
    if text == "-" {
        text.clear();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("read the text from stdin")?;
    }
    Ok(text)
}
