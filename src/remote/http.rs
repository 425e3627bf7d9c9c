//! One request at a time over ureq, on a thread of its own, so that the caller can leave at any moment.

use std::io::Read;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::{Deadline, Error, Result, SpeechServer, Spoken, Stop, Timestamps};

/// The most bytes of an answer: ten minutes of 48 kHz 16-bit mono are 58 MB.
const MAX_BODY_BYTES: usize = 64 << 20;
/// Of an answer that is not sound, this much is read to be shown.
const MAX_MESSAGE_BYTES: usize = 4096;
/// Characters of such an answer that go into a message.
const SHOWN_CHARS: usize = 200;
/// Blocks of 64 KiB between the request's thread and the caller, about 1.4 s of 24 kHz sound each.
const BLOCKS_IN_FLIGHT: usize = 4;
/// How often the caller looks at its cancel flag.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The wait before the second try; it doubles with each further one.
const FIRST_BACK_OFF: Duration = Duration::from_millis(250);
/// The longest wait a server may ask for with `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(5);

/// What the request's thread reports.
enum News {
    Head(Head),
    Block(Vec<u8>),
    End,
    Failed(ureq::Error),
}

#[derive(Clone, Debug, Default)]
struct Head {
    status: u16,
    content_type: String,
    retry_after: Option<Duration>,
    location: String,
}

/// How one try ended without sound.
struct Failure {
    error: Error,
    /// The wait before another try, when one makes sense; `None` within leaves it to the back-off.
    retry: Option<Option<Duration>>,
}

/// Sends the request until sound comes back, at most `server.tries` times.
pub(super) fn ask_for_sound(
    server: &SpeechServer,
    request: &serde_json::Value,
    deadline: &Deadline,
) -> Result<Spoken> {
    let url = server.url();
    let mut back_off = FIRST_BACK_OFF;
    let mut tries_left = server.tries.max(1);
    loop {
        tries_left -= 1;
        match try_once(server, &url, request, deadline) {
            Ok(spoken) => return Ok(spoken),
            Err(Failure { error, retry }) => {
                let Some(asked) = retry.filter(|_| tries_left > 0) else {
                    return Err(error);
                };
                let wait = asked.unwrap_or(back_off).min(MAX_RETRY_AFTER);
                back_off *= 2;
                if wait >= deadline.remaining() {
                    return Err(error);
                }
                deadline
                    .wait(wait)
                    .map_err(|stop| stopped(&url, stop, deadline))?;
            }
        }
    }
}

fn stopped(url: &str, stop: Stop, deadline: &Deadline) -> Error {
    let url = url.to_owned();
    match stop {
        Stop::Cancelled => Error::Cancelled { url },
        Stop::TimedOut => Error::TimedOut {
            url,
            secs: deadline.limit().as_secs_f64(),
        },
    }
}

fn try_once(
    server: &SpeechServer,
    url: &str,
    request: &serde_json::Value,
    deadline: &Deadline,
) -> std::result::Result<Spoken, Failure> {
    let news = start(server, url, request, deadline).map_err(|source| Failure {
        error: Error::Connection {
            url: url.to_owned(),
            what: format!("start a thread: {source}"),
        },
        retry: None,
    })?;
    let mut head = Head::default();
    let mut bytes = Vec::new();
    loop {
        match news.recv_timeout(LOOK_EVERY.min(deadline.remaining())) {
            Ok(News::Head(found)) => head = found,
            Ok(News::Block(block)) => {
                bytes.extend_from_slice(&block);
                if head.is_sound(server) && bytes.len() > MAX_BODY_BYTES {
                    return Err(Failure {
                        error: Error::TooLarge {
                            url: url.to_owned(),
                            limit_bytes: MAX_BODY_BYTES,
                        },
                        retry: None,
                    });
                }
                if !head.is_sound(server) && bytes.len() > MAX_MESSAGE_BYTES {
                    return Err(head.refused(server, url, &bytes));
                }
            }
            Ok(News::End) if head.is_sound(server) => {
                return Ok(Spoken {
                    bytes,
                    content_type: head.content_type,
                    words: Vec::new(),
                });
            }
            Ok(News::End) => return Err(head.refused(server, url, &bytes)),
            Ok(News::Failed(_)) if head.status != 0 && !head.is_sound(server) => {
                return Err(head.refused(server, url, &bytes));
            }
            Ok(News::Failed(error)) => {
                return Err(broken(server, url, &error, bytes.len(), deadline));
            }
            Err(RecvTimeoutError::Timeout) => deadline.check().map_err(|stop| Failure {
                error: stopped(url, stop, deadline),
                retry: None,
            })?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure {
                    error: Error::Connection {
                        url: url.to_owned(),
                        what: "the request broke off".to_owned(),
                    },
                    retry: None,
                });
            }
        }
    }
}

/// Starts the request on its own thread. When the caller has left, the thread ends at its next block or time-out.
fn start(
    server: &SpeechServer,
    url: &str,
    request: &serde_json::Value,
    deadline: &Deadline,
) -> std::io::Result<Receiver<News>> {
    let (send, receive) = bounded(BLOCKS_IN_FLIGHT);
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // A redirect would drop the request's body or send the key elsewhere.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("zhubo/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(server.connect_timeout))
        .timeout_connect(Some(server.connect_timeout))
        .timeout_recv_response(Some(server.first_byte_timeout))
        .timeout_global(Some(deadline.remaining()));
    if server.is_local() {
        config = config.proxy(None);
    }
    let agent: ureq::Agent = config.build().into();
    let mut post = agent.post(url).header("Content-Type", "application/json");
    let key = std::env::var(&server.key_env).unwrap_or_default();
    if !key.is_empty() {
        post = post.header("Authorization", format!("Bearer {key}"));
    }
    let body = request.to_string();
    std::thread::Builder::new()
        .name("speech-request".to_owned())
        .spawn(move || {
            // A closed channel means that nobody waits any more.
            match transfer(post, &body, &send) {
                Ok(()) => send.send(News::End).ok(),
                Err(error) => send.send(News::Failed(error)).ok(),
            };
        })?;
    Ok(receive)
}

fn transfer(
    post: ureq::RequestBuilder<ureq::typestate::WithBody>,
    body: &str,
    send: &Sender<News>,
) -> std::result::Result<(), ureq::Error> {
    let response = post.send(body)?;
    let header = |name: &str| {
        let value = response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let head = Head {
        status: response.status().as_u16(),
        content_type: header("content-type"),
        retry_after: header("retry-after").parse().ok().map(Duration::from_secs),
        location: header("location"),
    };
    if send.send(News::Head(head)).is_err() {
        return Ok(());
    }
    let mut reader = response.into_body().into_reader();
    loop {
        let mut block = vec![0; 64 * 1024];
        let count = reader.read(&mut block)?;
        block.truncate(count);
        if count == 0 || send.send(News::Block(block)).is_err() {
            return Ok(());
        }
    }
}

impl Head {
    /// Whether what follows may be sound; what it really is, its bytes will tell.
    fn is_sound(&self, server: &SpeechServer) -> bool {
        let kind = self.content_type.to_ascii_lowercase();
        let is_text = kind.starts_with("text/") || kind.contains("json") || kind.contains("xml");
        self.status == 200
            && match server.timestamps {
                Timestamps::None => !is_text,
                // Sound and times come as JSON.
                Timestamps::Kokoro => kind.contains("json"),
            }
    }

    /// The error for an answer that is not sound.
    fn refused(&self, server: &SpeechServer, url: &str, body: &[u8]) -> Failure {
        let (url, body) = (url.to_owned(), shown(body));
        if (200..300).contains(&self.status) {
            let content_type = if self.content_type.is_empty() {
                "nothing that is named".to_owned()
            } else {
                self.content_type.clone()
            };
            return Failure {
                error: Error::NotSound {
                    url,
                    content_type,
                    body,
                },
                retry: None,
            };
        }
        let hint = match self.status {
            300..=399 => format!(
                " (go to {}: put the final address into base_url)",
                self.location
            ),
            401 | 403 if server.has_key() => {
                format!(" (the key in {} is not accepted)", server.key_env)
            }
            401 | 403 => format!(
                " (it wants a key: set the environment variable {})",
                server.key_env
            ),
            404 => " (nothing there: check base_url, model and voice)".to_owned(),
            429 => " (too many requests, or no credit left)".to_owned(),
            _ => String::new(),
        };
        let may_retry = self.status == 429 || matches!(self.status, 500 | 502..=504);
        Failure {
            error: Error::Status {
                url,
                status: self.status,
                hint,
                body,
            },
            retry: may_retry.then_some(self.retry_after),
        }
    }
}

/// The error for a connection that failed; worth another try unless the address itself is wrong.
fn broken(
    server: &SpeechServer,
    url: &str,
    error: &ureq::Error,
    received: usize,
    deadline: &Deadline,
) -> Failure {
    let url = url.to_owned();
    let may_retry = !matches!(
        error,
        ureq::Error::BadUri(_)
            | ureq::Error::Http(_)
            | ureq::Error::HostNotFound
            | ureq::Error::Tls(_)
    );
    let error = match error {
        ureq::Error::Timeout(ureq::Timeout::Global) => Error::TimedOut {
            url,
            secs: deadline.limit().as_secs_f64(),
        },
        ureq::Error::Timeout(ureq::Timeout::RecvResponse) => Error::TimedOut {
            url,
            secs: server.first_byte_timeout.as_secs_f64(),
        },
        other if received > 0 => Error::Connection {
            url,
            what: format!("the answer is cut off after {received} bytes ({other})"),
        },
        other => Error::Connection {
            url,
            what: other.to_string(),
        },
    };
    Failure {
        error,
        retry: may_retry.then_some(None),
    }
}

/// The beginning of an answer for people: the message of a JSON error, else the text, on one line.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_MESSAGE_BYTES)]);
    let json = serde_json::from_slice::<serde_json::Value>(body).ok();
    let message = json.as_ref().and_then(|json| {
        let error = json
            .get("error")
            .or_else(|| json.get("detail"))
            .or_else(|| json.get("message"))?;
        error.get("message").unwrap_or(error).as_str()
    });
    let words: Vec<&str> = message.unwrap_or(&text).split_whitespace().collect();
    let line: String = words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(SHOWN_CHARS)
        .collect();
    if line.is_empty() {
        "(empty answer)".to_owned()
    } else {
        line
    }
}
