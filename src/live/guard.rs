//! Connections with a deadline and a limit, so that clients who open many or trickle bytes cannot occupy the server.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// Connections at a time. Each viewer has about two: one for events, one for requests.
const MAX_CONNECTIONS: usize = 2048;
/// From the first byte of a request to the first byte of its response.
const REQUEST_DEADLINE: Duration = Duration::from_secs(15);
/// How long a connection may be silent. Event streams send a comment more often than that.
const IDLE_DEADLINE: Duration = Duration::from_secs(60);
/// After a failed accept (no file descriptors left, for example).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(super) struct GuardedListener {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl GuardedListener {
    /// Wraps a non-blocking listener; must be called inside the runtime.
    pub(super) fn new(listener: std::net::TcpListener) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::from_std(listener)?,
            places: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        })
    }
}

impl Listener for GuardedListener {
    type Io = GuardedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (GuardedStream, SocketAddr) {
        loop {
            // When all places are taken, newcomers wait in the system's backlog until deadlines have freed one.
            let place = Arc::clone(&self.places).acquire_owned().await;
            match (place, self.listener.accept().await) {
                (Ok(place), Ok((inner, addr))) => {
                    inner.set_nodelay(true).ok();
                    return (GuardedStream::new(inner, place), addr);
                }
                (_, failed) => {
                    tracing::warn!("accept a connection: {:?}", failed.err());
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that fails when its deadline has passed. Only a write moves the deadline on for good; further bytes of a
/// request do not.
pub(super) struct GuardedStream {
    inner: TcpStream,
    _place: OwnedSemaphorePermit,
    deadline: Pin<Box<Sleep>>,
    /// A request has begun and no response yet.
    asked: bool,
}

impl GuardedStream {
    fn new(inner: TcpStream, place: OwnedSemaphorePermit) -> Self {
        Self {
            inner,
            _place: place,
            deadline: Box::pin(tokio::time::sleep(REQUEST_DEADLINE)),
            asked: false,
        }
    }

    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.deadline.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }

    fn wrote<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match written {
            Poll::Ready(Ok(_)) => {
                self.asked = false;
                self.deadline.as_mut().reset(Instant::now() + IDLE_DEADLINE);
            }
            Poll::Pending => self.check(cx)?,
            Poll::Ready(Err(_)) => {}
        }
        written
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        if buf.filled().len() > before && !self.asked {
            self.asked = true;
            self.deadline
                .as_mut()
                .reset(Instant::now() + REQUEST_DEADLINE);
            self.check(cx)?;
        }
        read
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.wrote(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.wrote(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
