use std::collections::BTreeSet;

use super::*;

const CLASSES: [Class; 5] = [Class::Tec, Class::Ter, Class::Tef, Class::Tem, Class::Tel];

/// The results that the reference names (xrpl.md 9, 11 and 12.1).
const NAMED: &str = "tecUNFUNDED_PAYMENT tecNO_DST_INSUF_XRP tecDST_TAG_NEEDED tecNO_DST tecNO_PERMISSION tecPATH_DRY \
    tecPATH_PARTIAL tecLOCKED tecNO_AUTH tecNEED_MASTER_KEY tecNO_ALTERNATIVE_KEY tecDIR_FULL tecINSUFFICIENT_RESERVE \
    tecTOO_SOON tecHAS_OBLIGATIONS tecNO_TARGET terQUEUED terPRE_SEQ terPRE_TICKET terINSUF_FEE_B terNO_ACCOUNT \
    tefPAST_SEQ tefMAX_LEDGER tefALREADY tefNO_TICKET tefBAD_AUTH tefMASTER_DISABLED tefBAD_QUORUM tefBAD_SIGNATURE \
    tefNOT_MULTI_SIGNING tefWRONG_PRIOR tefTOO_BIG temBAD_AMOUNT temBAD_FEE temINVALID_FLAG temREDUNDANT \
    temSEQ_AND_TICKET temBAD_SIGNATURE temBAD_REGKEY temBAD_SEND_XRP_MAX temBAD_SEND_XRP_PATHS temMALFORMED \
    temBAD_SIGNER temBAD_WEIGHT temBAD_QUORUM temINVALID_COUNT temDST_IS_SRC temBAD_LIMIT temCANNOT_PREAUTH_SELF \
    temINVALID telINSUF_FEE_P telCAN_NOT_QUEUE telNETWORK_ID_MAKES_TX_NON_CANONICAL telREQUIRES_NETWORK_ID \
    telWRONG_NETWORK telBAD_DOMAIN";

#[test]
fn gives_each_named_result_a_code_of_its_own() {
    let mut ids = BTreeSet::new();
    for result in NAMED.split_whitespace() {
        let reading = read(result);
        let code = reading.code.unwrap();
        assert!(ids.insert(code.id), "{result} shares {}", code.id);
        assert_eq!(reading.class.rows().iter().filter(|row| row.result == result).count(), 1, "{result}");
    }
}

#[test]
fn has_no_result_id_or_sentence_twice_and_each_in_its_class() {
    let rows: Vec<_> =
        CLASSES.into_iter().flat_map(|class| class.rows().iter().map(move |row| (class, row))).collect();
    let (mut names, mut sentences) = (BTreeSet::new(), BTreeSet::new());
    for (class, row) in &rows {
        assert!(row.result.is_empty() || Class::of(row.result) == *class, "{}", row.result);
        assert!(names.insert((format!("{class:?}"), row.result)), "{}", row.result);
        let sentence = row.code.meaning.split(". ").next().unwrap();
        assert!(sentences.insert(sentence), "{}: {sentence}", row.result);
    }
    assert_eq!(codes().map(|code| code.id).collect::<BTreeSet<_>>().len(), rows.len() + 1);
}

#[test]
fn lets_unknown_names_fall_to_their_class_and_unknown_classes_to_one_code() {
    for (result, class, outlook, id) in [
        ("tecSOMETHING_NEW", Class::Tec, Outlook::Claimed, "E-XRPL-100"),
        ("terSOMETHING_NEW", Class::Ter, Outlook::MaySucceed, "E-XRPL-200"),
        ("tefSOMETHING_NEW", Class::Tef, Outlook::LookUp, "E-XRPL-300"),
        ("temSOMETHING_NEW", Class::Tem, Outlook::Dead, "E-XRPL-400"),
        ("telSOMETHING_NEW", Class::Tel, Outlook::Elsewhere, "E-XRPL-500"),
        ("tesSOMETHING_NEW", Class::Tes, Outlook::Unknown, "E-XRPL-001"),
        ("tezSUCCESS", Class::Unknown, Outlook::Unknown, "E-XRPL-001"),
        ("", Class::Unknown, Outlook::Unknown, "E-XRPL-001"),
        ("té", Class::Unknown, Outlook::Unknown, "E-XRPL-001"),
    ] {
        let reading = read(result);
        assert_eq!(
            (reading.class, reading.outlook, reading.code.unwrap().id),
            (class, outlook, id),
            "{result}"
        );
    }
    assert_eq!(read("tesSUCCESS"), Reading { class: Class::Tes, outlook: Outlook::Applied, code: None });
}

#[test]
fn never_calls_dead_what_may_have_succeeded_before() {
    for result in ["tefPAST_SEQ", "tefALREADY", "tefMAX_LEDGER", "tefNO_TICKET"] {
        let reading = read(result);
        assert_eq!(reading.outlook, Outlook::LookUp, "{result}");
        assert!(reading.code.unwrap().next.contains("status"), "{result}");
    }
}

#[test]
fn says_at_which_moment_a_result_was_given() {
    assert_eq!(error("tesSUCCESS", "The transaction was applied.", Stage::Submitted), None);
    let said = |stage| error("tecDST_TAG_NEEDED", "A destination tag is required.", stage).unwrap();
    let trial = said(Stage::Trial);
    assert_eq!(
        trial.what(),
        "a trial run, of which nothing was handed over, ends in tecDST_TAG_NEEDED: A destination tag is required"
    );
    assert!(said(Stage::Submitted).what().contains("provisional"));
    assert!(said(Stage::Submitted).next().starts_with("Wait until"));
    let last = said(Stage::Validated);
    assert!(last.what().contains("final"));
    assert_eq!(last.next(), "Ask the receiver for the tag and plan it again with the tag.");
}

#[test]
fn shows_a_servers_words_only_in_print() {
    let error = error("ter\u{1b}[2J", "all is \u{202e}well", Stage::Submitted).unwrap();
    assert!(error.what().is_ascii() && !error.what().contains('\u{1b}'), "{error}");
}

#[test]
fn advises_to_wait_while_a_failure_is_provisional_and_only_then() {
    for row in tec::ROWS {
        assert!(row.code.next.starts_with(tec::WAIT), "{}", row.result);
        let last =
            error(if row.result.is_empty() { "tecNEW" } else { row.result }, "", Stage::Validated).unwrap();
        assert!(!last.next().contains("calls it final") && !last.next().is_empty(), "{}", row.result);
    }
}
