//! Questions drawn ahead of time by a thread. Bounded: a full pool costs a parked thread and a few
//! hundred kilobytes. An empty one returns an error instead of drawing during a request.

use super::{CaptchaKind, PaintError, StartError, generator};
use crate::{
    chain::{Chain, panic_message},
    engine::ports::{CaptchaSource, NoQuestion, Question},
};
use async_trait::async_trait;
use rand::{SeedableRng, rngs::StdRng};
use std::{
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};
use tokio::{
    sync::{Mutex, mpsc},
    time::timeout,
};

/// Questions kept ready, each about 3 kB.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not zero");
/// How long a request waits for a question that is being drawn.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// Pause after a failure, so that permanent failures do not fill the log or use up a core.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A supply of questions that refills itself. Dropping it ends the drawing thread.
pub struct CaptchaPool {
    // The lock makes callers queue in order; each leaves after at most `LONGEST_WAIT`.
    ready: Mutex<mpsc::Receiver<Question>>,
}

impl CaptchaPool {
    /// Starts drawing questions of this kind, with the system's randomness.
    ///
    /// # Errors
    /// [`StartError`] when the font lacks a character or the thread cannot be started.
    #[expect(
        clippy::disallowed_methods,
        reason = "the drawing thread gets its generator here"
    )]
    pub fn start(kind: CaptchaKind) -> Result<Self, StartError> {
        let paint = generator(kind, StdRng::from_os_rng())?;
        Ok(Self::with_generator(CAPACITY, paint)?)
    }

    /// Starts a pool of `capacity` questions, plus the one being drawn.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn with_generator<P>(capacity: NonZeroUsize, paint: P) -> std::io::Result<Self>
    where
        P: FnMut() -> Result<Question, PaintError> + Send + 'static,
    {
        let (drawn, ready) = mpsc::channel(capacity.get());
        thread::Builder::new()
            .name("captcha-worker".to_owned())
            .spawn(move || keep_full(&drawn, paint))?;
        Ok(Self {
            ready: Mutex::new(ready),
        })
    }
}

#[async_trait]
impl CaptchaSource for CaptchaPool {
    async fn next(&self) -> Result<Question, NoQuestion> {
        timeout(LONGEST_WAIT, async { self.ready.lock().await.recv().await })
            .await
            .ok()
            .flatten()
            .ok_or(NoQuestion)
    }
}

/// Draws until the pool is dropped; sleeps while it is full.
fn keep_full(
    drawn: &mpsc::Sender<Question>,
    mut paint: impl FnMut() -> Result<Question, PaintError>,
) {
    while !drawn.is_closed() {
        // A panic may leave a half-drawn picture, which is never shown: the next one starts afresh.
        match catch_unwind(AssertUnwindSafe(&mut paint)) {
            // Fails only when the pool is gone, and then the loop ends as well.
            Ok(Ok(question)) => drop(drawn.blocking_send(question)),
            Ok(Err(error)) => {
                tracing::error!(error = %Chain(&error), "cannot draw a captcha picture; trying again");
                thread::sleep(PAUSE_AFTER_FAILURE);
            }
            Err(panic) => {
                let cause = panic_message(&*panic);
                tracing::error!(cause, "drawing a captcha picture panicked; drawing another");
                metrics::counter!("seckill_task_restarts_total", "task" => "captcha_painter")
                    .increment(1);
                thread::sleep(PAUSE_AFTER_FAILURE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::wire::LocalText;
    use bytes::Bytes;
    use std::{
        collections::HashSet,
        sync::mpsc::{RecvTimeoutError, channel},
        time::Instant,
    };

    /// Generous: only reached when something is broken.
    const SOON: Duration = Duration::from_secs(10);

    fn question(answer: usize) -> Question {
        Question {
            png: Bytes::new(),
            answer: answer.to_string(),
            words: None,
            numeric: true,
            prompt: LocalText::default(),
        }
    }

    /// The next question on a machine of any load; the time limit only ends a broken test.
    async fn served(pool: &CaptchaPool) -> Question {
        let next_question = async {
            loop {
                if let Ok(question) = pool.next().await {
                    break question;
                }
            }
        };
        timeout(SOON, next_question).await.unwrap()
    }

    fn room_for(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    #[tokio::test]
    async fn a_real_pool_returns_a_different_picture_each_time() {
        for kind in [CaptchaKind::Arithmetic, CaptchaKind::Text] {
            let paint = generator(kind, StdRng::seed_from_u64(1)).unwrap();
            let pool = CaptchaPool::with_generator(room_for(8), paint).unwrap();
            let mut pictures = HashSet::new();
            for _ in 0..40 {
                assert!(pictures.insert(served(&pool).await.png));
            }
        }
    }

    #[tokio::test]
    async fn a_full_pool_stops_drawing_until_one_is_taken() {
        let (draw, drawn) = channel();
        let mut count = 0;
        let pool = CaptchaPool::with_generator(room_for(4), move || {
            count += 1;
            draw.send(count).ok();
            Ok(question(count))
        })
        .unwrap();
        let a_moment = Duration::from_millis(50);
        for expected in 1..=5 {
            assert_eq!(drawn.recv_timeout(SOON), Ok(expected));
        }
        assert_eq!(drawn.recv_timeout(a_moment), Err(RecvTimeoutError::Timeout));
        assert_eq!(pool.next().await.unwrap().answer, "1");
        assert_eq!(drawn.recv_timeout(SOON), Ok(6));
        assert_eq!(drawn.recv_timeout(a_moment), Err(RecvTimeoutError::Timeout));
    }

    #[tokio::test]
    async fn concurrent_callers_get_different_questions() {
        let mut count = 0;
        let pool = CaptchaPool::with_generator(room_for(2), move || {
            count += 1;
            Ok(question(count))
        })
        .unwrap();
        let pool = std::sync::Arc::new(pool);
        let callers: Vec<_> = (0..50)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move { served(&pool).await.answer })
            })
            .collect();
        let mut answers = HashSet::new();
        for caller in callers {
            assert!(answers.insert(caller.await.unwrap()));
        }
    }

    #[tokio::test]
    async fn callers_of_an_empty_pool_get_an_error_in_time_and_a_question_later() {
        let (let_one_pass, gate) = channel::<()>();
        let mut count = 0;
        let pool = CaptchaPool::with_generator(room_for(4), move || {
            gate.recv().ok();
            count += 1;
            Ok(question(count))
        })
        .unwrap();
        let start = Instant::now();
        // Concurrently: the waits of queued callers must not add up.
        let (first, second, third) = tokio::join!(pool.next(), pool.next(), pool.next());
        assert!(first.is_err() && second.is_err() && third.is_err());
        assert!(start.elapsed() >= LONGEST_WAIT);
        assert!(start.elapsed() < LONGEST_WAIT * 10);
        let_one_pass.send(()).unwrap();
        assert_eq!(served(&pool).await.answer, "1");
    }

    #[tokio::test]
    async fn dropping_the_pool_ends_its_thread() {
        let (alive, ended) = channel::<()>();
        let (draw, drawn) = channel();
        let pool = CaptchaPool::with_generator(room_for(1), move || {
            // Held by the drawing thread: released when it ends.
            let _held = &alive;
            draw.send(()).ok();
            Ok(question(1))
        })
        .unwrap();
        drawn.recv_timeout(SOON).unwrap();
        drawn.recv_timeout(SOON).unwrap();
        drop(pool);
        assert_eq!(
            ended.recv_timeout(SOON),
            Err(RecvTimeoutError::Disconnected)
        );
    }

    #[tokio::test]
    async fn the_next_question_is_drawn_after_a_panic() {
        let mut count = 0;
        let pool = CaptchaPool::with_generator(room_for(1), move || {
            count += 1;
            assert_ne!(count, 1, "on purpose");
            Ok(question(count))
        })
        .unwrap();
        assert_eq!(served(&pool).await.answer, "2");
    }
}
