//! Avatars with random damage that keeps to the structure of the file: numbers, keys and parts of the document are swapped,
//! multiplied and made extreme, bytes of its data are changed. A longer run: `ZHUBO_MUTATION_SECONDS=1800 cargo test --test
//! suite -- --ignored mutations --nocapture`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::hostile::{MAX_PEAK_BYTES, load};
use crate::puppet;

/// Numbers from a seed (Knuth's linear congruential generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count.max(1)
    }
}

/// A GLB's document and binary chunk.
fn parts(glb: &[u8]) -> (Value, Vec<u8>) {
    let json_end = 20 + u32::from_le_bytes(glb[12..16].try_into().unwrap()) as usize;
    let json = serde_json::from_slice(&glb[20..json_end]).unwrap();
    (json, glb.get(json_end + 8..).unwrap_or_default().to_vec())
}

/// The places of all values.
fn places(value: &Value, place: &str, into: &mut Vec<String>) {
    into.push(place.to_owned());
    match value {
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate().take(200) {
                places(value, &format!("{place}/{index}"), into);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{place}/{key}"), into);
            }
        }
        _ => {}
    }
}

fn damage(json: &mut Value, bin: &mut [u8], dice: &mut Dice) {
    if dice.below(3) == 0 && !bin.is_empty() {
        for _ in 0..1 + dice.below(8) {
            let at = dice.below(bin.len());
            bin[at] = [0, 1, 0x7f, 0x80, 0xff, dice.below(256) as u8][dice.below(6)];
        }
        if dice.below(2) == 0 {
            return;
        }
    }
    let mut all = Vec::new();
    places(json, "", &mut all);
    let place = all[dice.below(all.len())].clone();
    let other = json.pointer(&all[dice.below(all.len())]).unwrap().clone();
    let target = json.pointer_mut(&place).unwrap();
    match dice.below(8) {
        0 => *target = other,
        1 => *target = Value::Null,
        2 => {
            if let Value::Array(list) = target
                && !list.is_empty()
            {
                let one = list[dice.below(list.len())].clone();
                let times = [1, 2, 10, 100, 3000][dice.below(5)];
                list.extend(vec![one; times]);
            }
        }
        3 => {
            if let Value::Array(list) = target
                && !list.is_empty()
            {
                list.remove(dice.below(list.len()));
            }
        }
        4 => {
            if let Value::Object(map) = target
                && let Some(key) = map.keys().nth(dice.below(map.len())).cloned()
            {
                map.remove(&key);
            }
        }
        _ => {
            let number = target.as_f64();
            let extremes = [
                json!(0),
                json!(1),
                json!(-1),
                json!(2),
                json!(3),
                json!(255),
                json!(65_535),
                json!(5121),
                json!(5123),
                json!(5125),
                json!(5126),
                json!(1_000_000),
                json!(3_000_000),
                json!(u32::MAX),
                json!(u64::MAX),
                json!(1e30),
                json!(-1e30),
                json!(0.5),
                json!("VEC3"),
                json!("SCALAR"),
                json!("MAT4"),
                json!(true),
            ];
            *target = match number {
                Some(number) if dice.below(2) == 0 => {
                    let step = [1.0, -1.0, 4.0, -4.0, number, 100.0][dice.below(6)];
                    let changed = number + step;
                    if changed >= 0.0 && changed.fract() == 0.0 {
                        json!(changed as u64)
                    } else {
                        json!(changed)
                    }
                }
                _ => extremes[dice.below(extremes.len())].clone(),
            };
        }
    }
}

fn seeds() -> Vec<(Value, Vec<u8>)> {
    let mut seeds = vec![parts(&puppet::glb())];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("fuzz/corpus"), root.join("target/encodings")];
    for folder in folders {
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let bytes = std::fs::read(file.path()).unwrap();
            if bytes.starts_with(b"glTF") {
                seeds.push(parts(&bytes));
            }
        }
    }
    seeds.sort_by_key(|(_, bin)| bin.len());
    seeds
}

fn mutate(seconds: f64, rounds: usize) -> Vec<String> {
    let seeds = seeds();
    let start = Instant::now();
    let (mut taken, mut done, mut failures) = (0, 0, Vec::new());
    for round in 0..rounds {
        if start.elapsed() > Duration::from_secs_f64(seconds) {
            break;
        }
        let mut dice = Dice(round as u64);
        dice.below(2);
        // The small ones are quicker to read, so they are damaged more often.
        let (one, other) = (dice.below(seeds.len()), dice.below(seeds.len()));
        let (mut json, mut bin) = seeds[one.min(other)].clone();
        for _ in 0..1 + dice.below(4) {
            damage(&mut json, &mut bin, &mut dice);
        }
        let bytes = puppet::assemble(&json, &bin);
        let outcome = catch_unwind(|| load(&bytes, "mutated.glb"));
        done += 1;
        let what = match outcome {
            Err(_) => "panic".to_owned(),
            Ok(outcome) if outcome.peak_bytes > MAX_PEAK_BYTES => {
                format!("{} bytes", outcome.peak_bytes)
            }
            Ok(outcome) if outcome.cpu_seconds > 20.0 => format!("{} s", outcome.cpu_seconds),
            Ok(outcome) => {
                taken += usize::from(outcome.result.is_ok());
                continue;
            }
        };
        println!("round {round}: {what}");
        if let Ok(folder) = std::env::var("ZHUBO_MUTATION_KEEP") {
            std::fs::write(format!("{folder}/round-{round}.glb"), &bytes).unwrap();
        }
        failures.push(format!("round {round}: {what}"));
    }
    println!(
        "{done} mutations of {} files, {taken} of them taken",
        seeds.len()
    );
    failures
}

#[test]
fn mutations_are_survived() {
    let failures = mutate(600.0, 200);
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
#[ignore = "as long as ZHUBO_MUTATION_SECONDS says"]
fn mutations_for_a_long_time() {
    let seconds = std::env::var("ZHUBO_MUTATION_SECONDS");
    let seconds = seconds.ok().and_then(|s| s.parse().ok()).unwrap_or(60.0);
    let failures = mutate(seconds, usize::MAX);
    assert!(failures.is_empty(), "{failures:#?}");
}
