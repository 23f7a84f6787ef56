//! The stream of `codec counterparty`: one answer per line in order, strict about members, lenient about nothing.

use airlock_tests::vectors;
use serde_json::{Value, json};

fn run(command: &str, input: &str) -> Vec<Value> {
    let mut output = Vec::new();
    airlock_online::codec::run("counterparty", command, input.as_bytes(), &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ask(command: &str, line: Value) -> Value {
    let mut answers = run(command, &format!("{line}\n"));
    assert_eq!(answers.len(), 1, "{line}");
    answers.remove(0)
}

fn ok(command: &str, line: Value) -> Value {
    let answer = ask(command, line.clone());
    answer.get("ok").unwrap_or_else(|| panic!("{answer} for {line}")).clone()
}

fn code(command: &str, line: Value) -> String {
    let answer = ask(command, line.clone());
    answer["error"]["code"].as_str().unwrap_or_else(|| panic!("{answer} for {line}")).to_owned()
}

#[test]
fn answers_every_line_in_order_and_goes_on_after_a_bad_one() {
    let input = "{\"name\":\"XCP\"}\nnot json\n\n{\"id\":\"1\"}\n{\"name\":\"XCP\",\"name\":\"XCP\"}\n[1]\n\u{0}\n{\"id\":0}";
    let answers = run("asset", input);
    assert_eq!(answers.len(), 8);
    assert_eq!(answers[0], json!({ "ok": { "name": "XCP", "id": "1" } }));
    assert_eq!(answers[3], answers[0]);
    assert_eq!(answers[7], json!({ "ok": { "name": "BTC", "id": "0" } }));
    for bad in [1, 2, 4, 5, 6] {
        let error = answers[bad]["error"].as_object().unwrap();
        assert!(error["code"].as_str().unwrap().starts_with("E-"), "{error:?}");
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    assert!(run("asset", "").is_empty());
}

#[test]
fn bytes_that_are_no_text_give_an_error_line() {
    let mut output = Vec::new();
    let input: &[u8] = b"\xff\xfe\n{\"name\":\"XCP\"}\n";
    airlock_online::codec::run("counterparty", "asset", input, &mut output).unwrap();
    let lines: Vec<&[u8]> = output.split(|byte| *byte == b'\n').collect();
    assert!(lines[0].starts_with(b"{\"error\"") && lines[1].starts_with(b"{\"ok\""));
}

#[test]
fn a_line_beyond_the_limit_is_skipped() {
    let long = airlock_online::codec::MAX_LINE as usize + 10;
    let input = format!("{}\n{{\"name\":\"XCP\"}}\n{}", " ".repeat(long), " ".repeat(long));
    let answers = run("asset", &input);
    assert_eq!(answers.len(), 3);
    assert_eq!(
        (&answers[0]["error"]["code"], &answers[2]["error"]["code"]),
        (&json!("E-CODEC-003"), &json!("E-CODEC-003"))
    );
    assert_eq!(answers[1]["ok"]["id"], "1");
}

#[test]
fn unknown_commands_end_the_stream_before_it_begins() {
    for (chain, command) in [("counterparty", "sign"), ("dogecoin", "pack")] {
        let error = airlock_online::codec::run(chain, command, &b""[..], Vec::new()).unwrap_err();
        assert_eq!(error.code().id, "E-CODEC-001");
    }
}

#[test]
fn unknown_members_are_an_error_at_every_level() {
    let send = json!({ "type": "enhanced_send", "asset": "XCP", "quantity": "1",
        "destination": "1BrJKndWuwAbu8YfBmAcGn4zREcBLXXsMB", "memo": { "text": "a" } });
    assert!(ok("pack", json!({ "message": send }))["data"].is_string());
    let with = |path: &str| {
        let mut line = json!({ "message": send });
        line.pointer_mut(path).unwrap()["extra"] = json!(1);
        code("pack", line)
    };
    for path in ["", "/message", "/message/memo"] {
        assert_eq!(with(path), "E-CODEC-002", "{path}");
    }
    for (command, line) in [
        ("unpack", json!({ "data": "0d00", "x": 1 })),
        ("asset", json!({ "name": "XCP", "id": "1" })),
        ("address", json!({ "hex": "00", "form": "old" })),
        ("carry", json!({ "carrier": "pigeon", "data": "00" })),
        ("decode", json!({ "tx": "00" })),
        ("decode", json!({ "tx": "", "disabled": ["gravity"] })),
    ] {
        assert_eq!(code(command, line.clone()), "E-CODEC-002", "{line}");
    }
    assert_eq!(code("asset", json!({ "name": "XCP", "network": "moonnet" })), "E-NET-001");
}

#[test]
fn integers_are_numbers_or_strings_and_never_fractions() {
    let send = |quantity: Value| {
        json!({ "message": { "type": "enhanced_send", "asset": "XCP", "quantity": quantity,
            "destination": "1BrJKndWuwAbu8YfBmAcGn4zREcBLXXsMB", "memo": null } })
    };
    assert_eq!(ok("pack", send(json!(7))), ok("pack", send(json!("7"))));
    for bad in
        [json!(7.0), json!(-1), json!("-1"), json!("1e3"), json!(""), json!("+7"), json!(" 7"), json!(true)]
    {
        assert_eq!(code("pack", send(bad.clone())), "E-CODEC-002", "{bad}");
    }
    assert_eq!(code("pack", send(json!("9223372036854775808"))), "E-AMT-003");
    assert_eq!(code("pack", send(json!(0))), "E-CPMSG-002");
    let sweep = ok(
        "unpack",
        json!({ "data": "04835502b078f67e03a5806b262d153ddaf7ed5cc1f048f71b002000000000000140" }),
    );
    assert_eq!(sweep["message"]["flags"], "9007199254740993");
}

#[test]
fn hex_is_taken_in_either_case_and_given_in_lower_case() {
    let lower = ok("unpack", json!({ "data": "6e00000000000000010000000023c34600abcd" }));
    assert_eq!(ok("unpack", json!({ "data": "6E00000000000000010000000023C34600ABCD" })), lower);
    assert_eq!(lower["message"]["type"], "destroy");
    assert_eq!(lower["message"]["body"], "00000000000000010000000023c34600abcd");
    assert_eq!(code("unpack", json!({ "data": "6e0" })), "E-CODEC-002");
}

#[test]
fn a_memo_keeps_its_form_through_unpack_and_pack() {
    let to = ["1BrJKndWuwAbu8YfBmAcGn4zREcBLXXsMB", "34kbrXqCEYz4L6e3WZRBjEqddbw1bgGBZH"];
    let batch = json!({ "type": "mpma", "memo": { "text": "deadbeef" }, "sends": [
        { "asset": "XCP", "destination": to[0], "quantity": "1", "memo": { "hex": "DEADBEEF" } },
        { "asset": "XCP", "destination": to[1], "quantity": "2", "memo": null },
    ] });
    let data = ok("pack", json!({ "message": batch }));
    let read = ok("unpack", json!({ "data": data["data"] }));
    assert_eq!(read["canonical"], true);
    let sends = &read["message"]["sends"];
    assert_eq!(sends[0]["memo"], json!({ "form": "hex", "hex": "deadbeef", "text": null }));
    assert_eq!(
        read["message"]["memo"],
        json!({ "form": "text", "hex": "6465616462656566", "text": "deadbeef" })
    );
    assert_eq!(ok("pack", json!({ "message": read["message"] })), data);

    let send = json!({ "type": "enhanced_send", "asset": "XCP", "quantity": "1", "destination": to[0],
        "memo": { "hex": "ff00" } });
    let data = ok("pack", json!({ "message": send }));
    let read = ok("unpack", json!({ "data": data["data"] }));
    assert_eq!(read["message"]["memo"], json!({ "form": null, "hex": "ff00", "text": null }));
    assert_eq!(ok("pack", json!({ "message": read["message"] })), data);
}

#[test]
fn an_error_in_a_batch_names_the_row() {
    let to = "1BrJKndWuwAbu8YfBmAcGn4zREcBLXXsMB";
    let good = json!({ "asset": "XCP", "destination": to, "quantity": "1" });
    for (bad, expected) in [
        (json!({ "asset": "XCP", "destination": to, "quantity": "1" }), "E-CPMSG-008"),
        (json!({ "asset": "BTC", "destination": to, "quantity": "1" }), "E-CPMSG-003"),
        (json!({ "asset": "xcp", "destination": to, "quantity": "1" }), "E-ASSET-001"),
        (json!({ "asset": "XCP", "destination": to, "quantity": "0" }), "E-CPMSG-002"),
        (
            json!({ "asset": "XCP", "destination": to, "quantity": "1", "memo": { "hex": "abc" } }),
            "E-CPMSG-005",
        ),
        (json!({ "asset": "XCP", "destination": to, "quantity": "1", "memo": { "hex": "" } }), "E-CPMSG-005"),
        (
            json!({ "asset": "XCP", "destination": to, "quantity": "1", "memo": { "text": "x".repeat(64) } }),
            "E-CPMSG-004",
        ),
        (json!({ "asset": "XCP", "destination": "bc1q", "quantity": "1" }), "E-CPADDR-001"),
        (
            json!({ "asset": "XCP", "quantity": "1",
                "destination": "bc1p2x4laxgr2rxdlhcudwhvuuqll8lpkgz99apetjg9udwvpjhr6ewsls8d3w" }),
            "E-CPADDR-002",
        ),
        (json!({ "asset": "XCP", "destination": to }), "E-CODEC-002"),
    ] {
        let batch = json!({ "type": "mpma", "sends": [good, bad] });
        let error = ask("pack", json!({ "message": batch }))["error"].clone();
        assert_eq!(error["code"], expected, "{error} for {bad}");
        assert!(error["message"].as_str().unwrap().starts_with("row 2: "), "{error}");
    }
}

#[test]
fn the_sum_of_an_address_in_upper_case_is_the_same_recipient() {
    let lower = "bc1qxxvdq0wepejchwkxm8qrmc7g35ynp9clc6l06z";
    let address =
        ok("address", json!({ "hex": "0300319 8d03dd90e658bbac6d9c03de3c88d0930971f".replace(' ', "") }));
    let spelled = address["address"].as_str().unwrap();
    assert_ne!(spelled, lower);
    let send = |to: &str| json!({ "asset": "XCP", "destination": to, "quantity": "1" });
    let batch = json!({ "type": "mpma", "sends": [send(spelled), send(&spelled.to_uppercase())] });
    assert_eq!(code("pack", json!({ "message": batch })), "E-CPMSG-008");
}

#[test]
fn carry_judges_no_height_and_takes_a_value() {
    let txid = "2ee8a5505f82aa1f34cd789a4a63bc7435aac6aa05e910ed50c4590f8160ff48";
    let pubkey = "039a808c46203585280137e93571298ace6355e3b2c558f0d191408b4f881b11db";
    let line = json!({ "carrier": "p2sh", "data": "0d00", "first_input_txid": txid, "pubkey": pubkey });
    let pair = ok("carry", line.clone());
    assert_eq!(pair["outputs"][0]["value"], 546);
    let mut later = line;
    later["index"] = json!(17);
    later["value"] = json!("1200");
    let moved = ok("carry", later);
    assert_eq!(moved["outputs"][0]["value"], 1200);
    assert!(moved["redeem_scripts"][0].as_str().unwrap().ends_with("ad011175740087"));
    assert_eq!(pair["second_outputs"], moved["second_outputs"]);
    let long = json!({ "carrier": "opreturn", "data": "00".repeat(73), "first_input_txid": txid });
    assert_eq!(code("carry", long), "E-CARRIER-001");
    let empty = json!({ "carrier": "taproot", "data": "", "pubkey": &pubkey[2..] });
    assert_eq!(code("carry", empty), "E-CARRIER-003");
    let off = json!({ "carrier": "taproot", "data": "00", "pubkey": "ff".repeat(32) });
    assert_eq!(code("carry", off), "E-CARRIER-002");
}

#[test]
fn decode_says_why_it_sees_nothing_and_what_is_odd() {
    let file = vectors("counterparty.json");
    let vector = |id: &str| {
        let vectors = file["vectors"].as_array().unwrap();
        let vector = vectors.iter().find(|vector| vector["id"] == id).unwrap();
        let input = &vector["input"];
        json!({ "tx": input["rawtransaction"], "prev_txs": input["prev_txs"],
            "network": vector["network"], "height": input["block_index"] })
    };
    // Unsigned, and read as if it were signed.
    let mut unsigned = vector("decode_tx-106");
    assert_eq!(ok("decode", unsigned.clone()), json!({ "carrier": null, "reason": "unsigned" }));
    unsigned["assume_signed"] = json!(true);
    let read = ok("decode", unsigned);
    assert_eq!((&read["carrier"], &read["message"]["type"]), (&json!("opreturn"), &json!("enhanced_send")));
    assert_eq!((&read["canonical"], read.get("executed")), (&json!(true), None));
    // Two destinations: recorded, not executed.
    assert_eq!(ok("decode", vector("decode_tx-049"))["executed"], false);
    // A reveal without its grandparent has no known source; with it it has.
    let reveal = ok("decode", vector("decode_tx-125"));
    assert_eq!((&reveal["carrier"], &reveal["source"]), (&json!("taproot"), &Value::Null));
    assert!(ok("decode", vector("decode_tx-123"))["source"].is_string());
    // Without any previous transaction nobody can know the source.
    let mut alone = vector("decode_tx-010");
    alone["prev_txs"] = json!([]);
    let alone = ok("decode", alone);
    assert!(alone["source"].is_null() && alone["message"]["type"] == "enhanced_send");
}

#[test]
fn rules_can_be_switched_off_as_on_a_regtest_server() {
    let file = vectors("golden_p2sh.json");
    let pair = &file["pairs"][0];
    let mut line = json!({ "network": "regtest", "tx": pair["signed_datatx_hex"],
        "prev_txs": [pair["signed_pretx_hex"]] });
    let lost = ok("decode", line.clone());
    assert_eq!((&lost["message"]["type"], &lost["executed"]), (&json!("rps"), &json!(false)));
    line["disabled"] = json!(["p2sh_disabled"]);
    let read = ok("decode", line);
    assert_eq!((&read["carrier"], &read["message"]["type"]), (&json!("p2sh"), &json!("mpma")));
}

#[test]
fn a_body_that_does_not_read_gives_a_null_message() {
    let answer = ok("unpack", json!({ "data": "02000000" }));
    assert_eq!((&answer["message"], &answer["canonical"]), (&Value::Null, &json!(false)));
    assert!(answer["message_error"].as_str().unwrap().starts_with("E-CPMSG-001"));
}

#[test]
fn reads_oddities_and_calls_them_not_canonical() {
    // A quantity of -7 and one of 2^70: read, never written.
    for (data, quantity) in [
        ("0284012658220301e691a221a1e08f97d2d205657f75e98014c29e38b0e6a52a8a7371bab393888240", "-7"),
        (
            "028401c2494000000000000000005 8220301e691a221a1e08f97d2d205657f75e98014c29e38b0e6a52a8a7371bab393888240",
            "1180591620717411303424",
        ),
    ] {
        let answer = ok("unpack", json!({ "data": data.replace(' ', "") }));
        assert_eq!(answer["message"]["quantity"], quantity);
        assert_eq!(answer["canonical"], false);
        assert!(ask("pack", json!({ "message": answer["message"] })).get("error").is_some());
    }
    // The old layout, still executed.
    let old = ok(
        "unpack",
        json!({ "data":
        "02000000000000000100000000000000070059030ca61a58377db6ead479d01ae0d530f5fc03" }),
    );
    assert_eq!((&old["message"]["quantity"], &old["canonical"]), (&json!("7"), &json!(false)));
    let then = ok(
        "unpack",
        json!({ "height": 901_999, "data":
        "02000000000000000100000000000000070059030ca61a58377db6ead479d01ae0d530f5fc03" }),
    );
    assert_eq!(then["canonical"], true);
}

#[test]
fn numbers_of_a_broadcast_keep_their_kind() {
    let broadcast = |value: Value, fee: Value| {
        json!({ "message": { "type": "broadcast", "timestamp": 1, "value": value, "fee_fraction": fee,
            "text": "OPTIONS 1" } })
    };
    let data = |line: Value| ok("pack", line)["data"].as_str().unwrap().to_owned();
    assert!(data(broadcast(json!(0), json!(0))).starts_with("1e850100"));
    assert!(data(broadcast(json!(0.0), json!(0.0))).starts_with("1e8501fb0000000000000000"));
    // 0.29 has no exact double; nothing is cut off.
    for (value, fee) in [(json!(0.0), json!(0.29)), (json!(-3), json!("0.29")), (json!(12.5), json!(0.05))] {
        let packed = data(broadcast(value.clone(), fee.clone()));
        let read = ok("unpack", json!({ "data": packed }));
        assert_eq!(read["message"]["value"], value);
        assert_eq!(read["canonical"], true);
        assert_eq!(data(json!({ "message": read["message"] })), packed);
    }
    assert_eq!(code("pack", broadcast(json!(0.0), json!(1))), "E-CPMSG-010");
    assert_eq!(code("pack", broadcast(json!(0.0), json!(0.000_000_001))), "E-AMT-002");
}

#[test]
fn raw_types_need_the_name_that_belongs_to_the_id() {
    let raw =
        |kind: &str, id: u32, body: &str| json!({ "message": { "type": kind, "type_id": id, "body": body } });
    assert_eq!(ok("pack", raw("dispense", 13, "00"))["data"], "0d00");
    assert_eq!(ok("pack", raw("send", 0, "00"))["data"], "0000000000");
    assert_eq!(code("pack", raw("destroy", 13, "00")), "E-CODEC-002");
    assert_eq!(code("pack", raw("dispense", 13, "")), "E-CPMSG-013");
    let typed = json!({ "message": { "type": "issuance", "type_id": 20, "asset": "PIZZA", "quantity": "0",
        "divisible": true, "description": null } });
    assert_eq!(code("pack", typed), "E-CODEC-002");
}
