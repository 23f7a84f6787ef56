use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::*;
use crate::http::{Credential, Trace};

/// A server that gives these answers, one for each connection, and then the bodies that it was sent.
fn serve(names: &[&str]) -> (Rippled, thread::JoinHandle<Vec<Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let answers: Vec<_> = names.iter().map(|name| file(name)["response"].to_string()).collect();
    let server = thread::spawn(move || {
        let received = answers.iter().map(|answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = Vec::new();
            let body = loop {
                let mut piece = [0; 4096];
                let count = stream.read(&mut piece).unwrap();
                bytes.extend_from_slice(&piece[..count]);
                let text = String::from_utf8(bytes.clone()).unwrap();
                if let Some((_, body)) = text.split_once("\r\n\r\n")
                    && let Ok(body) = serde_json::from_str(body)
                {
                    break body;
                }
            };
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length";
            write!(stream, "{head}: {}\r\n\r\n{answer}", answer.len()).unwrap();
            body
        });
        received.collect()
    });
    let http = Http::new(url, Credential::None, None, Trace::Off).unwrap();
    (Rippled::new(http), server)
}

#[test]
fn asks_a_busy_server_again() {
    let names =
        ["error_slow_down", "error_too_busy", "server_info_full", "server_state_full", "ledger_validated"];
    let (source, server) = serve(&names);
    assert_eq!(source.status().unwrap().validated.unwrap().index, LEDGER);
    let asked = server.join().unwrap();
    for (body, name) in asked.iter().zip(names) {
        assert_eq!(body, &file(name)["request"]["body"], "{name}");
    }
}

#[test]
fn names_the_server_in_its_errors() {
    let (source, server) = serve(&["account_info_lgr_not_found"]);
    let error = source.account(SENDER).unwrap_err();
    assert_eq!(error.code(), &NOT_SYNCED);
    assert_eq!(error.what(), format!("{}: the server has no validated ledger", source.name()));
    assert_eq!(server.join().unwrap().len(), 1);
}
