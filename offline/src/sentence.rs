//! Sentences that a person types to go on where the program would stop: they say what is done, and are never a yes.

use airlock::bundle::JournalHead;
use airlock::{Error, Result};

use crate::Streams;
use crate::error::NO_TERMINAL;
use crate::journal::Event;

/// What the program stops at unless a person says otherwise, word by word.
#[derive(Clone, Debug)]
pub struct Hurdle {
    /// How the run ends without the sentence.
    pub error: Error,
    /// What a person reads before typing.
    pub lines: Vec<String>,
    /// What must be typed, exactly.
    pub sentence: String,
    /// The stable name under which the journal keeps it.
    pub what: &'static str,
    /// The journal head whose loss is accepted.
    pub head: Option<JournalHead>,
}

/// The sentences that were given by option, and who else may be asked.
#[derive(Clone, Copy, Debug)]
pub struct Sentences<'a> {
    given: &'a [String],
}

impl<'a> Sentences<'a> {
    /// What `--yes-to` says.
    pub fn new(given: &'a [String]) -> Self {
        Self { given }
    }

    /// True where the sentence was given by option.
    pub fn has(&self, hurdle: &Hurdle) -> bool {
        self.given.contains(&hurdle.sentence)
    }

    /// Lets the run go on where the sentence was given, or is typed now; what is read before goes to the screen, or to
    /// stderr of a run that nobody watches.
    ///
    /// # Errors
    /// The hurdle's own error.
    pub fn pass(&self, hurdle: &Hurdle, streams: &mut Streams<'_>, as_json: bool) -> Result<()> {
        if self.has(hurdle) {
            if !as_json {
                for line in &hurdle.lines {
                    let _ = writeln!(streams.stderr, "{line}");
                }
            }
            return Ok(());
        }
        match streams.screen.show(&hurdle.lines) {
            Err(e) if e.code() == &NO_TERMINAL => return Err(hurdle.refusal()),
            shown => shown?,
        }
        let question = format!("To go on, type: {}\nTo stop, press Ctrl-C.\n> ", hurdle.sentence);
        loop {
            let typed = streams.screen.ask(&question)?;
            match typed.trim() {
                "" => {}
                typed if typed == hurdle.sentence => return Ok(()),
                // What was typed is not repeated: it could be a passphrase at the wrong prompt.
                _ => {
                    let error = hurdle.refusal();
                    let what = format!("{}; another text was typed", error.what());
                    return Err(error.code().error(what).with_next(error.next().to_owned()));
                }
            }
        }
    }
}

impl Hurdle {
    /// What the journal keeps of it.
    pub fn event(&self) -> Event {
        Event::Overridden {
            about: self.lines.clone(),
            head: self.head,
            text: self.sentence.clone(),
            what: self.what.to_owned(),
        }
    }

    /// The error with the option that would answer it.
    pub fn refusal(&self) -> Error {
        let next = format!(
            "{} To go on all the same, type the sentence, or give --yes-to \"{}\".",
            self.error.next(),
            self.sentence
        );
        self.error.clone().with_next(next)
    }
}
