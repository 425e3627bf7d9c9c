//! flite: English voices that report their phones in time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::media::{MediaTime, PhoneTime};
use crate::remote::Deadline;
use crate::sound::wav;

use super::{Error, MAX_SPEECH_SECS, Result, Speech, Voice, align, process};

/// The most that flite may print of phones: 600 s at 20 phones of 16 bytes each.
const MAX_REPORT_BYTES: usize = 256 * 1024;

/// The voices that every flite has.
const BUILT_IN: [&str; 5] = ["slt", "rms", "awb", "kal16", "kal"];

/// What to do when flite is missing.
pub(super) const REMEDY: &str = "is flite installed? (apt install flite)";

/// A folder of our own for one synthesis; gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path =
                std::env::temp_dir().join(format!("zhubo-voice-{}-{number}", std::process::id()));
            let mut builder = std::fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            // It is ours only when it was not there before.
            match builder.create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

impl Voice {
    pub(super) fn flite(&self, voice: &str, text: &str, deadline: &Deadline) -> Result<Speech> {
        let file_error = |what, path: &Path, source| Error::File {
            voice: self.to_string(),
            what,
            path: path.to_owned(),
            source,
        };
        if !BUILT_IN.contains(&voice) {
            // flite would quietly take another voice.
            self.check_flite(voice)?;
        }
        let folder = Folder::new()
            .map_err(|source| file_error("make a folder in", &std::env::temp_dir(), source))?;
        let (input, output) = (folder.0.join("text"), folder.0.join("speech.wav"));
        std::fs::write(&input, plain_english(text))
            .map_err(|source| file_error("write", &input, source))?;
        let mut command = Command::new("flite");
        command
            .args(["-voice", voice, "-psdur", "-f"])
            .arg(&input)
            .arg("-o")
            .arg(&output);
        let mut report = Vec::new();
        process::run(self, command, "", REMEDY, deadline, &mut |block| {
            let room = MAX_REPORT_BYTES
                .saturating_sub(report.len())
                .min(block.len());
            report.extend_from_slice(&block[..room]);
            Ok(())
        })?;
        let file =
            std::fs::File::open(&output).map_err(|source| file_error("open", &output, source))?;
        let sound =
            wav::read(std::io::BufReader::new(file), MAX_SPEECH_SECS).map_err(|source| {
                Error::Sound {
                    voice: self.to_string(),
                    source,
                    remedy: String::new(),
                }
            })?;
        let length = sound.samples.len() as f64 / f64::from(sound.sample_rate_hz);
        let phones = phones(&String::from_utf8_lossy(&report), length);
        Ok(Speech {
            words: align::words_from_phones(text, &phones),
            samples: sound.samples,
            sample_rate_hz: sound.sample_rate_hz,
            phones,
            ..Speech::default()
        })
    }
}

/// The text in the ASCII that flite reads: typographic marks and accents plain, signs of money behind their number as words,
/// everything else left out.
fn plain_english(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut money = "";
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let in_number = c.is_ascii_digit()
            || (matches!(c, '.' | ',') && chars.peek().is_some_and(char::is_ascii_digit));
        if !money.is_empty() && !in_number {
            out.push_str(money);
            money = "";
        }
        match c {
            ' '..='~' => out.push(c),
            '’' | '‘' => out.push('\''),
            '“' | '”' | '«' | '»' => out.push('"'),
            '—' | '–' | '、' | '，' => out.push_str(", "),
            '…' | '。' => out.push_str(". "),
            '！' => out.push_str("! "),
            '？' => out.push_str("? "),
            '€' => money = " euros ",
            '£' => money = " pounds ",
            '¥' | '￥' => money = " yuan ",
            c => out.push_str(without_accent(c)),
        }
    }
    out.push_str(money);
    out
}

fn without_accent(c: char) -> &'static str {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'À'..='Å' => "A",
        'æ' | 'Æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'Ç' | 'Č' => "C",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'È'..='Ë' => "E",
        'ì'..='ï' | 'ī' => "i",
        'Ì'..='Ï' => "I",
        'ñ' | 'ń' => "n",
        'Ñ' => "N",
        'ò'..='ö' | 'ø' | 'ō' => "o",
        'Ò'..='Ö' | 'Ø' => "O",
        'œ' | 'Œ' => "oe",
        'ß' => "ss",
        'ù'..='ü' | 'ū' => "u",
        'Ù'..='Ü' => "U",
        'ý' | 'ÿ' => "y",
        'š' => "s",
        'ž' => "z",
        _ => " ",
    }
}

/// Reads `-psdur`: a line per piece of text that flite cuts for itself, `phone:end` in seconds from the piece's start.
///
/// The pieces follow each other in the sound. The diphone voices (kal, kal16) render only half of each last pause (0.11 s
/// less than reported, measured), the others up to 6 ms less: what the sound is shorter is taken evenly from the pieces.
fn phones(report: &str, sound_secs: f64) -> Vec<PhoneTime> {
    let pieces: Vec<Vec<(&str, f64)>> = report
        .lines()
        .map(|line| {
            line.split_whitespace()
                .filter_map(|item| {
                    let (phone, end) = item.rsplit_once(':')?;
                    Some((
                        phone,
                        end.parse()
                            .ok()
                            .filter(|end: &f64| end.is_finite() && *end >= 0.0)?,
                    ))
                })
                .collect()
        })
        .filter(|piece: &Vec<_>| !piece.is_empty())
        .collect();
    let reported: f64 = pieces
        .iter()
        .filter_map(|piece| Some(piece.last()?.1))
        .sum();
    let missing = (reported - sound_secs) / pieces.len().max(1) as f64;
    let mut found = Vec::new();
    let mut offset = 0.0;
    for piece in pieces {
        let mut start = 0.0;
        let length = piece.last().map_or(0.0, |(_, end)| *end) - missing;
        for (phone, end) in piece {
            let end = end.min(length).max(start);
            found.push(PhoneTime {
                phone: phone.to_owned(),
                start: MediaTime::from_secs_f64(offset + start),
                end: MediaTime::from_secs_f64(offset + end),
            });
            start = end;
        }
        offset += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flite_gets_what_it_can_read() {
        assert_eq!(
            plain_english("“Café” — don’t pay £3.50, or 5€… 好"),
            "\"Cafe\" ,  don't pay 3.50 pounds , or 5 euros .   "
        );
    }

    #[test]
    fn reports_are_read_and_pieces_put_behind_each_other() {
        let found = phones("pau:0.2 hh:0.3 pau:0.5 \npau:0.1 ow:0.4 pau:0.6 \n", 0.9);
        let shown: Vec<String> = found
            .iter()
            .map(|p| format!("{} {} {}", p.phone, p.start, p.end))
            .collect();
        assert_eq!(
            shown,
            [
                "pau 0.000s 0.200s",
                "hh 0.200s 0.300s",
                "pau 0.300s 0.400s",
                "pau 0.400s 0.500s",
                "ow 0.500s 0.800s",
                "pau 0.800s 0.900s"
            ]
        );
        assert!(phones("", 1.0).is_empty());
        assert!(phones("x y:z a:nan b:-1 :", 1.0).is_empty());
    }
}
