//! Speech servers that behave and that do not, on the loopback.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on shall say where"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use zhubo::remote::{Format, SpeechServer};
use zhubo::sound::{beep, wav};
use zhubo::voice::{Error, SynthesisContext, Voice};

type Answer = dyn Fn(usize, &mut TcpStream) + Send + Sync;

/// A server that reads each request and lets `answer` reply; requests are counted from 0.
struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    count: Arc<AtomicUsize>,
}

impl Server {
    fn new(answer: impl Fn(usize, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self {
            port,
            requests: Arc::default(),
            count: Arc::default(),
        };
        let (requests, count) = (Arc::clone(&server.requests), Arc::clone(&server.count));
        let answer: Arc<Answer> = Arc::new(answer);
        std::thread::Builder::new()
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    let number = count.fetch_add(1, Ordering::SeqCst);
                    let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                    std::thread::Builder::new()
                        .spawn(move || serve(number, stream, &requests, &*answer))
                        .unwrap();
                }
            })
            .unwrap();
        server
    }

    fn fixed(head: &'static str, body: Vec<u8>) -> Self {
        Self::new(move |_, stream| reply(stream, head, &body))
    }

    fn options(&self) -> SpeechServer {
        SpeechServer {
            base_url: format!("http://127.0.0.1:{}", self.port),
            model: "test-model".to_owned(),
            key_env: "ZHUBO_TEST_NO_SUCH_KEY".to_owned(),
            ..SpeechServer::default()
        }
    }

    fn speak(&self) -> Result<zhubo::voice::Speech, Error> {
        speak(self.options(), 60_000)
    }

    fn says(&self) -> String {
        chain(&self.speak().unwrap_err())
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

fn serve(number: usize, mut stream: TcpStream, requests: &Mutex<Vec<String>>, answer: &Answer) {
    let mut request = Vec::new();
    let mut block = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length:")
                    .map(|n| n.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                requests.lock().unwrap().push(text);
                break;
            }
        }
        match stream.read(&mut block) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&block[..count]),
        }
    }
    answer(number, &mut stream);
}

/// `head` is the status line's rest and further header lines; the length is added.
fn reply(stream: &mut TcpStream, head: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok();
    stream.write_all(body).ok();
}

fn speak(server: SpeechServer, millis: u64) -> Result<zhubo::voice::Speech, Error> {
    let context = SynthesisContext {
        time_limit: Duration::from_millis(millis),
        server,
        ..SynthesisContext::default()
    };
    "openai:nova"
        .parse::<Voice>()
        .unwrap()
        .synthesize("Hello there.", &context)
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn wav_bytes() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    wav::write(&mut bytes, &beep(400.0, 24_000, 0.3), 1, 24_000).unwrap();
    bytes.into_inner()
}

const WAV: &str = "200 OK\r\nContent-Type: audio/wav";

#[test]
fn a_good_server_is_asked_in_the_agreed_shape() {
    let server = Server::fixed(WAV, wav_bytes());
    let speech = server.speak().unwrap();
    assert!((0.9..1.3).contains(&speech.duration_secs()));
    assert_eq!(speech.sample_rate_hz, 24_000);
    assert_eq!(speech.words.len(), 2);
    let request = server.requests.lock().unwrap()[0].clone();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v1/audio/speech HTTP/1.1"), "{head}");
    assert!(!head.to_lowercase().contains("authorization"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"model": "test-model", "input": "Hello there.", "voice": "nova", "response_format": "wav", "speed": 1.0})
    );
}

#[test]
fn the_key_comes_from_the_environment_and_shows_nowhere() {
    // PATH is a variable that is surely set; its value plays the key.
    let key = std::env::var("PATH").unwrap();
    let server = Server::fixed(
        "401 Unauthorized",
        b"{\"error\": {\"message\": \"bad key\"}}".to_vec(),
    );
    let options = SpeechServer {
        key_env: "PATH".to_owned(),
        ..server.options()
    };
    assert!(!format!("{options:?}").contains(&key));
    let message = chain(&speak(options, 60_000).unwrap_err());
    assert!(
        message.contains("401") && message.contains("bad key") && message.contains("PATH"),
        "{message}"
    );
    assert!(!message.contains(&key));
    assert!(server.requests.lock().unwrap()[0].contains(&format!("Bearer {key}")));
    assert!(
        server
            .says()
            .contains("set the environment variable ZHUBO_TEST_NO_SUCH_KEY")
    );
}

#[test]
fn bare_samples_are_taken() {
    let samples: Vec<u8> = beep(400.0, 24_000, 0.3)
        .iter()
        .flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes())
        .collect();
    let page = SpeechServer {
        format: Format::Pcm,
        ..Server::fixed("200 OK", b"<html><body>no</body></html>".to_vec()).options()
    };
    let message = chain(&speak(page, 60_000).unwrap_err());
    assert!(message.contains("HTML"), "{message}");
    let server = Server::fixed("200 OK\r\nContent-Type: audio/pcm", samples);
    let options = SpeechServer {
        format: Format::Pcm,
        ..server.options()
    };
    let speech = speak(options, 60_000).unwrap();
    assert_eq!(speech.sample_rate_hz, 24_000);
    assert!((0.9..1.3).contains(&speech.duration_secs()));
}

#[test]
fn a_streamed_wav_of_unknown_length_is_taken() {
    let server = Server::new(|_, stream| {
        let mut bytes = wav_bytes();
        bytes[40..44].fill(0xFF);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
            .ok();
        for part in bytes.chunks(1000) {
            stream
                .write_all(format!("{:x}\r\n", part.len()).as_bytes())
                .ok();
            stream.write_all(part).ok();
            stream.write_all(b"\r\n").ok();
        }
        stream.write_all(b"0\r\n\r\n").ok();
    });
    assert!(server.speak().is_ok());
}

#[test]
fn overload_is_tried_again_and_then_told() {
    for status in [
        "429 Too Many Requests\r\nRetry-After: 0",
        "500 Oops",
        "503 Busy",
    ] {
        let server = Server::new(move |number, stream| match number {
            0 => reply(stream, status, b"busy"),
            _ => reply(stream, WAV, &wav_bytes()),
        });
        assert!(server.speak().is_ok(), "{status}");
        assert_eq!(server.count(), 2);
    }
    let server = Server::fixed(
        "429 Too Many Requests\r\nRetry-After: 0",
        b"{\"error\": {\"message\": \"slow down\"}}".to_vec(),
    );
    let message = server.says();
    assert!(
        message.contains("429") && message.contains("slow down"),
        "{message}"
    );
    assert_eq!(server.count(), 3);
    let server = Server::fixed("400 Bad Request", b"no such voice".to_vec());
    let message = server.says();
    assert!(message.contains("400: no such voice"), "{message}");
    assert_eq!(server.count(), 1, "a refusal is not tried again");
}

#[test]
fn a_long_retry_after_does_not_outlive_the_deadline() {
    let server = Server::fixed(
        "429 Too Many Requests\r\nRetry-After: 100000",
        b"later".to_vec(),
    );
    let message = chain(&speak(server.options(), 4_000).unwrap_err());
    assert!(message.contains("429"), "{message}");
    assert_eq!(server.count(), 1);
}

#[test]
fn a_broken_connection_is_tried_again() {
    let server = Server::new(|number, stream| {
        if number > 0 {
            reply(stream, WAV, &wav_bytes());
        }
    });
    assert!(server.speak().is_ok());
    assert_eq!(server.count(), 2);
}

#[test]
fn pages_and_errors_in_disguise_are_shown() {
    let page = b"<html><head><title>Wi-Fi login</title></head></html>".to_vec();
    let message = Server::fixed("200 OK\r\nContent-Type: text/html", page.clone()).says();
    assert!(
        message.contains("text/html") && message.contains("Wi-Fi login"),
        "{message}"
    );
    let message = Server::fixed(
        "200 OK\r\nContent-Type: application/json",
        b"{\"detail\": \"warming up\"}".to_vec(),
    )
    .says();
    assert!(message.contains("begins: warming up"), "{message}");
    // A page that calls itself sound, or nothing at all.
    for head in [WAV, "200 OK"] {
        let message = Server::fixed(head, page.clone()).says();
        assert!(message.contains("HTML"), "{message}");
    }
    let message = Server::fixed(
        "200 OK\r\nContent-Type: audio/mpeg",
        b"ID3\x04 and so on and so on".to_vec(),
    )
    .says();
    assert!(
        message.contains("MP3") && message.contains("audio/mpeg"),
        "{message}"
    );
    let message = Server::fixed(WAV, Vec::new()).says();
    assert!(message.contains("no bytes"), "{message}");
}

#[test]
fn half_a_wav_is_an_error() {
    let mut half = wav_bytes();
    half.truncate(half.len() / 2);
    let message = Server::fixed(WAV, half.clone()).says();
    assert!(message.contains("cut off"), "{message}");
    // The connection breaks before the length that was promised.
    let server = Server::new(move |_, stream| {
        let head = format!(
            "HTTP/1.1 {WAV}\r\nContent-Length: {}\r\n\r\n",
            half.len() * 2
        );
        stream.write_all(head.as_bytes()).ok();
        stream.write_all(&half).ok();
    });
    let message = server.says();
    assert!(message.contains("cut off after"), "{message}");
    assert_eq!(server.count(), 3);
}

#[test]
fn redirects_are_told_and_not_followed() {
    let server = Server::fixed(
        "307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/elsewhere",
        Vec::new(),
    );
    let message = server.says();
    assert!(
        message.contains("http://127.0.0.1:1/elsewhere") && message.contains("base_url"),
        "{message}"
    );
    assert_eq!(server.count(), 1);
}

#[test]
fn a_server_that_hangs_is_given_up() {
    // Neither answers nor closes.
    let server = Server::new(|_, _| std::thread::park());
    let error = speak(server.options(), 300).unwrap_err();
    let message = chain(&error);
    assert!(message.contains("within 0.3 s"), "{message}");
    let options = SpeechServer {
        first_byte_timeout: Duration::from_millis(100),
        tries: 2,
        ..server.options()
    };
    let message = chain(&speak(options, 60_000).unwrap_err());
    assert!(message.contains("within 0.1 s"), "{message}");
}

#[test]
fn a_slow_drip_ends_by_the_deadline() {
    let server = Server::new(|_, stream| {
        stream
            .write_all(format!("HTTP/1.1 {WAV}\r\nContent-Length: 1000000\r\n\r\n").as_bytes())
            .ok();
        for byte in wav_bytes() {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    });
    let message = chain(&speak(server.options(), 500).unwrap_err());
    assert!(message.contains("within 0.5 s"), "{message}");
}

#[test]
fn a_huge_answer_is_cut() {
    let server = Server::new(|_, stream| {
        stream
            .write_all(format!("HTTP/1.1 {WAV}\r\nConnection: close\r\n\r\n").as_bytes())
            .ok();
        let block = vec![0; 1 << 20];
        while stream.write_all(&block).is_ok() {}
    });
    let message = server.says();
    assert!(message.contains("larger than 67108864 bytes"), "{message}");
}

#[test]
fn cancelling_ends_a_request_early() {
    let server = Server::new(|_, _| std::thread::park());
    let cancel = Arc::new(AtomicBool::new(true));
    let context = SynthesisContext {
        cancel,
        time_limit: Duration::from_secs(3600),
        server: server.options(),
    };
    let error = "openai:nova"
        .parse::<Voice>()
        .unwrap()
        .synthesize("Hello", &context)
        .unwrap_err();
    assert!(matches!(error, Error::Cancelled { .. }), "{error}");
}

#[test]
fn nobody_there_is_said() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let options = SpeechServer {
        base_url: format!("http://127.0.0.1:{port}/v1"),
        ..SpeechServer::default()
    };
    let message = chain(&speak(options, 60_000).unwrap_err());
    assert!(
        message.contains("refused") && message.contains("base_url"),
        "{message}"
    );
    let options = SpeechServer {
        base_url: "not an address".to_owned(),
        ..SpeechServer::default()
    };
    assert!(speak(options, 60_000).is_err());
}

#[test]
fn captioned_speech_brings_word_times() {
    // A quarter of a second of silence before the tone: it is cut to 40 ms, and the times move along.
    let mut samples = vec![0.0; 6_000];
    samples.extend(beep(400.0, 24_000, 0.6));
    let pcm: Vec<u8> = samples
        .iter()
        .flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes())
        .collect();
    let times = r#"[{"word":"Hello","start_time":0.25,"end_time":0.5},{"word":"there","start_time":0.5,"end_time":0.85},{"word":".","start_time":0.85,"end_time":0.85}]"#;
    let body = format!("{{\"audio\":\"{}\",\"timestamps\":{times}}}", base64(&pcm));
    let server = Server::new(move |_, stream| {
        reply(
            stream,
            "200 OK\r\nContent-Type: application/json",
            body.as_bytes(),
        );
    });
    let speech = speak(
        SpeechServer {
            timestamps: "kokoro".parse().unwrap(),
            ..server.options()
        },
        60_000,
    )
    .unwrap();
    let request = server.requests.lock().unwrap()[0].clone();
    assert!(
        request.starts_with("POST /dev/captioned_speech "),
        "{request}"
    );
    assert!(
        request.contains("\"response_format\":\"pcm\"")
            && request.contains("\"return_timestamps\":true")
    );
    assert!(speech.words_are_reported);
    let found: Vec<(&str, f64)> = speech
        .words
        .iter()
        .map(|word| (word.text.as_str(), word.start.as_millis_f64()))
        .collect();
    assert_eq!(
        (found[0].0, found[1].0, found.len()),
        ("Hello", "there.", 2)
    );
    assert!(
        (found[0].1 - 40.0).abs() < 15.0 && (found[1].1 - 290.0).abs() < 15.0,
        "{found:?}"
    );

    // What is no captioned speech is said so.
    let plain = Server::fixed(WAV, wav_bytes());
    let options = SpeechServer {
        timestamps: "kokoro".parse().unwrap(),
        ..plain.options()
    };
    let message = chain(&speak(options, 60_000).unwrap_err());
    assert!(message.contains("audio/wav, not the sound"), "{message}");
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| char::from(LETTERS[(bits & 63) as usize]);
    bytes
        .chunks(3)
        .flat_map(|part| {
            let bits = (0..3).fold(0, |bits, i| {
                bits << 8 | u32::from(part.get(i).copied().unwrap_or(0))
            });
            let mut four = [18, 12, 6, 0].map(|shift| letter(bits >> shift));
            four[part.len() + 1..].fill('=');
            four
        })
        .collect()
}
