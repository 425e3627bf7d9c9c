//! Sound from outside: WAV files honest and otherwise, and the chain from a voice's rate to the mix.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on shall say where"
)]

use std::io::Cursor;

use proptest::prelude::*;
use zhubo::sound::wav::{self, Parser};
use zhubo::sound::{Error, Limiter, Mixer, Resampler, Source, beep, gated_rms_dbfs, resample};

/// A WAV with any format, any announced length and any bytes of sound.
struct Forged<'a> {
    tag: u16,
    channels: u16,
    rate: u32,
    bits: u16,
    announced: u32,
    before: &'a [u8],
    sound: &'a [u8],
}

impl Default for Forged<'_> {
    fn default() -> Self {
        Self {
            tag: 1,
            channels: 1,
            rate: 16_000,
            bits: 16,
            announced: 4,
            before: &[],
            sound: &[0, 64, 0, 192],
        }
    }
}

impl Forged<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut out = b"RIFF\0\0\0\0WAVE".to_vec();
        out.extend_from_slice(self.before);
        out.extend_from_slice(b"fmt \x10\0\0\0");
        out.extend_from_slice(&self.tag.to_le_bytes());
        out.extend_from_slice(&self.channels.to_le_bytes());
        out.extend_from_slice(&self.rate.to_le_bytes());
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&self.bits.to_le_bytes());
        out.extend_from_slice(b"data");
        out.extend_from_slice(&self.announced.to_le_bytes());
        out.extend_from_slice(self.sound);
        out
    }

    fn read(&self) -> zhubo::sound::Result<wav::Wav> {
        wav::read(Cursor::new(self.bytes()), 10)
    }
}

#[test]
fn every_encoding_gives_the_same_sound() {
    let half = [0.5f32, -0.5];
    let encode = |bits: u16, tag: u16| -> Vec<u8> {
        let one = |s: f32| match (tag, bits) {
            (1, 8) => vec![(s * 128.0 + 128.0) as u8],
            (1, 16) => ((s * 32_768.0) as i16).to_le_bytes().to_vec(),
            (1, 24) => ((s * 8_388_608.0) as i32).to_le_bytes()[..3].to_vec(),
            (1, 32) => ((f64::from(s) * 2_147_483_648.0) as i32)
                .to_le_bytes()
                .to_vec(),
            (3, 32) => s.to_le_bytes().to_vec(),
            _ => f64::from(s).to_le_bytes().to_vec(),
        };
        half.into_iter().flat_map(one).collect()
    };
    for (tag, bits) in [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)] {
        let sound = encode(bits, tag);
        let forged = Forged {
            tag,
            bits,
            announced: sound.len() as u32,
            sound: &sound,
            ..Forged::default()
        };
        assert_eq!(forged.read().unwrap().samples, half, "{tag} {bits}");
    }
}

#[test]
fn stereo_is_mixed_down() {
    let forged = Forged {
        channels: 2,
        ..Forged::default()
    };
    assert_eq!(forged.read().unwrap().samples, [0.0]);
}

#[test]
fn unknown_lengths_mean_until_the_end() {
    for announced in [0, 0x7FFF_F000, 0x7FFF_FFFF, u32::MAX] {
        let forged = Forged {
            announced,
            ..Forged::default()
        };
        assert_eq!(forged.read().unwrap().samples.len(), 2, "{announced:#x}");
    }
}

#[test]
fn lying_headers_are_refused_with_reasons() {
    let says = |forged: Forged<'_>| forged.read().unwrap_err().to_string();
    let plain = Forged::default;
    assert!(
        says(Forged {
            announced: 400,
            ..plain()
        })
        .contains("announces 400 bytes of sound, 4 are there")
    );
    assert!(
        says(Forged {
            channels: 0,
            ..plain()
        })
        .contains("0 channels")
    );
    assert!(
        says(Forged {
            channels: 99,
            ..plain()
        })
        .contains("99 channels")
    );
    assert!(says(Forged { rate: 0, ..plain() }).contains("0 Hz"));
    assert!(
        says(Forged {
            rate: u32::MAX,
            ..plain()
        })
        .contains("Hz")
    );
    assert!(
        says(Forged {
            bits: 12,
            ..plain()
        })
        .contains("12 bits")
    );
    assert!(says(Forged { bits: 0, ..plain() }).contains("0 bits"));
    assert!(says(Forged { tag: 7, ..plain() }).contains("mu-law"));
    assert!(
        says(Forged {
            tag: 0x55,
            ..plain()
        })
        .contains("MP3")
    );
    assert!(
        says(Forged {
            before: b"LIST\xff\xff\xff\x7f",
            ..plain()
        })
        .contains("before any sound")
    );
    let long = vec![0; 2 * 16_000 * 11];
    let too_long = Forged {
        announced: u32::MAX,
        sound: &long,
        ..plain()
    };
    assert!(matches!(
        too_long.read(),
        Err(Error::TooLong { limit_secs: 10 })
    ));
}

#[test]
fn other_files_are_called_by_their_names() {
    for (bytes, name) in [
        (&b"<!DOCTYPE html><html>"[..], "HTML"),
        (b"{\"error\": \"no\"}...", "JSON"),
        (b"ID3\x04aaaaaaaaaaaaa", "MP3"),
        (b"OggS\0\0\0\0\0\0\0\0\0\0", "Ogg"),
        (b"fLaC\0\0\0\0\0\0\0\0\0\0", "FLAC"),
        (b"RIFF\0\0", "inside its header"),
        (b"", "no bytes"),
        (b"hello world, hello world", "do not start like a WAV"),
    ] {
        let message = wav::read(bytes, 10).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.wav");
    wav::write_file(&path, &[0.25, -0.25, 2.0, f32::NAN], 1, 48_000).unwrap();
    let back = wav::read(std::fs::File::open(&path).unwrap(), 10).unwrap();
    assert_eq!(back.sample_rate_hz, 48_000);
    assert_eq!(back.samples, [0.25, -0.25, 32_767.0 / 32_768.0, 0.0]);
    assert!(wav::write_file(&folder.path().join("no/x.wav"), &[], 1, 48_000).is_err());
}

#[test]
fn a_voice_goes_through_the_whole_chain() {
    let voice = resample(&beep(440.0, 48_000, 0.9), 48_000, 22_050).unwrap();
    let mut resampler = Resampler::new(22_050, 48_000).unwrap();
    let mut at_48k = Vec::new();
    resampler.push(&voice, &mut at_48k).unwrap();
    resampler.finish(&mut at_48k).unwrap();
    assert_eq!(at_48k.len(), 48_000);
    let mut mixer = Mixer::new(2);
    let mut limiter = Limiter::new(2);
    let bed = vec![0.5; 2 * 960];
    let (mut block, mut all) = (Vec::new(), Vec::new());
    for (index, part) in at_48k.chunks(960).enumerate() {
        if index == 25 {
            mixer.set_gain(0, 0.0, 480);
            mixer.set_gain(1, 0.0, 480);
        }
        mixer.mix(&[Source::Mono(part), Source::Stereo(&bed)], 960, &mut block);
        limiter.process(&mut block);
        all.extend_from_slice(&block);
    }
    assert!(all.iter().all(|s| s.abs() <= 0.8913), "the limiter holds");
    assert!(
        all[2 * (25 * 960 + 480)..].iter().all(|s| *s == 0.0),
        "faded out"
    );
    let left: Vec<f32> = all.iter().step_by(2).copied().collect();
    let step = left
        .windows(2)
        .map(|w| (w[1] - w[0]).abs())
        .fold(0.0, f32::max);
    assert!(
        step < 0.6,
        "the bed comes in at once in this test; nothing else may step: {step}"
    );
    let fade = &left[25 * 960 - 1..26 * 960];
    let step = fade
        .windows(2)
        .map(|w| (w[1] - w[0]).abs())
        .fold(0.0, f32::max);
    assert!(step < 0.06, "a click of {step}");
    assert!(gated_rms_dbfs(&left, 48_000).is_some());
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = wav::read(bytes.as_slice(), 10);
    }

    #[test]
    fn any_damage_is_survived(at in 0usize..48, value in any::<u8>(), end in 0usize..48) {
        let mut bytes = Forged::default().bytes();
        let length = bytes.len();
        bytes[at % length] = value;
        bytes.truncate(end.max(1));
        let _ = wav::read(bytes.as_slice(), 10);
    }

    #[test]
    fn pieces_do_not_matter(cuts in prop::collection::vec(1usize..40, 1..10), announced in prop::sample::select(vec![0u32, 300, u32::MAX])) {
        let sound: Vec<u8> = (0..300).map(|i| i as u8).collect();
        let bytes = Forged { channels: 2, bits: 24, announced, before: b"LIST\x03\0\0\0abc\0", sound: &sound, ..Forged::default() }.bytes();
        let mut parser = Parser::new(10);
        let mut rest = bytes.as_slice();
        for cut in cuts {
            let (piece, more) = rest.split_at(cut.min(rest.len()));
            parser.push(piece).unwrap();
            rest = more;
        }
        parser.push(rest).unwrap();
        prop_assert_eq!(parser.finish().unwrap(), wav::read(bytes.as_slice(), 10).unwrap());
    }
}
