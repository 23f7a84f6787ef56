//! Where a signing run stops unless a person goes on by a typed sentence: an air gap that is none, a clock that jumped, a
//! journal that lost what the online half has seen, a second use of the same coin, sequence or ticket.

use airlock::bundle::{Networks, Spoken};
use airlock::network::BitcoinNetwork;
use airlock::policy::Policy;
use airlock::time::Moment;
use airlock::{Code, Exit};

use crate::case::{self, Case};
use crate::clock;
use crate::desk::Desk;
use crate::files;
use crate::journal::Chain;
use crate::machine::{self, Finding};
use crate::sandbox::Confinement;
use crate::sentence::Hurdle;

/// A second bundle for the same coin, sequence or ticket.
pub static SECOND_USE: Code = Code::new(
    "E-USE-001",
    Exit::Fixable,
    "A bundle that was signed before, or another file of this run, uses the same coin, sequence or ticket. At most one of \
     the two can count on its chain, and which one is not decided here.",
    "If the earlier one was broadcast or may still be, sign nothing. If this one is to take its place, type the sentence.",
);
/// The same thing twice in one run.
pub static TWICE: Code = Code::new(
    "E-USE-002",
    Exit::Fixable,
    "Two files of one run hold the same bundle or the same PSBT.",
    "Give it once.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&SECOND_USE, &TWICE];

/// True where real money moves: Bitcoin mainnet, or a network of the XRP Ledger that the policy does not list as a test
/// network.
pub fn is_main(networks: Networks, policy: Option<&Policy>) -> bool {
    networks.bitcoin == Some(BitcoinNetwork::Mainnet)
        || networks.xrpl.is_some_and(|id| !policy.is_some_and(|policy| policy.is_test_xrpl(id)))
}

/// The hurdles of a whole run.
pub fn of_run(desk: &Desk, cases: &[Case], findings: &[Finding], now: Moment) -> Vec<Hurdle> {
    let mut hurdles = Vec::new();
    let policy = desk.policy().ok();
    let refusal = machine::refusal(findings);
    if let Some(error) = refusal.filter(|_| cases.iter().any(|case| is_main(case.networks(), policy))) {
        let mut lines = vec!["This machine is not fit for real money:".to_owned()];
        lines.extend(findings.iter().map(line));
        hurdles.push(Hurdle {
            error,
            lines,
            sentence: machine::sentence(findings),
            what: "air-gap",
            head: None,
        });
    }
    hurdles.extend(of_clock(&desk.chain, now));
    hurdles
}

/// A clock that is far ahead of the last record.
pub fn of_clock(chain: &Chain, now: Moment) -> Option<Hurdle> {
    let error = chain.check_jump(now).err()?;
    let lines = vec![format!("The clock of this machine says {}; {}.", clock::show(now), error.what())];
    let date = now.to_string();
    let sentence = format!("the clock is right, today is {}", date.split(' ').next().unwrap_or_default());
    Some(Hurdle { error, lines, sentence, what: "clock-jump", head: None })
}

/// What the screens say of the machine, on main networks and on test networks alike.
pub fn machine_lines(findings: &[Finding], confinement: &Confinement) -> Vec<String> {
    findings.iter().map(line).chain(confinement.lines()).collect()
}

fn line(finding: &Finding) -> String {
    format!("! {}: {}", finding.name, finding.what)
}

/// The hurdles of one file, behind the files before it in the same run.
pub fn of_case(desk: &Desk, case: &Case, before: &[Case]) -> Vec<Hurdle> {
    let mut hurdles = Vec::new();
    if let Err(error) = desk.chain.check_echo(case.echo()) {
        let head = case.echo();
        let short = head.map(|head| head.short()).unwrap_or_default();
        let lines = vec![
            format!("{}: {}.", files::shown(&case.path), error.what()),
            "The journal of this machine was rolled back, or the bundle was made for another vault."
                .to_owned(),
            "Limits of the day and earlier signatures are not known as far as they are in the lost records."
                .to_owned(),
        ];
        let sentence = format!("sign although the journal lost {short}");
        hurdles.push(Hurdle { error, lines, sentence, what: "lost-head", head });
    }
    for earlier in &case.earlier {
        hurdles.push(second_use(case, &case::describe(earlier), &case::words(earlier)));
    }
    for other in before.iter().filter(|_| case.known.is_none()) {
        let both: Vec<_> = case.uses.iter().filter(|used| other.uses.binary_search(used).is_ok()).collect();
        if let Some(first) = both.first() {
            let words = other.words();
            let what = format!(
                "{first} is used by \"{words}\" in this run too, {} in all: at most one of the two can count",
                both.len()
            );
            hurdles.push(second_use(case, &what, &words));
        }
    }
    hurdles
}

fn second_use(case: &Case, what: &str, words: &str) -> Hurdle {
    let place = files::shown(&case.path);
    Hurdle {
        error: SECOND_USE.error(what).at(&place),
        lines: vec![
            format!("{place}: {what}."),
            "If the earlier one was broadcast or may still be, stop here.".to_owned(),
        ],
        sentence: format!("sign in place of {words}"),
        what: "second-use",
        head: None,
    }
}
