//! WHEP: viewers fetch a room's picture and sound over WebRTC.
//!
//! One server per process with a runtime of its own, so that a flood of HTTP requests cannot touch media. The engine's
//! paced sender feeds a [`RoomFeed`], which never waits. Each viewer has its own peer connection, its own bounded queue
//! and one task that hands audio and video over in the order in which they were released.
//!
//! RTP timestamps are computed from the pts (audio 48 kHz, video 90 kHz, one random offset each), so they stay right
//! over gaps. RTCP sender reports say that RTP time is the time of hand-over, which is right for one paced sender that
//! releases equal pts at the same instant.

mod codecs;
mod keyframes;
mod negotiate;
mod queue;
mod room;
mod viewer;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Runtime;

pub use room::{FeedStats, MIN_IDR_INTERVAL, RoomFeed};

use room::Room;
use viewer::Viewer;

/// Threads that encrypt and send: one carries about 20 viewers at 2.6 Mbit/s with a tenth of a core.
const WORKERS: usize = 2;

/// Why a viewer was not served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The runtime could not be made.
    #[error("start the WebRTC threads")]
    Start(#[source] std::io::Error),
    /// No such room.
    #[error("there is no room `{0}`")]
    UnknownRoom(String),
    /// Every place is taken.
    #[error("room `{room}` already has {viewers} viewers, as many as allowed: try again later")]
    Full {
        /// The room.
        room: String,
        /// How many it has.
        viewers: usize,
    },
    /// What was sent is no SDP offer.
    #[error("the body is not a usable SDP offer: {0}")]
    BadOffer(String),
    /// A correct offer that this server cannot answer.
    #[error("the offer cannot be answered: {0}")]
    Unsupported(String),
    /// No such session.
    #[error("there is no such session: it has ended, POST a new offer")]
    UnknownSession,
    /// No UDP port could be had.
    #[error("open a UDP port on {ip} ({ports}): {cause}")]
    Bind {
        /// The address.
        ip: IpAddr,
        /// Which ports were tried.
        ports: String,
        /// What the operating system said.
        cause: String,
    },
    /// Something else went wrong while answering.
    #[error("answer the offer: {0}")]
    Internal(String),
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// How viewers are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhepOptions {
    /// Where media sockets are opened. A wildcard means every interface except loopback; a loopback address is offered
    /// to viewers as it is.
    pub bind_ips: Vec<IpAddr>,
    /// The UDP ports to use, one per viewer and address; any free one when absent.
    pub udp_ports: Option<RangeInclusive<u16>>,
    /// Addresses to tell viewers instead of the bound ones, for a machine behind one-to-one NAT.
    pub public_ips: Vec<IpAddr>,
    /// The most viewers of one room.
    pub max_viewers_per_room: usize,
}

impl Default for WhepOptions {
    fn default() -> Self {
        Self {
            bind_ips: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            udp_ports: None,
            public_ips: vec![],
            max_viewers_per_room: 100,
        }
    }
}

/// A viewer that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names the session; cannot be guessed.
    pub id: String,
    /// The answer, with all candidates.
    pub answer_sdp: String,
}

/// Serves all rooms of the process.
pub struct WhepServer {
    shared: Arc<Shared>,
    /// Present until dropped.
    runtime: Option<Runtime>,
}

/// What the tasks of the runtime know.
struct Shared {
    options: WhepOptions,
    rooms: Mutex<BTreeMap<String, Arc<Room>>>,
    viewers: Mutex<BTreeMap<String, Arc<Viewer>>>,
    /// Where in the port range to look next.
    next_port: AtomicU16,
}

impl fmt::Debug for WhepServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhepServer")
            .field("options", &self.shared.options)
            .field("sessions", &self.sessions())
            .finish()
    }
}

impl WhepServer {
    /// Starts the runtime. No socket is opened before the first viewer comes.
    ///
    /// # Errors
    /// When the operating system refuses threads.
    pub fn start(options: WhepOptions) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("zhubo-webrtc")
            .enable_all()
            .build()
            .map_err(Error::Start)?;
        Ok(Self {
            shared: Arc::new(Shared {
                options,
                rooms: Mutex::default(),
                viewers: Mutex::default(),
                next_port: AtomicU16::new(0),
            }),
            runtime: Some(runtime),
        })
    }

    /// The feed of a room; makes the room if it is new.
    pub fn room(&self, id: &str) -> RoomFeed {
        let mut rooms = lock(&self.shared.rooms);
        let room = rooms
            .entry(id.to_owned())
            .or_insert_with(|| Arc::new(Room::new(id)));
        RoomFeed {
            room: Arc::clone(room),
        }
    }

    /// Sessions of all rooms, connected or about to be.
    pub fn sessions(&self) -> usize {
        lock(&self.shared.viewers).len()
    }

    /// Answers a viewer's offer. The media starts when the viewer has connected, its picture at the next IDR.
    ///
    /// May be awaited on any runtime. A viewer that does not connect within 15 s is forgotten.
    ///
    /// # Errors
    /// When the room is unknown or full, the offer cannot be used, or no UDP port is free.
    pub async fn accept(&self, room: &str, offer_sdp: &str) -> Result<Session> {
        let room = lock(&self.shared.rooms)
            .get(room)
            .cloned()
            .ok_or_else(|| Error::UnknownRoom(room.to_owned()))?;
        let offer = offer_sdp.to_owned();
        let shared = Arc::clone(&self.shared);
        self.on_runtime(async move { viewer::admit(shared, room, &offer).await })
            .await?
    }

    /// Hands over ICE candidates that the viewer found after its offer, as an SDP fragment (RFC 8840).
    ///
    /// # Errors
    /// When the session is unknown, a candidate cannot be read, or the fragment restarts ICE.
    pub async fn trickle(&self, session_id: &str, fragment: &str) -> Result<()> {
        let viewer = self.viewer(session_id).ok_or(Error::UnknownSession)?;
        let fragment = fragment.to_owned();
        self.on_runtime(async move { viewer.trickle(&fragment).await })
            .await?
    }

    /// The room of a session.
    pub fn room_of(&self, session_id: &str) -> Option<String> {
        self.viewer(session_id)
            .map(|viewer| viewer.room_id().to_owned())
    }

    /// Ends a session. Says whether there was one.
    pub async fn close(&self, session_id: &str) -> bool {
        let Some(viewer) = self.viewer(session_id) else {
            return false;
        };
        viewer.end();
        // The viewer's own task closes the connection; what is awaited here is only that it has.
        self.on_runtime(async move { viewer.ended().await })
            .await
            .is_ok()
    }

    fn viewer(&self, session_id: &str) -> Option<Arc<Viewer>> {
        lock(&self.shared.viewers).get(session_id).cloned()
    }

    /// Runs a task on the media runtime, whoever asks. A panic in it becomes an error.
    async fn on_runtime<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        let Some(runtime) = &self.runtime else {
            return Err(Error::Internal("the server has stopped".to_owned()));
        };
        runtime
            .spawn(task)
            .await
            .map_err(|died| Error::Internal(died.to_string()))
    }
}

impl Drop for WhepServer {
    fn drop(&mut self) {
        for viewer in lock(&self.shared.viewers).values() {
            viewer.end();
        }
        if let Some(runtime) = self.runtime.take() {
            // May be dropped inside another runtime, where waiting is not allowed.
            runtime.shutdown_background();
        }
    }
}

/// 128 bits from the system's generator as hexadecimal digits: a name that nobody can guess.
///
/// # Errors
/// When the system has no randomness to give.
pub fn unguessable() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// Different from call to call; for numbers that need not be secret.
fn random_u64() -> u64 {
    RandomState::new().hash_one(0_u8)
}

/// A lock whose holder cannot have left a half-made state behind, poisoned or not.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
