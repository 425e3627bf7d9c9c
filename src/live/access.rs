//! Who may do what: host names, origins, the operator token, and how many requests at a time.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::refusal::Refusal;
use super::{App, Error, MIN_TOKEN_CHARS, Result};
use crate::output::webrtc::unguessable;

/// Requests being answered at a time, event streams not counted: each takes milliseconds.
const MAX_IN_FLIGHT: usize = 128;
/// Requests that change something: this many at once, then this many a second, from everybody together.
const BURST: f64 = 100.0;
const PER_SEC: f64 = 50.0;

pub(super) struct Access {
    /// Present when the server can be reached from elsewhere.
    token: Option<String>,
    listens_on_loopback: bool,
    allowed_hosts: Vec<String>,
    in_flight: Semaphore,
    bucket: Mutex<Bucket>,
}

/// Chooses the operator token: none on loopback, else the given one or a made-up one.
pub(super) fn choose_token(
    ip: IpAddr,
    given: Option<String>,
    variable: &str,
) -> Result<Option<String>> {
    if ip.is_loopback() {
        return Ok(None);
    }
    match given {
        Some(token) if token.chars().count() < MIN_TOKEN_CHARS => Err(Error::ShortToken {
            variable: variable.to_owned(),
        }),
        Some(token) => Ok(Some(token)),
        None => Ok(Some(unguessable().map_err(Error::Start)?)),
    }
}

impl Access {
    pub(super) fn new(ip: IpAddr, token: Option<String>, allowed_hosts: &[String]) -> Self {
        Self {
            token,
            listens_on_loopback: ip.is_loopback(),
            allowed_hosts: allowed_hosts.to_vec(),
            in_flight: Semaphore::new(MAX_IN_FLIGHT),
            bucket: Mutex::new(Bucket {
                filled: BURST,
                at: None,
            }),
        }
    }

    /// Whether the request may do more than watch.
    pub(super) fn is_operator(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        given.is_some_and(|(_, given)| same(given.trim().as_bytes(), token.as_bytes()))
    }

    /// Refuses whoever may only watch.
    pub(super) fn require_operator(&self, headers: &HeaderMap) -> std::result::Result<(), Refusal> {
        if self.is_operator(headers) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "this needs the operator token: send `Authorization: Bearer TOKEN` (the server prints where it comes from \
             when it starts)",
        )
        .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
    }

    /// On loopback a page from elsewhere could reach us by a name that it points to 127.0.0.1; only our own names count.
    fn check_host(&self, headers: &HeaderMap) -> std::result::Result<(), Refusal> {
        if !self.listens_on_loopback {
            return Ok(());
        }
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .ok_or_else(|| Refusal::bad_request("the request has no Host header"))?;
        let name = host_name(host);
        let is_loopback = name == "localhost"
            || name
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        if is_loopback || self.allowed_hosts.iter().any(|allowed| allowed == name) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!(
                "the host name `{name}` is not ours: use localhost, or listen on another address"
            ),
        ))
    }

    fn check_rate(&self, method: &Method) -> std::result::Result<(), Refusal> {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return Ok(());
        }
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        if bucket.take(Instant::now()) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many requests: try again in a second",
        )
        .with(header::RETRY_AFTER, HeaderValue::from(1)))
    }
}

/// A page of another site may not post here, whatever the browser thinks.
fn check_origin(method: &Method, headers: &HeaderMap) -> std::result::Result<(), Refusal> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else {
        return Ok(());
    };
    if origin
        .split_once("://")
        .is_some_and(|(_, from)| from == host)
    {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        format!("a page of `{origin}` may not do this: open the page from this server"),
    ))
}

/// A host header without its port.
fn host_name(host: &str) -> &str {
    if host.starts_with('[') {
        return host.find(']').map_or(host, |end| &host[..=end]);
    }
    host.split(':').next().unwrap_or(host)
}

/// Compares in a time that tells nothing about where the two differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

struct Bucket {
    filled: f64,
    at: Option<Instant>,
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        let elapsed = self.at.map_or(0.0, |at| (now - at).as_secs_f64());
        self.at = Some(now);
        self.filled = (self.filled + elapsed * PER_SEC).min(BURST);
        let granted = self.filled >= 1.0;
        if granted {
            self.filled -= 1.0;
        }
        granted
    }
}

/// Runs before every handler.
pub(super) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let access = &app.access;
    let checked = access
        .check_host(request.headers())
        .and_then(|()| check_origin(request.method(), request.headers()))
        .and_then(|()| access.check_rate(request.method()));
    let mut response = match (checked, access.in_flight.try_acquire()) {
        (Err(refusal), _) => refusal.into_response(),
        (Ok(()), Err(_)) => {
            Refusal::unavailable("the server is busy: try again in a second", 1).into_response()
        }
        (Ok(()), Ok(_place)) => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn only_our_own_names_count_on_loopback() {
        let access = Access::new([127, 0, 0, 1].into(), None, &["studio.lan".to_owned()]);
        for ours in [
            "localhost:8080",
            "127.0.0.1",
            "127.1.2.3:1",
            "[::1]:8080",
            "studio.lan",
        ] {
            assert!(
                access.check_host(&headers(&[("host", ours)])).is_ok(),
                "{ours}"
            );
        }
        for theirs in [
            "evil.example",
            "localhost.evil.example:8080",
            "10.0.0.1",
            "[::2]",
            "",
        ] {
            assert!(
                access.check_host(&headers(&[("host", theirs)])).is_err(),
                "{theirs}"
            );
        }
        assert!(access.check_host(&headers(&[])).is_err());
    }

    #[test]
    fn a_foreign_page_may_look_but_not_post() {
        let foreign = headers(&[("host", "localhost:1"), ("origin", "http://evil.example")]);
        assert!(check_origin(&Method::POST, &foreign).is_err());
        assert!(check_origin(&Method::GET, &foreign).is_ok());
        let own = headers(&[("host", "localhost:1"), ("origin", "http://localhost:1")]);
        assert!(check_origin(&Method::POST, &own).is_ok());
    }

    #[test]
    fn a_token_is_asked_for_elsewhere_than_on_loopback() {
        let lan: IpAddr = [0, 0, 0, 0].into();
        assert_eq!(
            choose_token([127, 0, 0, 1].into(), None, "T").unwrap(),
            None
        );
        assert!(choose_token(lan, Some("short".into()), "T").is_err());
        let token = choose_token(lan, None, "T").unwrap().unwrap();
        assert_ne!(Some(token.clone()), choose_token(lan, None, "T").unwrap());

        let access = Access::new(lan, Some(token.clone()), &[]);
        let bearer = |token: &str| headers(&[("authorization", &format!("Bearer {token}"))]);
        assert!(access.is_operator(&bearer(&token)));
        assert!(!access.is_operator(&bearer(&token[1..])));
        assert!(!access.is_operator(&bearer("")));
        assert!(!access.is_operator(&headers(&[])));
    }

    #[test]
    fn a_flood_is_slowed_down() {
        let mut bucket = Bucket {
            filled: BURST,
            at: None,
        };
        let start = Instant::now();
        let at_once = (0..1000).filter(|_| bucket.take(start)).count();
        assert_eq!(at_once, 100);
        let later = start + Duration::from_millis(200);
        assert_eq!((0..1000).filter(|_| bucket.take(later)).count(), 10);
    }
}
