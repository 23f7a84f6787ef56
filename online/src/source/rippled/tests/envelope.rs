use super::*;

/// Asks for the fee of a server that gives this answer.
fn fee(name: &str) -> Result<OpenFee> {
    Script::of(&[name]).run(crate::source::rippled::status::fee)
}

fn status(name: &str) -> Result<XrplStatus> {
    Script::of(&[name]).run(crate::source::rippled::status::read)
}

fn read(status: u16, body: &str) -> Result<Said> {
    let question = Question { method: "fee", params: Map::new(), limit: 1 << 20 };
    answer::read(&question, status, body.as_bytes())
}

#[test]
fn ends_each_refusal_of_a_server_in_its_code() {
    for (name, code) in [
        ("error_no_network", &NOT_SYNCED),
        ("error_amendment_blocked", &AMENDMENT_BLOCKED),
        ("error_invalid_params", &REFUSED),
        ("error_at_the_root", &NOT_SYNCED),
    ] {
        let error = fee(name).unwrap_err();
        assert_eq!(error.code(), code, "{name}");
        assert!(error.what().starts_with("the server refuses fee: "), "{error}");
    }
    for (name, code) in [
        ("error_slow_down", &BUSY),
        ("error_too_busy", &BUSY),
        ("error_invalid_api_version", &TOO_OLD),
        ("error_overloaded", &HTTP_STATUS),
    ] {
        assert_eq!(status(name).unwrap_err().code(), code, "{name}");
    }
    let shown = fee("error_invalid_params").unwrap_err().what().to_owned();
    assert_eq!(shown, "the server refuses fee: invalidParams: Invalid parameters");
}

#[test]
fn refuses_what_is_no_answer() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        "<html>",
        "{}",
        "{\"result\":null}",
        "{\"result\":[]}",
        "{\"result\":{}}",
        "{\"result\":{\"status\":\"perhaps\"}}",
        "{\"result\":{\"status\":\"success\"}} {}",
        "{\"result\":{\"status\":\"success\",\"a\":1,\"a\":2}}",
    ] {
        assert_eq!(read(200, body).unwrap_err().code(), &BAD_ANSWER, "{body}");
    }
    let deep = format!("{{\"result\":{}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(read(200, &deep).unwrap_err().code(), &BAD_ANSWER);
    let many = format!("{{\"result\":[{}0]}}", "0,".repeat(1_100_000));
    assert_eq!(read(200, &many).unwrap_err().code(), &OVER_LIMIT);
}

#[test]
fn shows_a_servers_words_only_in_print() {
    let hostile =
        "{\"result\":{\"status\":\"error\",\"error\":\"x\\u001b[2J\",\"error_message\":\"\\u202e\"}}";
    let Ok(Said::Refused(refusal)) = read(200, hostile) else { panic!() };
    let error = refusal.error("fee");
    assert!(error.what().is_ascii() && !error.what().contains('\u{1b}'), "{error}");
    assert!(!read(500, "\u{1b}[2J").unwrap_err().what().contains('\u{1b}'));
    let Ok(Said::Refused(refusal)) = read(200, "{\"error\":{\"code\":-32601}}") else { panic!() };
    assert_eq!(refusal.code(), &REFUSED);
}

#[test]
fn never_panics_on_an_answer_that_is_cut_off() {
    let whole = file("fee_quiet")["response"].to_string();
    for end in 0..whole.len() {
        assert!(read(200, whole.get(..end).unwrap()).is_err(), "{end}");
    }
    assert!(matches!(read(200, &whole), Ok(Said::Result(_))));
}
