//! Named threads that say whether they could start.

use std::thread::JoinHandle;

use crossbeam_channel::bounded;

/// Why a thread did not start.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError<E> {
    /// The operating system refused.
    #[error("start thread {name}")]
    Os {
        /// The thread's name.
        name: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// `init` failed on the new thread.
    #[error(transparent)]
    Init(E),
    /// `init` panicked.
    #[error("thread {name} died while starting")]
    Died {
        /// The thread's name.
        name: String,
    },
}

/// Starts a thread called `name`: runs `init` on it, hands `init`'s error back to the caller, else goes on with `run`.
///
/// What `init` makes never leaves the thread, so it need not be `Send`.
///
/// # Errors
/// When the thread cannot be made, or `init` fails or panics.
pub fn spawn<S, E, R>(
    name: &str,
    init: impl FnOnce() -> Result<S, E> + Send + 'static,
    run: impl FnOnce(S) -> R + Send + 'static,
) -> Result<JoinHandle<Option<R>>, SpawnError<E>>
where
    E: Send + 'static,
    R: Send + 'static,
{
    // One message: how init ended.
    let (report, started) = bounded(1);
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || match init() {
            Ok(state) => {
                report.send(Ok(())).ok();
                Some(run(state))
            }
            Err(error) => {
                report.send(Err(error)).ok();
                None
            }
        })
        .map_err(|source| SpawnError::Os {
            name: name.to_owned(),
            source,
        })?;
    match started.recv() {
        Ok(Ok(())) => Ok(thread),
        Ok(Err(error)) => Err(SpawnError::Init(error)),
        Err(_) => Err(SpawnError::Died {
            name: name.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn init_errors_come_back_to_the_caller() {
        let failed = spawn("t", || Err::<(), _>("no camera"), |()| ());
        assert!(matches!(failed, Err(SpawnError::Init("no camera"))));
    }

    #[test]
    fn a_thread_has_its_name_and_keeps_what_is_not_send() {
        let thread = spawn(
            "zhubo-t",
            || Ok::<_, ()>(std::rc::Rc::new(7)),
            |seven| (std::thread::current().name().map(str::to_owned), *seven),
        );
        assert_eq!(
            thread.unwrap().join().unwrap(),
            Some((Some("zhubo-t".to_owned()), 7))
        );
    }
}
