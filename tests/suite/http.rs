//! The HTTP server, asked by hand-written requests: polite ones, wrong ones and hostile ones.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails where it stands, in helper functions too"
)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Receiver;
use zhubo::avatar::Outfit;
use zhubo::engine::{Line, Request, RoomEvent, RoomHandle, RoomSnapshot, RoomState, SayMode};
use zhubo::live::{self, LiveOptions, LiveRoom, SayBox, Server, VoiceOffer, serve_with_token};
use zhubo::media::HostId;
use zhubo::output::webrtc::{WhepOptions, WhepServer};

use crate::whep::Viewer;

/// Reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(40);
const TOKEN: &str = "a token of decent length";

pub(crate) struct Room {
    pub(crate) handle: RoomHandle,
    pub(crate) inbox: Receiver<Request>,
    addr: SocketAddr,
    server: Server,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The status, having checked that a refusal says why.
    pub(crate) fn refused(&self) -> u16 {
        let error = self.json()["error"].as_str().unwrap().to_owned();
        assert!(error.len() > 10, "{error}");
        self.status
    }
}

pub(crate) fn on_air() -> Room {
    start("127.0.0.1:0", None, WhepOptions::default())
}

fn start(listen: &str, token: Option<&str>, whep: WhepOptions) -> Room {
    let (handle, inbox) = RoomHandle::new("demo", |voice| match voice {
        "tone" => Ok(()),
        other => Err(format!("there is no voice `{other}`")),
    });
    let outfits = ["blazer", "casual"].map(|id| Outfit {
        id: id.into(),
        name: id.to_uppercase(),
        triangles: 0,
    });
    let wave: Vec<std::sync::Arc<str>> = vec!["wave".into(), "挥手".into()];
    let hosts = ["lina", "chen"].map(HostId::new);
    let handle = handle.with_outfits(&outfits, 0).with_cast(hosts, [wave]);
    handle.publish(RoomSnapshot {
        state: RoomState::Idle,
        now: Some(Line {
            id: 7,
            text: "hello".into(),
        }),
        ..RoomSnapshot::default()
    });
    let room = LiveRoom {
        handle: handle.clone(),
        title: "<Tea & \"cakes\">".into(),
        voices: vec![VoiceOffer {
            id: "tone".into(),
            label: "Tone".into(),
            language: "en".into(),
        }],
        language: None,
        say_box: SayBox::Shown,
    };
    let options = LiveOptions {
        listen: listen.parse().unwrap(),
        ..LiveOptions::default()
    };
    let whep = Arc::new(WhepServer::start(whep).unwrap());
    let server = serve_with_token(&options, vec![room], whep, token.map(Into::into)).unwrap();
    let addr = SocketAddr::from(([127, 0, 0, 1], server.addr().port()));
    Room {
        handle,
        inbox,
        addr,
        server,
    }
}

fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends bytes and reads until the server closes.
fn raw(addr: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = connect(addr);
    // The server may answer and close before it has read everything.
    stream.write_all(request).ok();
    let mut answer = vec![];
    stream.read_to_end(&mut answer).ok();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    Answer {
        status: status.unwrap_or_else(|| panic!("no status in `{answer}`")),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

pub(crate) fn ask(
    room: &Room,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request += &format!("Host: {}\r\n", room.addr);
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += "\r\n";
    raw(room.addr, &[request.as_bytes(), body].concat())
}

pub(crate) fn get(room: &Room, path: &str) -> Answer {
    ask(room, "GET", path, &[], b"")
}

fn say(room: &Room, body: &str) -> Answer {
    let json = [("Content-Type", "application/json")];
    ask(room, "POST", "/api/rooms/demo/say", &json, body.as_bytes())
}

#[test]
fn a_line_is_queued_or_refused_with_a_reason() {
    let room = on_air();
    let answer = say(&room, r#"{"text": "你好", "voice": "tone", "mode": "now"}"#);
    assert_eq!(
        (answer.status, answer.json()["id"].as_u64()),
        (200, Some(1))
    );
    let Request::Say(line) = room.inbox.try_recv().unwrap() else {
        panic!("a line was said")
    };
    let [sentence] = &line.sentences[..] else {
        panic!("{line:?}")
    };
    assert_eq!(
        (sentence.line_id, sentence.text.as_str(), line.mode),
        (1, "你好", SayMode::Now)
    );

    for (body, status) in [
        (r#"{"text": ""}"#, 422),
        (r#"{"text": " \n\t "}"#, 422),
        (r#"{"text": "hi", "voice": "nobody"}"#, 400),
        (r#"{"text": "hi", "speed": 2}"#, 422),
        (r#"{"txt": "hi"}"#, 422),
        (r#"{"text": 5}"#, 422),
        ("hello", 400),
        ("", 400),
    ] {
        assert_eq!(say(&room, body).refused(), status, "{body}");
    }
    let plain = [("Content-Type", "text/plain")];
    let wrong_type = ask(
        &room,
        "POST",
        "/api/rooms/demo/say",
        &plain,
        b"{\"text\": \"hi\"}",
    );
    assert_eq!(wrong_type.refused(), 415);
    let nowhere = [("Content-Type", "application/json")];
    let unknown = ask(
        &room,
        "POST",
        "/api/rooms/other/say",
        &nowhere,
        b"{\"text\": \"hi\"}",
    );
    assert_eq!(unknown.refused(), 404);
    assert!(room.inbox.is_empty());
}

#[test]
fn long_texts_are_taken_up_to_a_limit_that_is_told() {
    let room = on_air();
    let text = |chars: usize| format!(r#"{{"text": "{}"}}"#, "字".repeat(chars));
    assert_eq!(say(&room, &text(100_000)).status, 200);
    let escaped = format!(r#"{{"text": "{}"}}"#, "\\u5b57".repeat(100_000));
    assert_eq!(say(&room, &escaped).status, 200);
    let over = say(&room, &text(100_001));
    assert_eq!(over.refused(), 422);
    assert!(over.body.contains("100001") && over.body.contains("100000"));
    assert_eq!(say(&room, &text(1_000_000)).refused(), 413);
    assert_eq!(room.inbox.len(), 2);
}

#[test]
fn rooms_tell_how_they_are() {
    let room = on_air();
    let rooms = get(&room, "/api/rooms").json();
    assert_eq!(rooms["rooms"][0]["id"], "demo");
    assert_eq!(rooms["rooms"][0]["state"], "idle");
    let one = get(&room, "/api/rooms/demo").json();
    assert_eq!(
        (one["now"]["id"].as_u64(), one["voices"][0]["id"].as_str()),
        (Some(7), Some("tone"))
    );
    assert_eq!(get(&room, "/api/rooms/other").refused(), 404);
    assert_eq!(get(&room, "/healthz").status, 200);
    assert_eq!(get(&room, "/readyz").status, 200);
    room.handle.publish(RoomSnapshot::default());
    assert_eq!(get(&room, "/readyz").status, 503);
    assert_eq!(get(&room, "/healthz").status, 200);
    assert_eq!(get(&room, "/nothing").refused(), 404);
    assert_eq!(ask(&room, "DELETE", "/api/rooms", &[], b"").refused(), 405);
}

#[test]
fn pages_are_strict_and_hold_no_foreign_markup() {
    let room = on_air();
    let page = get(&room, "/watch/demo");
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<Tea"), "the title became markup");
    assert!(page.body.contains("&lt;Tea &amp;"));
    assert!(!page.body.contains("{room}") && !page.body.contains("{title}"));
    for path in ["/watch/demo", "/"] {
        let page = get(&room, path);
        let policy = page.header("Content-Security-Policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.header("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(page.header("Access-Control-Allow-Origin"), None);
        for (_, file) in page.body.match_indices("/page/").map(|(at, _)| {
            let rest = &page.body[at..];
            (at, &rest[..rest.find('"').unwrap()])
        }) {
            assert_eq!(get(&room, file).status, 200, "{file}");
        }
    }
    assert_eq!(get(&room, "/watch/other").refused(), 404);
    assert_eq!(get(&room, "/page/../../../etc/passwd").refused(), 404);
    assert_eq!(get(&room, "/page/%2e%2e%2fCargo.toml").refused(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn whep_follows_the_draft() {
    let room = start(
        "127.0.0.1:0",
        None,
        WhepOptions {
            max_viewers_per_room: 1,
            ..WhepOptions::default()
        },
    );
    let sdp = [("Content-Type", "application/sdp")];
    let offer = |room: &Room, body: &[u8]| ask(room, "POST", "/whep/demo", &sdp, body);
    let viewer = Viewer::new().await;
    let good = viewer.offer.as_bytes();

    assert_eq!(offer(&room, b"hello").refused(), 400);
    assert_eq!(offer(&room, b"").refused(), 400);
    assert_eq!(offer(&room, b"v=0\r\n\xff\xfe").refused(), 400);
    assert_eq!(offer(&room, b"v=0\r\ns=-\r\n").refused(), 422);
    assert_eq!(offer(&room, &vec![b'a'; 1 << 20]).refused(), 413);
    assert_eq!(ask(&room, "POST", "/whep/other", &sdp, good).refused(), 404);
    let json = [("Content-Type", "application/json")];
    let wrong_type = ask(&room, "POST", "/whep/demo", &json, good);
    assert_eq!(wrong_type.refused(), 415);
    assert_eq!(wrong_type.header("Accept-Post"), Some("application/sdp"));
    assert_eq!(get(&room, "/whep/demo").refused(), 405);
    let options = ask(&room, "OPTIONS", "/whep/demo", &[], b"");
    assert_eq!(
        (options.status, options.header("Accept-Post")),
        (204, Some("application/sdp"))
    );

    let created = offer(&room, good);
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.header("Content-Type"), Some("application/sdp"));
    assert!(created.body.starts_with("v=0") && created.body.contains("H264"));
    let session = created.header("Location").unwrap();
    assert!(session.starts_with("/whep/demo/"), "{session}");
    viewer.take_answer(created.body.clone()).await;

    let full = offer(&room, Viewer::new().await.offer.as_bytes());
    assert_eq!(full.refused(), 503);
    assert!(full.header("Retry-After").is_some());

    let patch = |media_type: &str, body: &str| {
        let headers = [("Content-Type", media_type)];
        ask(&room, "PATCH", session, &headers, body.as_bytes()).status
    };
    const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
    let candidate = "a=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host\r\n";
    assert_eq!(patch(FRAGMENT, candidate), 204);
    assert_eq!(patch("application/sdp", candidate), 415);
    assert_eq!(
        patch(FRAGMENT, "a=ice-ufrag:fresh\r\na=ice-pwd:fresh\r\n"),
        422
    );
    assert_eq!(patch(FRAGMENT, "a=candidate:nonsense\r\n"), 400);

    assert_eq!(
        ask(&room, "DELETE", "/whep/demo/0123", &[], b"").refused(),
        404
    );
    let elsewhere = session.replace("demo", "other");
    assert_eq!(ask(&room, "DELETE", &elsewhere, &[], b"").refused(), 404);
    assert_eq!(ask(&room, "DELETE", session, &[], b"").status, 200);
    assert_eq!(ask(&room, "DELETE", session, &[], b"").refused(), 404);
    assert_eq!(
        offer(&room, Viewer::new().await.offer.as_bytes()).status,
        201
    );

    for state in [RoomState::Starting, RoomState::Ended] {
        room.handle.publish(RoomSnapshot {
            state,
            ..RoomSnapshot::default()
        });
        let not_yet = offer(&room, good);
        assert_eq!(not_yet.refused(), 503);
        assert!(not_yet.header("Retry-After").is_some());
    }
    // A server may not be dropped inside a runtime's thread without care; this one is.
    drop(room);
}

#[test]
fn names_and_origins_of_others_are_refused_on_loopback() {
    let room = on_air();
    for (host, status) in [
        ("localhost:1", 200),
        ("[::1]", 200),
        ("evil.example", 403),
        ("10.1.2.3", 403),
    ] {
        let answer = ask(&room, "GET", "/healthz", &[("Host", host)], b"");
        assert_eq!(answer.status, status, "{host}");
    }
    let foreign = [
        ("Content-Type", "application/json"),
        ("Origin", "http://evil.example"),
    ];
    let answer = ask(
        &room,
        "POST",
        "/api/rooms/demo/say",
        &foreign,
        b"{\"text\": \"hi\"}",
    );
    assert_eq!(answer.refused(), 403);
    let preflight = [
        ("Origin", "http://evil.example"),
        ("Access-Control-Request-Method", "POST"),
    ];
    let answer = ask(&room, "OPTIONS", "/whep/demo", &preflight, b"");
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
}

#[test]
fn elsewhere_than_on_loopback_only_watching_is_free() {
    let room = start("0.0.0.0:0", Some(TOKEN), WhepOptions::default());
    for free in ["/", "/watch/demo", "/page/watch.js", "/healthz", "/readyz"] {
        assert_eq!(get(&room, free).status, 200, "{free}");
    }
    for guarded in ["/api/rooms", "/api/rooms/demo"] {
        let answer = get(&room, guarded);
        assert_eq!(answer.refused(), 401);
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
        let wrong = [("Authorization", "Bearer of bad news, quite long")];
        assert_eq!(ask(&room, "GET", guarded, &wrong, b"").refused(), 401);
        let bearer = format!("Bearer {TOKEN}");
        let right = [("Authorization", bearer.as_str())];
        assert_eq!(ask(&room, "GET", guarded, &right, b"").status, 200);
    }
    assert_eq!(say(&room, r#"{"text": "hi"}"#).refused(), 401);
    let json = [("Content-Type", "application/json")];
    let outfit = br#"{"outfit": "casual"}"#;
    let refused = ask(&room, "POST", "/api/rooms/demo/outfit", &json, outfit);
    assert_eq!(refused.refused(), 401);
    assert!(
        !room.server.console_url().contains(TOKEN),
        "a token of the operator's is not shown"
    );

    let made_up = start("0.0.0.0:0", None, WhepOptions::default());
    let token = made_up.server.made_up_token().unwrap();
    assert!(
        made_up
            .server
            .console_url()
            .ends_with(&format!("/#token={token}"))
    );
    assert_eq!(get(&made_up, "/api/rooms").refused(), 401);
}

/// Reads an event stream until it has `text`.
fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = String::new();
    let mut buffer = [0; 4096];
    while !read.contains(text) {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the stream ended after: {read}");
        read += std::str::from_utf8(&buffer[..count]).unwrap();
    }
    read
}

#[test]
fn events_reach_viewers_and_the_stream_ends_with_the_server() {
    let room = start("0.0.0.0:0", Some(TOKEN), WhepOptions::default());
    let subscribe = |authorization: &str| {
        let mut stream = connect(room.addr);
        write!(
            stream,
            "GET /api/rooms/demo/events HTTP/1.1\r\nHost: x\r\n{authorization}\r\n"
        )
        .unwrap();
        let head = read_until(&mut stream, "event: caption");
        assert!(
            head.contains("text/event-stream") && head.contains("event: state"),
            "{head}"
        );
        stream
    };
    let mut viewer = subscribe("");
    let mut operator = subscribe(&format!("Authorization: Bearer {TOKEN}\r\n"));
    for event in [
        RoomEvent::Incident("the voice is gone".into()),
        RoomEvent::Mark("price".into()),
        RoomEvent::State(RoomState::Speaking),
        RoomEvent::Caption("两行\nof words".into()),
    ] {
        room.handle.announce(&event);
    }
    let seen = read_until(&mut viewer, "of words");
    assert!(
        seen.contains("event: state") && seen.contains(r#"{"text":"两行\nof words"}"#),
        "{seen}"
    );
    assert!(
        !seen.contains("incident") && !seen.contains("mark"),
        "{seen}"
    );
    let seen = read_until(&mut operator, "of words");
    assert!(
        seen.contains("event: incident") && seen.contains("event: mark"),
        "{seen}"
    );

    let addr = room.server.addr();
    room.server.shutdown();
    let mut rest = vec![];
    viewer.read_to_end(&mut rest).ok();
    TcpListener::bind(addr).unwrap();
}

#[test]
fn clients_who_trickle_or_flood_do_not_stop_the_others() {
    let room = on_air();
    let slow: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = connect(room.addr);
            stream
                .write_all(b"POST /api/rooms/demo/say HTTP/1.1\r\nHo")
                .unwrap();
            stream
        })
        .collect();
    let mut half = connect(room.addr);
    half.write_all(b"POST /whep/demo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 999\r\n\r\nv=0")
        .unwrap();
    assert_eq!(get(&room, "/healthz").status, 200);

    for garbage in [
        &b"\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: \x00\r\n\r\n",
        b"POST /whep/demo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    ] {
        let mut stream = connect(room.addr);
        stream.write_all(garbage).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = vec![];
        stream.read_to_end(&mut answer).ok();
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
    }
    let long = format!("/{}", "x".repeat(500_000));
    assert!((400..500).contains(&get(&room, &long).status));

    let statuses: Vec<u16> = (0..200)
        .map(|_| say(&room, r#"{"text": ""}"#).status)
        .collect();
    assert!(statuses.contains(&429), "a flood is slowed down");
    assert_eq!(get(&room, "/healthz").status, 200);

    // Those who never finish are cut off; this takes the server's deadline of 15 s.
    for mut stream in slow.into_iter().take(3).chain([half]) {
        let mut answer = vec![];
        stream.read_to_end(&mut answer).ok();
        assert!(!answer.starts_with(b"HTTP/1.1 2"));
    }
}

#[test]
fn what_cannot_start_says_why() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (handle, _inbox) = RoomHandle::new("demo", |_| Ok(()));
    let serve = |listen: SocketAddr, handles: &[RoomHandle], token: Option<&str>| {
        let rooms = handles
            .iter()
            .map(|handle| LiveRoom {
                handle: handle.clone(),
                title: String::new(),
                voices: vec![],
                language: None,
                say_box: SayBox::Hidden,
            })
            .collect();
        let options = LiveOptions {
            listen,
            ..LiveOptions::default()
        };
        let whep = Arc::new(WhepServer::start(WhepOptions::default()).unwrap());
        serve_with_token(&options, rooms, whep, token.map(Into::into))
    };
    let loopback: SocketAddr = ([127, 0, 0, 1], 0).into();
    let in_use = serve(taken.local_addr().unwrap(), &[], None);
    assert!(matches!(in_use, Err(live::Error::Listen { .. })));
    let twice = serve(loopback, &[handle.clone(), handle.clone()], None);
    assert!(matches!(twice, Err(live::Error::RoomId(_))));
    let (odd, _inbox) = RoomHandle::new("../x", |_| Ok(()));
    assert!(matches!(
        serve(loopback, &[odd], None),
        Err(live::Error::RoomId(_))
    ));
    let weak = serve(([0, 0, 0, 0], 0).into(), &[handle], Some("1234"));
    assert!(matches!(weak, Err(live::Error::ShortToken { .. })));
}
