//! What replays recordings, by itself: it serves each of them as it was recorded, over HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;

use airlock_tests::replay::{Recording, Replay, UNKNOWN};
use airlock_tests::server::Server;
use airlock_tests::workspace_root;
use serde_json::{Value, json};

/// Sends a request by hand and gives status and body.
fn ask(server: &Server, method: &str, target: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer[end + 4..].to_vec())
}

fn rpc(server: &Server, body: &Value) -> (u16, Value) {
    let (status, body) = ask(server, "POST", "/", body.to_string().as_bytes());
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[test]
fn every_recording_is_served_as_it_was_recorded() {
    let folder = std::fs::read_dir(workspace_root().join("vectors/recorded")).unwrap();
    let (mut served, mut unanswered) = (0, Vec::new());
    for entry in folder {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let recording = Recording::read(name);
        let Some(status) = recording.status else {
            unanswered.push(name.to_owned());
            continue;
        };
        let server = Replay::default().also(&recording).start();
        let asked = &recording.request;
        let body = asked.body.as_ref().map(|body| match body {
            Value::String(text) => text.clone(),
            call => call.to_string(),
        });
        let target = asked.url.as_deref().or(asked.path.as_deref()).unwrap();
        let (got, answer) = ask(&server, &asked.method, target, body.unwrap_or_default().as_bytes());
        let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
        assert_eq!(got, status, "{name}");
        assert!(
            answer == recording.body()
                || parsed(&answer).is_some_and(|answer| Some(answer) == parsed(&recording.body())),
            "{name}: {}",
            String::from_utf8_lossy(&answer)
        );
        served += 1;
    }
    assert!(served > 600, "{served}");
    assert_eq!(unanswered, ["btc_connection_refused"]);
}

#[test]
fn a_batch_is_answered_call_by_call_and_in_its_order() {
    let server = Replay::of(&["btc_batch", "btc_getbestblockhash"]).start();
    let call = |id: u32, method: &str, params: Value| json!({"id": id, "method": method, "params": params});
    let (status, answers) = rpc(
        &server,
        &json!([call(7, "getbestblockhash", json!([])), call(8, "getblockhash", json!([999_999]))]),
    );
    assert_eq!((status, answers[0]["id"].as_u64(), answers[1]["id"].as_u64()), (200, Some(7), Some(8)));
    assert_eq!(answers[0]["result"].as_str().unwrap().len(), 64);
    assert_eq!(answers[1]["error"]["message"], "Block height out of range");
    // Taken out of the batch, a call has the status that the node gives it alone.
    let (status, answer) = rpc(&server, &call(9, "nosuch", json!([])));
    assert_eq!((status, answer["id"].as_u64()), (404, Some(9)));
}

#[test]
fn fractions_arrive_in_the_digits_of_the_node() {
    let server = Replay::of(&["btc_gettxout_unspent"]).start();
    let asked = Recording::read("btc_gettxout_unspent").request.body.unwrap();
    let (_, answer) = ask(&server, "POST", "/", asked.to_string().as_bytes());
    let answer = String::from_utf8(answer).unwrap();
    let recorded =
        std::fs::read_to_string(workspace_root().join("vectors/recorded/btc_gettxout_unspent.json"));
    let value = answer.split("\"value\":").nth(1).unwrap().trim_start().split(',').next().unwrap();
    assert!(recorded.unwrap().contains(&format!("\"value\": {value}")) && value.contains('.'), "{value}");
}

#[test]
fn the_same_question_gets_the_recordings_in_turn_and_the_last_one_stays() {
    let server = Replay::of(&["btc_err28_warming_up", "btc_getblockcount"]).start();
    let call = Recording::read("btc_getblockcount").request.body.unwrap();
    let warming = Recording::read("btc_err28_warming_up").request.body.unwrap();
    assert_eq!(call["method"], warming["method"], "both ask the same");
    let statuses: Vec<u16> = (0..3).map(|_| rpc(&server, &call).0).collect();
    assert_eq!(statuses, [Recording::read("btc_err28_warming_up").status.unwrap(), 200, 200]);
}

#[test]
fn another_question_is_no_question_of_the_recording() {
    let server = Replay::of(&["cp2_address_wpkh_balances_page1", "btc_getblockhash"]).start();
    let url = Recording::read("cp2_address_wpkh_balances_page1").request.url.unwrap();
    assert_eq!(ask(&server, "GET", &url, b"").0, 200);
    for (method, target) in [("GET", url.replace("limit=2", "limit=3")), ("POST", url.clone())] {
        assert_eq!(ask(&server, method, &target, b"").0, UNKNOWN, "{method} {target}");
    }
    let other = json!({"id": 1, "method": "getblockhash", "params": [1]});
    assert_eq!(rpc(&server, &other).0, UNKNOWN);
    let loose = Replay::default().whatever(&Recording::read("btc_getblockhash")).start();
    assert_eq!(rpc(&loose, &other).0, 200);
}
