//! Rooms on air: the HTTP server with viewer page, operator's console, WHEP and the room API.
//!
//! Runs on threads of its own. It knows a room by its [`RoomHandle`] and its viewers through the [`WhepServer`]; nothing
//! here can hold up media.

mod access;
mod act;
mod api;
mod events;
mod guard;
mod pages;
mod refusal;
mod whep;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::engine::{RoomEvent, RoomHandle};
use crate::output::webrtc::{RoomFeed, WhepServer};
use access::Access;

/// Threads that answer requests.
const WORKERS: usize = 2;
/// How long open requests may take to finish when the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be had.
    #[error("listen on {addr}: another address is chosen with --listen, any free port with port 0")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The threads could not be made.
    #[error("start the HTTP threads")]
    Start(#[source] std::io::Error),
    /// A room id that cannot stand in a URL, or two rooms with one id.
    #[error("room id `{0}`: ids are unique and made of a-z, 0-9, - and _")]
    RoomId(String),
    /// The token is too short to protect anything.
    #[error(
        "the operator token in {variable} is shorter than {MIN_TOKEN_CHARS} characters: choose a longer one"
    )]
    ShortToken {
        /// The environment variable.
        variable: String,
    },
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// An operator token has at least this many characters.
pub const MIN_TOKEN_CHARS: usize = 16;

/// How the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// The address; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The environment variable that holds the operator token. Needed only when listening elsewhere than on loopback; a
    /// token is made up when it is not set.
    pub token_env: String,
    /// Host names under which the server may be asked besides `localhost` when it listens on loopback (a proxy's).
    pub allowed_hosts: Vec<String>,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            token_env: "ZHUBO_TOKEN".to_owned(),
            allowed_hosts: vec![],
        }
    }
}

/// A voice to choose on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceOffer {
    /// What `say` takes, for example `flite:slt`.
    pub id: String,
    /// What people read, for example `English`.
    pub label: String,
    /// The language it speaks, as in `en` or `zh`.
    pub language: String,
}

/// A room to serve.
#[derive(Clone, Debug)]
pub struct LiveRoom {
    /// Its door; the room's id is in every URL.
    pub handle: RoomHandle,
    /// Its title for people.
    pub title: String,
    /// Voices to choose from on the page; the first is the room's own.
    pub voices: Vec<VoiceOffer>,
    /// The language of the pages, `zh` or `en`; the visitor's own when absent.
    pub language: Option<String>,
    /// Whether viewers get a box in which to type what the host says.
    pub say_box: SayBox,
}

/// Whether the viewer page has a box to type in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SayBox {
    /// Only watching.
    #[default]
    Hidden,
    /// Viewers make the host speak (the demo room).
    Shown,
}

/// What request handlers share.
struct App {
    rooms: BTreeMap<String, Room>,
    whep: Arc<WhepServer>,
    access: Access,
    /// Becomes true when the server stops.
    stopping: watch::Receiver<bool>,
}

struct Room {
    handle: RoomHandle,
    feed: RoomFeed,
    events: broadcast::Sender<RoomEvent>,
    title: String,
    voices: Vec<VoiceOffer>,
    language: Option<String>,
    say_box: SayBox,
}

/// The running HTTP server; stops when dropped.
pub struct Server {
    addr: SocketAddr,
    token: Option<String>,
    made_up_token: bool,
    stop: watch::Sender<bool>,
    serving: Option<JoinHandle<std::io::Result<()>>>,
    runtime: Option<Runtime>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.addr)
    }
}

/// Starts to serve `rooms`. Their WHEP feeds are `whep.room(id)`.
///
/// # Errors
/// When the address cannot be had, a room id is wrong, or the token is too short.
pub fn serve(options: &LiveOptions, rooms: Vec<LiveRoom>, whep: Arc<WhepServer>) -> Result<Server> {
    let token = std::env::var(&options.token_env).ok();
    serve_with_token(options, rooms, whep, token)
}

/// Like [`serve`], with the operator token given instead of looked up.
///
/// # Errors
/// As [`serve`].
pub fn serve_with_token(
    options: &LiveOptions,
    rooms: Vec<LiveRoom>,
    whep: Arc<WhepServer>,
    token: Option<String>,
) -> Result<Server> {
    let listen_error = |source| Error::Listen {
        addr: options.listen,
        source,
    };
    let listener = TcpListener::bind(options.listen).map_err(listen_error)?;
    listener.set_nonblocking(true).map_err(listen_error)?;
    let addr = listener.local_addr().map_err(listen_error)?;

    let made_up_token = !addr.ip().is_loopback() && token.is_none();
    let token = access::choose_token(addr.ip(), token, &options.token_env)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("zhubo-http")
        .enable_all()
        .build()
        .map_err(Error::Start)?;
    let (stop, stopping) = watch::channel(false);
    let mut served = BTreeMap::new();
    for room in rooms {
        let id = room.handle.id().to_owned();
        let proper = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if id.is_empty() || !id.chars().all(proper) || served.contains_key(&id) {
            return Err(Error::RoomId(id));
        }
        let events = events::bridge(&room.handle, &stop).map_err(Error::Start)?;
        let room = Room {
            feed: whep.room(&id),
            handle: room.handle,
            events,
            title: room.title,
            voices: room.voices,
            language: room.language,
            say_box: room.say_box,
        };
        served.insert(id, room);
    }
    let app = Arc::new(App {
        rooms: served,
        whep,
        access: Access::new(addr.ip(), token.clone(), &options.allowed_hosts),
        stopping: stopping.clone(),
    });
    let listener = {
        let _inside = runtime.enter();
        guard::GuardedListener::new(listener).map_err(listen_error)?
    };
    let mut until_stop = stopping;
    let serving = runtime.spawn(
        axum::serve(listener, api::router(app))
            .with_graceful_shutdown(async move {
                until_stop.wait_for(|stop| *stop).await.ok();
            })
            .into_future(),
    );
    Ok(Server {
        addr,
        token,
        made_up_token,
        stop,
        serving: Some(serving),
        runtime: Some(runtime),
    })
}

impl Server {
    /// The address that is listened on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The server's address for a browser on this machine, without a slash at the end.
    pub fn url(&self) -> String {
        let ip = self.addr.ip();
        let ip = match ip {
            IpAddr::V4(v4) if v4.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            other => other,
        };
        format!("http://{}", SocketAddr::new(ip, self.addr.port()))
    }

    /// The viewer page of a room.
    pub fn watch_url(&self, room: &str) -> String {
        format!("{}/watch/{room}", self.url())
    }

    /// The console, to be printed at start. Carries the token when it was made up at start; a token from the environment
    /// is never shown.
    pub fn console_url(&self) -> String {
        match &self.token {
            Some(token) if self.made_up_token => format!("{}/#token={token}", self.url()),
            _ => format!("{}/", self.url()),
        }
    }

    /// The operator token that was made up at start, if one was needed and none was set.
    pub fn made_up_token(&self) -> Option<&str> {
        self.token.as_deref().filter(|_| self.made_up_token)
    }

    /// Stops: no new requests, open ones get two seconds. Not to be called on an async thread.
    pub fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let (Some(runtime), Some(serving)) = (self.runtime.take(), self.serving.take()) {
            runtime.block_on(async {
                tokio::time::timeout(SHUTDOWN_GRACE, serving).await.ok();
            });
            runtime.shutdown_background();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(runtime) = self.runtime.take() {
            // May be dropped inside another runtime, where waiting is not allowed.
            runtime.shutdown_background();
        }
    }
}
