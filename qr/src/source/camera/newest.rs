//! The place where the camera's thread leaves the newest picture and the reader takes it.

use std::io::ErrorKind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// At most one picture: a newer one replaces it.
#[derive(Debug, Default)]
pub(super) struct Newest {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    picture: Option<Vec<u8>>,
    ended: Option<ErrorKind>,
    stopped: bool,
}

impl Newest {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Replaces the picture.
    pub(super) fn offer(&self, picture: &[u8]) {
        self.state().picture = Some(picture.to_vec());
        self.changed.notify_one();
    }

    /// No picture will come any more.
    pub(super) fn end(&self, why: ErrorKind) {
        self.state().ended = Some(why);
        self.changed.notify_one();
    }

    /// No picture will be taken any more.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
    }

    /// Whether pictures will still be taken.
    pub(super) fn is_wanted(&self) -> bool {
        !self.state().stopped
    }

    /// Takes the picture, waiting so long for one; none when none came.
    ///
    /// # Errors
    /// When none is there and none will come.
    pub(super) fn take(&self, patience: Duration) -> Result<Option<Vec<u8>>, ErrorKind> {
        let waiting = |state: &mut State| state.picture.is_none() && state.ended.is_none();
        let (mut state, _) = self
            .changed
            .wait_timeout_while(self.state(), patience, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        match (state.picture.take(), state.ended) {
            (None, Some(why)) => Err(why),
            (picture, _) => Ok(picture),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_newest_picture_wins_and_is_taken_once() {
        let newest = Newest::new();
        for picture in [[1], [2], [3]] {
            newest.offer(&picture);
        }
        assert_eq!(newest.take(LONG), Ok(Some(vec![3])));
        assert_eq!(newest.take(Duration::from_millis(1)), Ok(None));
    }

    #[test]
    fn waits_for_a_picture_of_another_thread() {
        let newest = Newest::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(20));
                newest.offer(&[7]);
            });
            assert_eq!(newest.take(LONG), Ok(Some(vec![7])));
        });
    }

    #[test]
    fn the_last_picture_is_taken_before_the_end_is_told() {
        let newest = Newest::new();
        newest.offer(&[1]);
        newest.end(ErrorKind::NotFound);
        assert_eq!(newest.take(LONG), Ok(Some(vec![1])));
        assert_eq!(newest.take(LONG), Err(ErrorKind::NotFound));
    }

    #[test]
    fn the_thread_learns_that_nobody_looks_any_more() {
        let newest = Newest::new();
        assert!(newest.is_wanted());
        newest.stop();
        assert!(!newest.is_wanted());
    }
}
