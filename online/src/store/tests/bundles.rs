use airlock::bundle::{Artefact, Spoken};
use airlock::review::{Chain, Use};
use rusqlite::Connection;

use super::*;
use crate::repeat::{self, Leave};
use crate::store::error::{
    AMBIGUOUS, DAMAGED, DROPPED, FORBIDDEN, MISUSED, OTHER_RECEIPT, OTHER_SIGNED, UNKNOWN_BUNDLE,
};
use crate::store::{Advanced, Filter, State, Transition};

use State::{Confirmed, Failed, Final, Planned, Seen, Signed as IsSigned, Submitted, Superseded};

#[test]
fn a_bundle_is_read_back_as_it_was_planned_and_signed() {
    let place = Place::new();
    let ladder = Step { one_of: Some(7), ..xrp_step(json!({ "Sequence": 5 })) };
    let planned = bundle(vec![bitcoin_step(&[coin(1)]), ladder]);
    let store = place.store();
    assert!(store.plan(&planned, "send-btc", "Pay 1 BTC.", at(150)).unwrap());
    assert!(!store.plan(&planned, "other", "Other.", at(151)).unwrap(), "what is known stays as it is");
    drop(store);

    let store = place.store();
    let id = planned.id().to_string();
    let record = store.known_bundle(&id).unwrap();
    assert_eq!((record.kind.as_str(), record.headline.as_str()), ("send-btc", "Pay 1 BTC."));
    assert_eq!((record.created, record.expires, record.planned), (at(100), at(1_000), at(150)));
    assert_eq!((&record.bundle, record.state, &record.signed), (&planned, Planned, &None));
    assert_eq!(record.steps[0].chain, Chain::Bitcoin(BitcoinNetwork::Regtest));
    let xrp = &record.steps[1];
    assert_eq!((xrp.chain, xrp.sequence, xrp.ticket), (Chain::Xrpl(1), Some(5), None));
    assert_eq!((xrp.last_ledger_sequence, xrp.one_of, xrp.account.as_str()), (Some(900), Some(7), XRP));
    assert_eq!((&xrp.txid, &xrp.raw), (&None, &None));

    let (file, finals) = signed(&planned, 0);
    assert!(store.record_signed(&planned, &file, &finals, at(200)).unwrap());
    let record = store.known_bundle(&planned.id().short().to_lowercase()).unwrap();
    assert_eq!((record.state, record.signed.as_ref()), (IsSigned, Some(&file)));
    for (step, transaction) in record.steps.iter().zip(&finals) {
        assert_eq!(step.txid, Some(transaction.id()));
        assert_eq!(step.raw, Some(transaction.raw()));
    }
    assert_eq!(store.bundle(&id.to_uppercase()).unwrap(), Some(record));
    assert_eq!(store.bundle("0000").unwrap(), None);
    assert_eq!(store.known_bundle("%\u{1b}").unwrap_err().code(), &UNKNOWN_BUNDLE);
}

#[test]
fn what_was_dropped_holds_nothing_and_does_not_come_back() {
    let place = Place::new();
    let store = place.store();
    let dropped = bundle(vec![bitcoin_step(&[coin(1)]), xrp_step(json!({ "Sequence": 5 }))]);
    let other = bundle(vec![bitcoin_step(&[coin(1), coin(2)])]);
    store.plan(&dropped, "kind", "", at(150)).unwrap();
    assert_eq!(store.rivals(&other, at(200)).unwrap().len(), 1);
    let end = Transition::new(Planned, Superseded).because("dropped: a slip");
    let ends = [(0, end.clone()), (1, end)];
    assert_eq!(store.advance_all(dropped.id(), &ends, at(200)).unwrap(), Advanced::Done);
    drop(store);

    let store = place.store();
    assert_eq!(store.rivals(&other, at(200)).unwrap(), []);
    assert_eq!(store.bundles(Filter::Signable(at(200))).unwrap(), []);
    let leave = Leave { again: false, replaced: &[] };
    assert_eq!(repeat::check(&other, &store.asked().unwrap(), leave, at(200)).unwrap(), Vec::<String>::new());
    let record = store.known_bundle(&dropped.id().short()).unwrap();
    assert!(record.was_dropped() && record.state == Superseded);
    let told: Vec<_> =
        store.history(dropped.id()).unwrap().into_iter().map(|line| (line.to, line.detail)).collect();
    let why = Some("dropped: a slip".to_owned());
    assert_eq!(told, [(Planned, None), (Planned, None), (Superseded, why.clone()), (Superseded, why)]);
    let (file, finals) = signed(&dropped, 0);
    for ended in [
        store.plan(&dropped, "kind", "", at(201)),
        store.record_signed(&dropped, &file, &finals, at(201)),
        store.check_kept(dropped.id()).map(|()| true),
    ] {
        let error = ended.unwrap_err();
        assert!(error.code() == &DROPPED && error.what().contains("a slip"), "{error}");
    }
    store.check_kept(other.id()).unwrap();
    assert!(store.plan(&other, "kind", "", at(201)).unwrap());
    assert!(!store.known_bundle(&other.id().short()).unwrap().was_dropped());
    taken(&store, &bundle(vec![bitcoin_step(&[coin(3)])]));
}

#[test]
fn a_second_signed_file_must_have_the_same_transactions() {
    let store = Place::new().store();
    let planned = bundle(vec![bitcoin_step(&[coin(1)]), bitcoin_step(&[coin(2)])]);
    let (first, finals) = signed(&planned, 0);
    assert_eq!(store.record_signed(&planned, &first, &finals, NOW).unwrap_err().code(), &UNKNOWN_BUNDLE);
    taken(&store, &planned);
    assert!(!store.record_signed(&planned, &first, &finals, NOW).unwrap());
    let before = store.known_bundle(&planned.id().short()).unwrap();
    let (second, others) = signed(&planned, 1);
    assert!(
        !store.record_signed(&planned, &second, &finals, NOW).unwrap(),
        "the ids of the transactions count"
    );
    assert_eq!(store.record_signed(&planned, &second, &others, NOW).unwrap_err().code(), &OTHER_SIGNED);
    assert_eq!(store.record_signed(&planned, &first, &finals[..1], NOW).unwrap_err().code(), &MISUSED);
    let stranger = bundle(vec![bitcoin_step(&[coin(3)])]);
    let (answer, theirs) = signed(&stranger, 0);
    assert_eq!(store.record_signed(&planned, &answer, &theirs, NOW).unwrap_err().code(), &MISUSED);
    assert_eq!(store.known_bundle(&planned.id().short()).unwrap(), before);
}

#[test]
fn a_short_id_that_two_bundles_have_asks_for_the_full_one() {
    let place = Place::new();
    let store = place.store();
    let (one, two) = (bundle(vec![bitcoin_step(&[coin(1)])]), bundle(vec![bitcoin_step(&[coin(2)])]));
    taken(&store, &one);
    taken(&store, &two);
    Connection::open(place.path()).unwrap().execute("UPDATE bundles SET short = 'R7K3'", []).unwrap();
    let error = store.bundle("r7k3").unwrap_err();
    assert_eq!(error.code(), &AMBIGUOUS);
    assert!(error.what().contains(&one.id().to_string()) && error.what().contains(&two.id().to_string()));
    assert_eq!(store.known_bundle(&two.id().to_string()).unwrap().bundle, two);
}

#[test]
fn a_step_goes_its_way_and_the_history_remembers_it() {
    let store = Place::new().store();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    taken(&store, &one);
    let go = |transition: &Transition, seconds| store.advance(one.id(), 0, transition, at(seconds)).unwrap();
    let step = || store.known_bundle(&one.id().short()).unwrap().steps.remove(0);
    assert_eq!(go(&Transition::new(IsSigned, Submitted).since(70), 110), Advanced::Done);
    assert_eq!(go(&Transition::new(Submitted, Seen), 111), Advanced::Done);
    assert_eq!(go(&Transition::new(Seen, Confirmed).in_block(71, "aa"), 112), Advanced::Done);
    assert_eq!((step().height, step().block_hash.as_deref()), (Some(71), Some("aa")));
    assert_eq!(go(&Transition::new(Confirmed, Seen).because("reorganized"), 113), Advanced::Done);
    assert_eq!(
        (step().height, step().block_hash, step().detail.as_deref()),
        (None, None, Some("reorganized"))
    );
    // Evicted, and submitted again: the first submission stays known.
    assert_eq!(go(&Transition::new(Seen, Submitted).since(80), 114), Advanced::Done);
    assert_eq!((step().since_height, step().first_submitted), (Some(70), Some(at(110))));
    assert_eq!(go(&Transition::new(Submitted, Confirmed).in_block(81, "bb"), 115), Advanced::Done);
    assert_eq!(go(&Transition::new(Confirmed, Confirmed).in_block(82, "cc"), 116), Advanced::Done);
    assert_eq!(go(&Transition::new(Confirmed, Final).in_block(82, "cc"), 117), Advanced::Done);
    assert_eq!(store.known_bundle(&one.id().short()).unwrap().state, Final);

    let refused = store.advance(one.id(), 0, &Transition::new(Final, Seen), NOW).unwrap_err();
    assert_eq!(refused.code(), &FORBIDDEN);
    let back = Transition::new(Final, Seen).because("12 blocks were reorganized");
    assert_eq!(store.reorged(one.id(), 0, &back, at(118)).unwrap(), Advanced::Done);
    let normal = Transition::new(Seen, Submitted);
    assert_eq!(store.reorged(one.id(), 0, &normal, NOW).unwrap_err().code(), &FORBIDDEN);

    let history = store.history(one.id()).unwrap();
    let states: Vec<_> = history.iter().map(|entry| (entry.from, entry.to, entry.at.to_unix())).collect();
    let way =
        [Planned, IsSigned, Submitted, Seen, Confirmed, Seen, Submitted, Confirmed, Confirmed, Final, Seen];
    let times = [100, 101, 110, 111, 112, 113, 114, 115, 116, 117, 118];
    let expected: Vec<_> =
        (0..way.len()).map(|i| (i.checked_sub(1).map(|j| way[j]), way[i], times[i])).collect();
    assert_eq!(states, expected);
    assert_eq!(history.iter().filter(|entry| entry.incident).count(), 1);
    assert_eq!(history.last().unwrap().detail.as_deref(), Some("12 blocks were reorganized"));
}

#[test]
fn every_pair_of_states_is_kept_or_refused_as_the_state_machine_says() {
    let place = Place::new();
    let store = place.store();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    taken(&store, &one);
    let raw = Connection::open(place.path()).unwrap();
    for from in State::ALL {
        for to in State::ALL {
            raw.execute("UPDATE steps SET state = ?1", [from.name()]).unwrap();
            let ended = store.advance(one.id(), 0, &Transition::new(from, to), NOW);
            let reopened =
                ended.is_err().then(|| store.reorged(one.id(), 0, &Transition::new(from, to), NOW));
            let present = store.known_bundle(&one.id().short()).unwrap().steps[0].state;
            // Signing has a method of its own, which brings the transactions.
            let may = from.may_become(to) && to != IsSigned;
            assert_eq!(ended.is_ok(), may, "{from} to {to}");
            assert_eq!(
                reopened.is_some_and(|ended| ended.is_ok()),
                from.may_reopen(to),
                "{from} back to {to}"
            );
            assert_eq!(present, if may || from.may_reopen(to) { to } else { from }, "{from} to {to}");
        }
    }
}

#[test]
fn a_change_is_not_made_when_the_step_is_elsewhere_by_now() {
    let store = Place::new().store();
    let pair = bundle(vec![bitcoin_step(&[coin(1)]), bitcoin_step(&[coin(2)])]);
    taken(&store, &pair);
    let submit = [(0, Transition::new(IsSigned, Submitted)), (1, Transition::new(IsSigned, Submitted))];
    let first = &submit[..1];
    assert_eq!(store.advance_all(pair.id(), first, NOW).unwrap(), Advanced::Done);
    let both = store.advance_all(pair.id(), &submit, NOW).unwrap();
    assert_eq!(both, Advanced::Elsewhere { step: 0, state: Submitted });
    let record = store.known_bundle(&pair.id().short()).unwrap();
    assert_eq!((record.steps[1].state, record.state), (IsSigned, IsSigned));
    assert_eq!(store.history(pair.id()).unwrap().len(), 5, "planned and signed twice, submitted once");
    let missing = store.advance(pair.id(), 2, &submit[0].1, NOW).unwrap_err();
    assert_eq!(missing.code(), &UNKNOWN_BUNDLE);
}

#[test]
fn what_is_in_flight_is_neither_planned_nor_ended_nor_expired_before_it_was_sent() {
    let store = Place::new().store();
    let tickets = json!({ "TransactionType": "TicketCreate", "Sequence": 8, "TicketCount": 3 });
    let steps =
        vec![bitcoin_step(&[coin(1), coin(2)]), xrp_step(json!({ "Sequence": 5 })), xrp_step(tickets)];
    let with_ticket = xrp_step(json!({ "TicketSequence": 44 }));
    let mixed = bundle([steps, vec![with_ticket]].concat());
    store.plan(&mixed, "plan", "", at(100)).unwrap();
    assert_eq!(store.in_flight(at(200)).unwrap(), Default::default(), "planned only");

    let (file, finals) = signed(&mixed, 0);
    store.record_signed(&mixed, &file, &finals, at(200)).unwrap();
    let in_flight = store.in_flight(at(999)).unwrap();
    assert_eq!(in_flight.coins, [coin(1), coin(2)].into());
    assert_eq!(
        in_flight.next_sequence,
        [(XRP.to_owned(), 12)].into(),
        "three tickets take three sequences more"
    );
    assert_eq!(in_flight.tickets, [(XRP.to_owned(), [44].into())].into());
    assert_eq!(store.in_flight(at(1_000)).unwrap(), Default::default(), "expired and never submitted");

    store.advance(mixed.id(), 0, &Transition::new(IsSigned, Submitted), at(300)).unwrap();
    assert_eq!(store.in_flight(at(1_000)).unwrap().coins, [coin(1), coin(2)].into());
    store.advance(mixed.id(), 0, &Transition::new(Submitted, Final), at(301)).unwrap();
    store.advance(mixed.id(), 3, &Transition::new(IsSigned, Failed), at(301)).unwrap();
    let in_flight = store.in_flight(at(400)).unwrap();
    assert_eq!((in_flight.coins.len(), in_flight.tickets.len(), in_flight.next_sequence.len()), (0, 0, 1));
}

#[test]
fn an_output_of_an_earlier_step_is_not_in_flight() {
    let store = Place::new().store();
    let parent = bitcoin_step(&[coin(1)]);
    let Artefact::Psbt(psbt) = &parent.artefact else { panic!("a PSBT") };
    let inner = OutPoint { txid: psbt.unsigned_tx.compute_txid(), vout: 0 };
    let link = airlock::bundle::Link { input: 0, step: 0, vout: 0 };
    let child = Step { after: vec![0], links: vec![link], ..bitcoin_step(&[inner, coin(2)]) };
    taken(&store, &bundle(vec![parent, child]));
    assert_eq!(store.in_flight(at(200)).unwrap().coins, [coin(1), coin(2)].into());
}

#[test]
fn rivals_are_what_can_still_confirm_and_uses_the_same() {
    let store = Place::new().store();
    let planned = bundle(vec![bitcoin_step(&[coin(1), coin(2)])]);
    let other = bundle(vec![bitcoin_step(&[coin(1), coin(2), coin(3)])]);
    let apart = bundle(vec![bitcoin_step(&[coin(4)])]);
    store.plan(&planned, "a", "", at(100)).unwrap();
    store.plan(&other, "b", "", at(100)).unwrap();
    store.plan(&apart, "c", "", at(100)).unwrap();
    let [rival] = &store.rivals(&planned, at(200)).unwrap()[..] else { panic!("one rival") };
    assert_eq!((&rival.id, rival.state), (&other.id().to_string(), Planned));
    assert_eq!(rival.uses, [Use::Coin(coin(1)), Use::Coin(coin(2))].into());
    assert_eq!(store.rivals(&planned, at(1_000)).unwrap(), [], "it can no longer be signed");

    let (file, finals) = signed(&other, 0);
    store.record_signed(&other, &file, &finals, at(200)).unwrap();
    store.advance(other.id(), 0, &Transition::new(IsSigned, Submitted), at(201)).unwrap();
    assert_eq!(store.rivals(&planned, at(5_000)).unwrap()[0].state, Submitted);
    store.advance(other.id(), 0, &Transition::new(Submitted, Superseded), at(202)).unwrap();
    assert_eq!(store.rivals(&planned, at(300)).unwrap(), []);
}

#[test]
fn bundles_are_found_by_what_is_going_on_with_them() {
    let store = Place::new().store();
    let (one, two) = (bundle(vec![bitcoin_step(&[coin(1)])]), bundle(vec![bitcoin_step(&[coin(2)])]));
    store.plan(&one, "one", "", at(10)).unwrap();
    store.plan(&two, "two", "", at(20)).unwrap();
    let found = |filter| {
        let kinds = store.bundles(filter).unwrap().into_iter().map(|record| record.kind);
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(found(Filter::All), ["one", "two"]);
    assert_eq!(found(Filter::InFlight), [""; 0]);
    assert_eq!(found(Filter::Signable(at(999))), ["one", "two"]);
    assert_eq!(found(Filter::Signable(at(1_000))), [""; 0]);
    let (file, finals) = signed(&one, 0);
    store.record_signed(&one, &file, &finals, at(30)).unwrap();
    assert_eq!(found(Filter::InFlight), ["one"]);
    assert_eq!(found(Filter::Signable(at(999))), ["two"]);
    assert_eq!(found(Filter::ChangedSince(at(30))), ["one"]);
    assert_eq!(found(Filter::ChangedSince(at(20))), ["one", "two"]);
    assert_eq!(found(Filter::ChangedSince(at(31))), [""; 0]);
}

#[test]
fn a_receipt_is_written_once() {
    let store = Place::new().store();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    let receipt = json!({ "b": 1, "a": "ok" });
    assert_eq!(store.write_receipt(one.id(), &receipt, NOW).unwrap_err().code(), &UNKNOWN_BUNDLE);
    taken(&store, &one);
    assert_eq!(store.receipt(one.id()).unwrap(), None);
    assert_eq!(store.write_receipt(one.id(), &receipt, NOW).unwrap(), b"{\"a\":\"ok\",\"b\":1}\n");
    assert!(store.write_receipt(one.id(), &receipt, NOW).is_ok());
    let other = store.write_receipt(one.id(), &json!({}), NOW).unwrap_err();
    assert_eq!(other.code(), &OTHER_RECEIPT);
    assert_eq!(store.receipt(one.id()).unwrap(), Some(receipt));
}

#[test]
fn what_happened_is_not_changed_by_anybody() {
    let place = Place::new();
    let store = place.store();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    taken(&store, &one);
    store.write_receipt(one.id(), &json!({}), NOW).unwrap();
    let raw = Connection::open(place.path()).unwrap();
    for statement in [
        "DELETE FROM history",
        "UPDATE history SET state = 'final'",
        "DELETE FROM receipts",
        "UPDATE receipts SET file = x'00'",
        "UPDATE steps SET raw = 'ff'",
        "UPDATE steps SET raw = NULL, txid = NULL",
        "UPDATE steps SET txid = 'ff'",
    ] {
        assert!(raw.execute(statement, []).is_err(), "{statement}");
    }
    raw.execute("UPDATE steps SET state = 'planned'", []).unwrap();
    assert!(raw.execute("UPDATE steps SET state = 'unheard of'", []).is_ok());
    assert_eq!(store.bundles(Filter::All).unwrap_err().code(), &DAMAGED);
}

#[test]
fn a_bundle_that_was_changed_in_the_file_is_damage() {
    let place = Place::new();
    let store = place.store();
    let (one, two) = (bundle(vec![bitcoin_step(&[coin(1)])]), bundle(vec![bitcoin_step(&[coin(2)])]));
    taken(&store, &one);
    let raw = Connection::open(place.path()).unwrap();
    for file in [two.encode(), b"{}".to_vec(), Vec::new()] {
        raw.execute("UPDATE bundles SET file = ?1", [file]).unwrap();
        assert_eq!(store.known_bundle(&one.id().to_string()).unwrap_err().code(), &DAMAGED);
    }
}
