//! How long to wait for what is outside: programs and servers hang by the wall clock, so this is the one place here that
//! reads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Why to stop waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The time is over.
    TimedOut,
    /// Nobody wants the result any more.
    Cancelled,
}

/// A limit on waiting, and a flag that ends it early.
#[derive(Clone, Debug)]
pub struct Deadline {
    started: Instant,
    limit: Duration,
    cancel: Arc<AtomicBool>,
}

impl Deadline {
    /// A deadline `limit` from now; setting `cancel` ends the waiting at once.
    #[allow(
        clippy::disallowed_methods,
        reason = "a program or server that hangs can only be given up by the wall clock; no media time comes from here"
    )]
    pub fn new(limit: Duration, cancel: Arc<AtomicBool>) -> Self {
        Self {
            started: Instant::now(),
            limit,
            cancel,
        }
    }

    /// How long may still be waited.
    pub fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.started.elapsed())
    }

    /// How long may be waited in all.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// When the time is over or the flag is set.
    pub fn check(&self) -> Result<(), Stop> {
        if self.cancel.load(Ordering::Relaxed) {
            Err(Stop::Cancelled)
        } else if self.remaining().is_zero() {
            Err(Stop::TimedOut)
        } else {
            Ok(())
        }
    }

    /// Waits for `span`, less when there is a reason to stop.
    ///
    /// # Errors
    /// As [`Deadline::check`].
    pub fn wait(&self, span: Duration) -> Result<(), Stop> {
        let waiting = Self::new(span, Arc::clone(&self.cancel));
        loop {
            self.check()?;
            let left = waiting.remaining().min(self.remaining());
            if left.is_zero() {
                return self.check();
            }
            // Short naps, so that the flag is seen soon.
            std::thread::park_timeout(left.min(Duration::from_millis(20)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_for_time_and_for_the_flag() {
        let cancel = Arc::new(AtomicBool::new(false));
        let open = Deadline::new(Duration::from_secs(1000), Arc::clone(&cancel));
        assert_eq!(open.check(), Ok(()));
        assert_eq!(open.wait(Duration::from_millis(1)), Ok(()));
        let over = Deadline::new(Duration::ZERO, Arc::clone(&cancel));
        assert_eq!(over.wait(Duration::from_secs(1000)), Err(Stop::TimedOut));
        cancel.store(true, Ordering::Relaxed);
        assert_eq!(open.wait(Duration::from_secs(1000)), Err(Stop::Cancelled));
    }
}
