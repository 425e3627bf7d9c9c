//! Phones in time from a text file: `start`, `end`, `phone`, `class`, separated by tabs, in seconds.

use std::path::Path;

use anyhow::{Context as _, ensure};

/// A phone as written down.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Phone {
    /// Seconds.
    pub(super) start: f64,
    /// Seconds, not before `start`.
    pub(super) end: f64,
    pub(super) phone: String,
    /// Its visual class; the phone itself where the file has none.
    pub(super) class: String,
}

/// Reads a file of phones. Lines that begin with `#`, empty ones and a heading (`start ...`) are skipped.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Phone>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            !(line.trim().is_empty() || line.starts_with('#') || line.starts_with("start"))
        })
        .map(|(index, line)| {
            parse(line).with_context(|| {
                let place = format!("{}, line {}", path.display(), index + 1);
                format!(
                    "{place}: expected `start end phone class` with tabs between, times in seconds"
                )
            })
        })
        .collect()
}

fn parse(line: &str) -> anyhow::Result<Phone> {
    let mut cells = line.split('\t').map(str::trim);
    let mut next = |what: &'static str| cells.next().with_context(|| format!("no {what}"));
    let secs = |text: &str| -> anyhow::Result<f64> {
        let secs: f64 = text
            .parse()
            .with_context(|| format!("`{text}` is no time"))?;
        ensure!((0.0..1e6).contains(&secs), "`{text}` is no time");
        Ok(secs)
    };
    let (start, end) = (secs(next("start")?)?, secs(next("end")?)?);
    ensure!(start <= end, "it ends before it starts");
    let phone = next("phone")?.to_owned();
    let class = next("class").map_or_else(|_| phone.clone(), str::to_owned);
    Ok(Phone {
        start,
        end,
        phone,
        class,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_refused() {
        let phone = parse("0.25\t0.5\tp\tPP").unwrap();
        assert_eq!((phone.start, phone.end), (0.25, 0.5));
        assert_eq!((phone.phone.as_str(), phone.class.as_str()), ("p", "PP"));
        assert_eq!(parse("0\t1\tah").unwrap().class, "ah");
        for wrong in [
            "",
            "0.1",
            "0.1\t0.2",
            "a\t0.2\tp",
            "0.2\t0.1\tp",
            "-1\t1\tp",
            "0\tinf\tp",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
