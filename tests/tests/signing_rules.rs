//! What `sign` holds a treasury to: its policy, its journal, the air gap, and sentences where a person goes on.

use std::fs;
use std::path::Path;

use airlock::bundle::{JournalHead, Signed};
use airlock::time::Moment;
use airlock_offline::Streams;
use airlock_offline::machine::{Interface, InterfaceKind};
use airlock_offline::screen::{Recorded, Screen};
use airlock_offline::secret::SecretText;
use airlock_tests::signer::{CREATED, PASSPHRASE, Payment, Signer, THEIRS, text};
use airlock_tests::treasury::{self, Treasury};
use serde_json::json;

const HOUR: u64 = 3600;
const XRP_LIMIT: &str = "[[limit]]\nasset = \"XRP\"\nper_event = \"100\"\nper_day = \"150\"\n";
/// Another account that exists.
const OTHER: &str = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";

fn destination(name: &str, address: &str) -> String {
    format!("[[destination]]\nname = \"{name}\"\naddress = \"{address}\"\nassets = [\"XRP\"]\ntags = [7]\n")
}

fn head(signed: &Path) -> JournalHead {
    Signed::decode(&fs::read(signed).unwrap()).unwrap().contents().journal_head.unwrap()
}

fn records(signer: &Signer) -> usize {
    fs::read_to_string(signer.at("home/journal.jsonl")).unwrap().lines().count()
}

#[test]
fn more_than_the_limit_at_once_never_comes_to_a_question_and_the_fee_counts() {
    let signer = Signer::new();
    signer.rule(XRP_LIMIT);
    let over = signer.bundle("A", &Payment::of(100, 12));
    let (outcome, person) = signer.watched(&["sign", text(&over)], &["100", PASSPHRASE]);
    outcome.fails(1, "E-POL-010");
    assert_eq!(person.unused_answers(), 2, "100 XRP and a fee of 5000 drops are more than 100 XRP");
    assert!(person.seen.is_empty(), "{:?}", person.seen);
    let within = signer.bundle("B", &Payment::of(99, 12));
    signer.sign(&within, "99").done();
}

#[test]
fn the_limit_of_a_day_survives_a_new_process_and_ends_after_24_hours() {
    let signer = Signer::new();
    signer.rule(XRP_LIMIT);
    signer.sign(&signer.bundle("A", &Payment::of(90, 12)), "90").done();
    let second = signer.bundle("B", &Payment::of(60, 13));
    signer.sign(&second, "60").fails(1, "E-POL-011");
    let out = signer.unwatched(&["policy", "test", text(&second)]).fails(1, "E-POL-011").out;
    assert!(out.contains("NO") && out.contains("per_day"), "{out}");
    // The same at the end of the day; a bundle of its own, because the first has expired.
    signer.clock.set(CREATED + 24 * HOUR + 59);
    let later = Payment { created: CREATED + 24 * HOUR, ..Payment::of(60, 14) };
    let third = signer.bundle("C", &later);
    signer.sign(&third, "60").fails(1, "E-POL-011");
    signer.clock.set(CREATED + 24 * HOUR + 61);
    signer.sign(&third, "60").done();
}

#[test]
fn a_clock_set_back_gives_no_second_day() {
    let signer = Signer::new();
    signer.rule(XRP_LIMIT);
    signer.sign(&signer.bundle("A", &Payment::of(90, 12)), "90").done();
    signer.clock.set(CREATED - 48 * HOUR);
    let back = Payment { created: CREATED - 48 * HOUR, ..Payment::of(90, 13) };
    let (outcome, person) = signer.watched(&["sign", text(&signer.bundle("B", &back))], &["90", PASSPHRASE]);
    outcome.fails(4, "E-JRNL-006");
    assert_eq!(person.unused_answers(), 2);
}

#[test]
fn a_clock_far_ahead_needs_a_sentence_which_the_journal_keeps() {
    let signer = Signer::new();
    let ahead = CREATED + 30 * 24 * HOUR;
    signer.clock.set(ahead);
    let bundle = signer.bundle("A", &Payment { created: ahead, ..Payment::of(5, 12) });
    let sign = ["sign", text(&bundle)];
    signer.watched(&sign, &["5", PASSPHRASE]).0.fails(3, "E-JRNL-007");
    let before = records(&signer);
    let sentence = "the clock is right, today is 2026-12-21";
    signer.watched(&sign, &[sentence, "5", PASSPHRASE]).0.done();
    let journal = fs::read_to_string(signer.at("home/journal.jsonl")).unwrap();
    assert_eq!(records(&signer), before + 2);
    assert!(journal.contains("clock-jump") && journal.contains(sentence), "{journal}");
}

#[test]
fn alternatives_count_once_with_the_largest() {
    let signer = Signer::new();
    signer.rule(XRP_LIMIT);
    let mut contents = Payment::of(90, 12).bundle().contents().clone();
    let mut other = contents.steps[0].clone();
    for (step, fee) in contents.steps.iter_mut().chain([&mut other]).zip(["5000", "9000"]) {
        step.one_of = Some(1);
        if let airlock::bundle::Artefact::TxJson(json) = &mut step.artefact {
            json.insert("Fee".to_owned(), fee.into());
        }
    }
    contents.steps.push(other);
    let bundle = airlock::bundle::Bundle::seal(contents).unwrap();
    let file = signer.write("A.bundle.json", &bundle.encode());
    signer.sign(&file, "90").done();
    let rest = 150_000_000 - 90_009_000;
    let fits = (rest - 5000) / 1_000_000;
    signer.sign(&signer.bundle("B", &Payment::of(fits + 1, 13)), "60").fails(1, "E-POL-011");
    signer.sign(&signer.bundle("C", &Payment::of(fits, 13)), &fits.to_string()).done();
}

#[test]
fn files_of_one_run_are_judged_together() {
    let signer = Signer::new();
    signer.rule(XRP_LIMIT);
    let (one, two) = (Payment::of(90, 12), Payment::of(80, 13));
    let (one, two) = (signer.bundle("A", &one), signer.bundle("B", &two));
    for file in [&one, &two] {
        signer.unwatched(&["policy", "test", text(file)]).done();
    }
    let (outcome, person) = signer.watched(&["sign", text(&one), text(&two)], &["90", "80", PASSPHRASE]);
    let err = outcome.fails(1, "E-POL-011").err;
    assert!(err.contains("B.bundle.json"), "{err}");
    assert_eq!(person.unused_answers(), 3);
    signer.watched(&["sign", text(&one), text(&one)], &[]).0.fails(3, "E-USE-002");
}

#[test]
fn a_changed_policy_signs_nothing_until_it_is_accepted() {
    let signer = Signer::new();
    let bundle = signer.bundle("A", &Payment::of(5, 12));
    let path = signer.at("home/policy.toml");
    let accepted = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{accepted}{XRP_LIMIT}")).unwrap();
    let (outcome, person) = signer.watched(&["sign", text(&bundle)], &["5", PASSPHRASE]);
    let err = outcome.fails(3, "E-OFPOL-001").err;
    assert!(err.contains("policy accept"), "{err}");
    assert_eq!(person.unused_answers(), 2);
    let review = signer.unwatched(&["review", text(&bundle)]).done().out;
    assert!(review.contains("NOT JUDGED"), "{review}");
    let check = signer.unwatched(&["policy", "check"]).done().out;
    assert!(check.contains("XRP") && check.contains("per_event"), "{check}");
    assert!(signer.unwatched(&["policy", "show"]).done().out.contains("CHANGED"));
    // A yes is no approval, a wrong passphrase none either; then the right ones.
    signer.watched(&["policy", "accept"], &["yes", PASSPHRASE]).0.fails(3, "E-OFPOL-003");
    let before = records(&signer);
    signer.accept().done();
    assert_eq!(records(&signer), before + 1);
    assert_eq!(fs::read_to_string(signer.at("home/policy.accepted.toml")).unwrap(), accepted + XRP_LIMIT);
    signer.sign(&bundle, "5").done();
    // What was accepted before is not accepted now.
    fs::write(&path, "version = 1\n").unwrap();
    signer.sign(&signer.bundle("B", &Payment::of(5, 13)), "5").fails(3, "E-OFPOL-001");
    fs::remove_file(&path).unwrap();
    signer.sign(&signer.bundle("C", &Payment::of(5, 14)), "5").fails(3, "E-OFPOL-002");
    fs::write(&path, "version = 1\nnonsense = true\n").unwrap();
    signer.watched(&["policy", "accept"], &["12345678", PASSPHRASE]).0.fails(2, "E-POL-001");
}

#[test]
fn a_crash_between_the_record_of_an_acceptance_and_its_copy_is_mended() {
    let signer = Signer::new();
    let copy = signer.at("home/policy.accepted.toml");
    let old = fs::read_to_string(&copy).unwrap();
    signer.rule(XRP_LIMIT);
    let new = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, &old).unwrap();
    signer.sign(&signer.bundle("A", &Payment::of(100, 12)), "100").fails(1, "E-POL-010");
    signer.sign(&signer.bundle("B", &Payment::of(5, 12)), "5").done();
    assert_eq!(fs::read_to_string(&copy).unwrap(), new);
    fs::write(&copy, &old).unwrap();
    let again = signer.watched(&["policy", "accept"], &[]).0.done().out;
    assert!(again.contains("accepted already"), "{again}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), new);
}

#[test]
fn a_forged_acceptance_in_the_journal_signs_nothing() {
    let signer = Signer::new();
    let path = signer.at("home/journal.jsonl");
    let journal = fs::read_to_string(&path).unwrap();
    let last = journal.lines().last().unwrap();
    let accepted = fs::read_to_string(signer.at("home/policy.toml")).unwrap();
    let forged = accepted.replace("own_accounts = true", "own_accounts = false");
    let hash = |text: &str| airlock_offline::rules::PolicyHash::of(text).to_hex();
    fs::write(signer.at("home/policy.toml"), &forged).unwrap();
    fs::write(&path, journal.replace(last, &last.replace(&hash(&accepted), &hash(&forged)))).unwrap();
    signer.sign(&signer.bundle("A", &Payment::of(5, 12)), "5").fails(1, "E-JRNL-004");
    assert!(!signer.at("A.signed.json").exists());
}

/// Somebody who lets another run finish while this one waits at a prompt.
struct Meanwhile<'a> {
    person: Recorded,
    at: &'a str,
    act: &'a dyn Fn(),
}

impl Screen for Meanwhile<'_> {
    fn show(&mut self, lines: &[String]) -> airlock::Result<()> {
        self.person.show(lines)
    }

    fn ask(&mut self, question: &str) -> airlock::Result<String> {
        if question.starts_with(self.at) {
            (self.act)();
        }
        self.person.ask(question)
    }

    fn ask_secret(&mut self, question: &str) -> airlock::Result<SecretText> {
        self.ask(question).map(SecretText::new)
    }

    fn show_secret(&mut self, page: &SecretText) -> airlock::Result<()> {
        self.person.show_secret(page)
    }

    fn ask_seen(&mut self, question: &str) -> airlock::Result<SecretText> {
        self.ask_secret(question)
    }
}

/// A vault is written as a whole: who writes it must have read what another run added, or a secret is lost.
#[test]
fn a_run_that_waited_does_not_write_over_what_another_added() {
    let signer = Signer::new();
    let passphrase = signer.at("passphrase.txt");
    let seed = signer.write("seed.txt", b"sEdTM1uX8pu2do5XvTnutH6HsouMaM2");
    let import = || {
        let file = ["--secret-file", text(&seed), "--passphrase-file", text(&passphrase)];
        signer.unwatched(&[&["import", "--name", "other", "--no-accounts"], &file[..]].concat()).done();
    };
    let person = Recorded::answering(&["another passphrase", "another passphrase"]);
    let mut screen = Meanwhile { person, at: "New passphrase", act: &import };
    let home = signer.at("home");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let machine = signer.machine.borrow().clone();
    let mut streams = Streams { screen: &mut screen, stdout: &mut out, stderr: &mut err, machine: &machine };
    let arguments = ["x", "--home", text(&home), "passphrase", "--passphrase-file", text(&passphrase)];
    let exit = airlock_offline::run(arguments, &mut streams, &|| Moment::from_unix(signer.clock.get()));
    let told = String::from_utf8(err).unwrap();
    assert!(exit == 3 && told.contains("E-JRNL-008"), "{exit} {told}");
    let drill = ["drill", "restore", "--secret", "other", "--secret-file", text(&seed)];
    let add = ["accounts", "add", "kept", "xrp", "--secret", "other", "--network-id", "1"];
    let file = ["--passphrase-file", text(&passphrase)];
    signer.unwatched(&[&add[..], &file].concat()).done();
    signer.unwatched(&[&drill[..], &file].concat()).done();
}

/// Secrets are made and shown before anything is signed: an air gap that is none is told then, not at the first payment.
#[test]
fn secrets_that_come_to_a_machine_with_a_network_are_warned_of() {
    let signer = Signer::new();
    let passphrase = signer.at("passphrase.txt");
    let import = ["import", "--secret-file", "none", "--passphrase-file", text(&passphrase)];
    assert!(!signer.unwatched(&import).err.contains("warning"));
    signer.machine.borrow_mut().facts.interfaces.push(Interface {
        name: "eth0".to_owned(),
        kind: InterfaceKind::Wired,
        is_up: true,
        has_carrier: true,
    });
    for command in [&["init"][..], &import, &["words", "show"]] {
        let err = signer.unwatched(command).err;
        assert!(err.contains("warning: interfaces: up: eth0"), "{command:?} {err}");
    }
}

/// A hurried person types the passphrase where something else is asked; errors are kept in logs.
#[test]
fn a_passphrase_at_the_wrong_prompt_is_not_repeated() {
    let signer = Signer::new();
    let file = signer.bundle("A", &Payment::of(5, 12));
    let (outcome, _) = signer.watched(&["sign", text(&file)], &[PASSPHRASE]);
    let approval = outcome.fails(3, "E-REV-027");
    signer.sign(&file, "5").done();
    let other = signer.bundle("B", &Payment::of(6, 12));
    let (outcome, _) = signer.watched(&["sign", text(&other)], &[PASSPHRASE]);
    let sentence = outcome.fails(3, "E-USE-001");
    let policy = fs::read_to_string(signer.at("home/policy.toml")).unwrap();
    fs::write(signer.at("home/policy.toml"), policy + XRP_LIMIT).unwrap();
    let (outcome, _) = signer.watched(&["--json", "policy", "accept"], &[PASSPHRASE]);
    let digits = outcome.fails(3, "E-OFPOL-003");
    for told in [approval, sentence, digits] {
        assert!(told.err.contains("was typed"), "{}", told.err);
        assert!(!told.err.contains(PASSPHRASE) && !told.out.contains(PASSPHRASE), "{}{}", told.out, told.err);
    }
}

/// The journal is read before its seals can be checked: its words are outside text until then.
#[test]
fn words_in_a_forged_journal_cannot_write_on_the_terminal() {
    let signer = Signer::new();
    let first = Payment::of(5, 12);
    signer.sign(&signer.bundle("A", &first), "5").done();
    let words = airlock::bundle::Spoken::words(&first.bundle().id()).join(" ");
    let path = signer.at("home/journal.jsonl");
    let journal = fs::read_to_string(&path).unwrap();
    fs::write(&path, journal.replace(&words, "x\\u001b[2J\\u001b[HFee 0\\n")).unwrap();
    let second = signer.bundle("B", &Payment::of(6, 12));
    let (outcome, person) = signer.watched(&["sign", text(&second)], &["no"]);
    let review = signer.unwatched(&["review", text(&second)]).out;
    let told = outcome.fails(3, "E-USE-001").err;
    for line in person.seen.iter().map(String::as_str).chain([told.as_str(), review.as_str()]) {
        assert!(!line.contains('\u{1b}'), "{line:?}");
        assert!(!line.lines().any(|line| line.starts_with("Fee 0")), "{line:?}");
    }
    assert!(review.contains("is used already by"), "{review}");
    // The name of the accepted policy is outside text too.
    let signer = Signer::new();
    let (path, bundle) = (signer.at("home/journal.jsonl"), signer.bundle("A", &first));
    let accepted = fs::read_to_string(signer.at("home/policy.toml")).unwrap();
    let hash = airlock_offline::rules::PolicyHash::of(&accepted).to_hex();
    let journal = fs::read_to_string(&path).unwrap();
    fs::write(&path, journal.replace(&hash, "\\u001b[2J\\u001b[Hx")).unwrap();
    let told = signer.unwatched(&["sign", text(&bundle)]).fails(3, "E-OFPOL-001").err;
    assert!(told.contains("accepted was") && !told.contains('\u{1b}'), "{told:?}");
}

/// Every record tells the time, so every command that writes one asks where the clock jumped: a drill would otherwise
/// begin a new day for the limits, or shut the journal until that day comes.
#[test]
fn no_record_of_another_command_lets_the_clock_jump_unasked() {
    let signer = Signer::new();
    signer.rule(XRP_LIMIT);
    signer.sign(&signer.bundle("A", &Payment::of(90, 12)), "90").done();
    let before = records(&signer);
    signer.clock.set(CREATED + 30 * 24 * HOUR);
    let words = signer.at("words.txt");
    let file = signer.at("passphrase.txt");
    let commands: [&[&str]; 4] = [
        &["drill", "sign", "--passphrase-file", text(&file)],
        &["drill", "restore", "--secret-file", text(&words), "--passphrase-file", text(&file)],
        &["passphrase", "--passphrase-file", text(&file)],
        &["words", "show", "--passphrase-file", text(&file)],
    ];
    for command in commands {
        signer.watched(command, &["yes", PASSPHRASE, PASSPHRASE]).0.fails(3, "E-JRNL-007");
        signer.unwatched(command).fails(3, "E-JRNL-007");
        assert_eq!(records(&signer), before, "{command:?}");
    }
    let sentence = "the clock is right, today is 2026-12-21";
    let (outcome, _) = signer.watched(commands[0], &[sentence]);
    outcome.done();
    let journal = fs::read_to_string(signer.at("home/journal.jsonl")).unwrap();
    assert!(journal.contains("clock-jump") && journal.contains(sentence), "{journal}");
    assert_eq!(records(&signer), before + 2);
}

#[test]
fn on_mainnet_nothing_passes_that_the_policy_does_not_list() {
    let signer = Signer::on_mainnet();
    let payment = Payment { network_id: 0, ..Payment::of(50, 12) };
    let bundle = signer.bundle("A", &payment);
    let (outcome, person) = signer.watched(&["sign", text(&bundle)], &["50", PASSPHRASE]);
    assert!(outcome.fails(1, "E-POL-").err.contains("more rule"));
    assert_eq!(person.unused_answers(), 2);
    signer.rule(&format!("{XRP_LIMIT}{}", destination("Exchange", THEIRS)));
    let out = signer.sign(&bundle, "50").done().out;
    assert!(out.contains("journal record") && out.contains("the stick may be removed"), "{out}");
    let elsewhere = signer.bundle("B", &Payment { to: OTHER, sequence: 13, ..payment });
    signer.sign(&elsewhere, "50").fails(1, "E-POL-005");
}

#[test]
fn an_air_gap_that_is_none_needs_a_sentence_on_mainnet_and_warns_elsewhere() {
    let up =
        Interface { name: "eth0".to_owned(), kind: InterfaceKind::Wired, is_up: true, has_carrier: true };
    let signer = Signer::new();
    signer.machine.borrow_mut().facts.interfaces.push(up.clone());
    let file = signer.bundle("A", &Payment::of(5, 12));
    let (outcome, person) = signer.watched(&["sign", text(&file)], &["5", PASSPHRASE]);
    outcome.done();
    assert!(person.seen.iter().any(|line| line.contains("eth0")), "{:?}", person.seen);

    let signer = Signer::on_mainnet();
    signer.rule(&format!("{XRP_LIMIT}{}", destination("Exchange", THEIRS)));
    let payment = Payment { network_id: 0, ..Payment::of(5, 12) };
    let file = signer.bundle("A", &payment);
    signer.machine.borrow_mut().facts.interfaces.push(up);
    let (outcome, person) = signer.watched(&["sign", text(&file)], &["y", "5", PASSPHRASE]);
    let err = outcome.fails(4, "E-GAP-001").err;
    assert_eq!(person.unused_answers(), 2);
    let sentence = err.split("--yes-to \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let passphrase = signer.at("passphrase.txt");
    let scripted = ["sign", text(&file), "--approve", "5", "--passphrase-file", text(&passphrase)];
    signer.unwatched(&scripted).fails(4, "E-GAP-001");
    signer.unwatched(&[&scripted[..], &["--yes-to", "yes"]].concat()).fails(4, "E-GAP-001");
    let before = records(&signer);
    signer.unwatched(&[&scripted[..], &["--yes-to", &sentence]].concat()).done();
    let journal = fs::read_to_string(signer.at("home/journal.jsonl")).unwrap();
    let added: Vec<&str> = journal.lines().skip(before).collect();
    assert_eq!(added.len(), 2);
    assert!(
        added[0].contains("air-gap") && added[0].contains(&sentence),
        "kept before the signature: {added:?}"
    );
    assert!(added[1].contains("\"signed\""), "{added:?}");
    // What is refused for good is refused without a question, by the graver of the two.
    let wrong = signer.bundle("B", &Payment { to: OTHER, sequence: 13, ..payment });
    let (outcome, person) = signer.watched(&["sign", text(&wrong)], &[&sentence]);
    outcome.fails(4, "E-GAP-001");
    assert_eq!(person.unused_answers(), 1);
    signer.watched(&["sign", text(&wrong), "--yes-to", &sentence], &[]).0.fails(1, "E-POL-005");
}

#[test]
fn a_second_bundle_for_the_same_sequence_is_named_and_needs_a_sentence() {
    let signer = Signer::new();
    let first = Payment::of(5, 12);
    signer.sign(&signer.bundle("A", &first), "5").done();
    let words = airlock::bundle::Spoken::words(&first.bundle().id()).join(" ");
    let second = signer.bundle("B", &Payment::of(6, 12));
    let (outcome, person) = signer.watched(&["sign", text(&second)], &["yes", "6", PASSPHRASE]);
    let err = outcome.fails(3, "E-USE-001").err;
    assert!(err.contains(&words) && err.contains("12"), "{err}");
    assert_eq!(person.unused_answers(), 2);
    let sentence = format!("sign in place of {words}");
    signer.watched(&["sign", text(&second)], &[&sentence, "6", PASSPHRASE]).0.done();
    let journal = fs::read_to_string(signer.at("home/journal.jsonl")).unwrap();
    assert!(journal.contains("second-use"), "{journal}");
    // Two files of one run as well.
    let (third, fourth) = (signer.bundle("C", &Payment::of(7, 20)), signer.bundle("D", &Payment::of(8, 20)));
    let both = ["sign", text(&third), text(&fourth)];
    signer.watched(&both, &["no", "7", "8", PASSPHRASE]).0.fails(3, "E-USE-001");
}

#[test]
fn signing_again_gives_the_same_bytes_and_counts_once() {
    let signer = Signer::new();
    signer.rule(XRP_LIMIT);
    let file = signer.bundle("A", &Payment::of(90, 12));
    signer.sign(&file, "90").done();
    let signed = signer.at("A.signed.json");
    let (bytes, before) = (fs::read(&signed).unwrap(), records(&signer));
    fs::remove_file(&signed).unwrap();
    signer.sign(&signer.bundle("B", &Payment::of(50, 13)), "50").done();
    signer.clock.set(CREATED + 2 * HOUR);
    let (outcome, person) = signer.watched(&["sign", text(&file)], &["90", PASSPHRASE]);
    outcome.done();
    assert!(person.seen.iter().any(|line| line.contains("signed already")), "{:?}", person.seen);
    assert_eq!(fs::read(&signed).unwrap(), bytes);
    assert_eq!(records(&signer), before + 1, "only the other bundle");
    signer.sign(&signer.bundle("C", &Payment::of(9, 14)), "9").done();
}

#[test]
fn a_journal_that_was_rolled_back_is_revealed_by_the_head_that_comes_back() {
    let signer = Signer::new();
    let old = fs::read(signer.at("home/journal.jsonl")).unwrap();
    signer.sign(&signer.bundle("A", &Payment::of(5, 12)), "5").done();
    let seen = head(&signer.at("A.signed.json"));
    let next = Payment { head: Some(seen), ..Payment::of(6, 13) };
    let next = signer.bundle("B", &next);
    fs::write(signer.at("home/journal.jsonl"), old).unwrap();
    let (outcome, person) = signer.watched(&["sign", text(&next)], &["yes", "6", PASSPHRASE]);
    outcome.fails(4, "E-JRNL-005");
    assert_eq!(person.unused_answers(), 2);
    let short = airlock::bundle::Spoken::short(&seen);
    let sentence = format!("sign although the journal lost {short}");
    signer.watched(&["sign", text(&next)], &[&sentence, "6", PASSPHRASE]).0.done();
    // The loss is on record: the same head is not asked about again.
    let later = Payment { head: Some(seen), ..Payment::of(7, 14) };
    signer.sign(&signer.bundle("C", &later), "7").done();
}

#[test]
fn without_accounts_or_journal_beside_the_vault_nothing_is_signed() {
    for (name, exit, code) in [("accounts.json", 3, "E-REG-004"), ("journal.jsonl", 4, "E-JRNL-001")] {
        let signer = Signer::new();
        let bundle = signer.bundle("A", &Payment::of(5, 12));
        fs::remove_file(signer.at("home").join(name)).unwrap();
        let (outcome, person) = signer.watched(&["sign", text(&bundle)], &["5", PASSPHRASE]);
        outcome.fails(exit, code);
        assert_eq!(person.unused_answers(), 2);
    }
}

#[test]
fn the_gravest_of_several_reasons_is_told() {
    let signer = Signer::new();
    signer.rule(XRP_LIMIT);
    let over = signer.bundle("A", &Payment::of(101, 12));
    let damaged = signer.write("B.bundle.json", b"{");
    let sign = |files: &[&Path], code: &str, exit| {
        let names: Vec<&str> = files.iter().map(|file| text(file)).collect();
        signer.watched(&[&["sign"], &names[..]].concat(), &[]).0.fails(exit, code);
    };
    sign(&[&over], "E-POL-010", 1);
    signer.clock.set(CREATED - 300);
    sign(&[&over], "E-JRNL-006", 4);
    sign(&[&over, &damaged], "E-", 2);
    signer.clock.set(CREATED + 60);
    let path = signer.at("home/policy.toml");
    let policy = fs::read_to_string(&path).unwrap();
    fs::write(&path, policy + "# more\n").unwrap();
    sign(&[&signer.bundle("C", &Payment { fee: 2_000_000, ..Payment::of(5, 12) })], "E-XRP-034", 1);
    sign(&[&over], "E-OFPOL-001", 3);
}

#[test]
fn quantities_are_shown_by_the_registry_of_the_policy_and_not_by_a_claim() {
    let signer = Signer::new();
    let treasury = Treasury::open();
    let requests = treasury::requests(json!([{
        "from": "cold",
        "intent": { "send-asset": { "payee": {
            "asset": "TOKENDIV", "to": "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w", "amount": "1.5",
        }}},
    }]));
    let bundle = treasury.plan(&requests);
    let file = signer.write("A.bundle.json", &bundle.encode());
    let before = signer.unwatched(&["--json", "review", text(&file)]).done().json();
    assert_eq!(before["reviews"][0]["approve"], "150000000", "base units without a registry");
    signer.rule("[[asset]]\nname = \"TOKENDIV\"\ndivisible = true\n");
    let after = signer.unwatched(&["--json", "review", text(&file)]).done().json();
    assert_eq!(after["reviews"][0]["approve"], "1.5");
}
