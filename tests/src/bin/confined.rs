//! Locks itself down as the offline program does, then does one thing and says how it went: for the sandbox tests.
//!
//! `confined FOLDER [camera] ACTION…`; with the folder `-` it stays free, which shows that the action works at all.
#![allow(
    unsafe_code,
    reason = "raw system calls: what no safe wrapper offers must be seen to be killed as well"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use airlock_offline::machine::{Machine, ThisMachine};
use airlock_offline::sandbox::{Access, Folders};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [folder, action @ ..] = arguments.as_slice() else { panic!("confined FOLDER ACTION…") };
    if *folder != "-" {
        let folders =
            Folders::none().with(*folder, Access::Write).with(Path::new(folder).join("../one"), Access::File);
        let folders = if action.first() == Some(&"camera") { folders.with_camera() } else { folders };
        println!("{:?}", ThisMachine.lock_down(&folders).expect("the lock-down works"));
    }
    let action = action.strip_prefix(&["camera"]).unwrap_or(action);
    match action {
        ["nothing"] => println!("done"),
        ["call", number, arguments @ ..] => call(number, arguments),
        ["read", path] => println!("{:?}", fs::read(path).map(|bytes| bytes.len()).map_err(|e| e.kind())),
        ["list", path] => println!("{:?}", fs::read_dir(path).map(Iterator::count).map_err(|e| e.kind())),
        ["write", path] => println!("{:?}", fs::write(path, "x").map_err(|e| e.kind())),
        ["remove", path] => println!("{:?}", fs::remove_file(path).map_err(|e| e.kind())),
        ["make-folder", path] => println!("{:?}", fs::create_dir(path).map_err(|e| e.kind())),
        ["tcp"] => println!("{:?}", std::net::TcpListener::bind("127.0.0.1:0").is_ok()),
        ["udp"] => println!("{:?}", std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
        ["unix"] => println!("{:?}", std::os::unix::net::UnixStream::pair().is_ok()),
        ["spawn"] => println!("{:?}", Command::new("/bin/true").status().is_ok()),
        ["exec"] => {
            println!("{:?}", std::os::unix::process::CommandExt::exec(&mut Command::new("/bin/true")))
        }
        ["thread", action, path] => {
            let path = path.to_string();
            let read = match *action {
                "read" => std::thread::spawn(move || fs::read(path).is_ok()),
                _ => std::thread::spawn(move || std::net::TcpListener::bind("127.0.0.1:0").is_ok()),
            };
            println!("{:?}", read.join().expect("the thread ends"));
        }
        ["facts"] => {
            let facts = ThisMachine.facts();
            println!("unmeasured {:?}, {} interfaces", facts.unmeasured, facts.interfaces.len());
            for finding in facts.checks() {
                println!("{}: {:?}", finding.name, finding.grade);
            }
        }
        _ => panic!("no such action"),
    }
}

/// A system call by its number; `pid` stands for this process, `parent` for the one that started it.
fn call(number: &str, arguments: &[&str]) {
    let mut values = [0i64; 6];
    for (value, text) in values.iter_mut().zip(arguments) {
        *value = match *text {
            "pid" => std::process::id().into(),
            "parent" => std::os::unix::process::parent_id().into(),
            text => text.parse().expect("a number"),
        };
    }
    let [a, b, c, d, e, f] = values;
    // SAFETY: the callers pass arguments that point nowhere; what comes of them is the kernel's answer.
    let answer = unsafe { libc::syscall(number.parse().expect("a number"), a, b, c, d, e, f) };
    let error = std::io::Error::last_os_error();
    println!("answered {answer}, errno {}", error.raw_os_error().unwrap_or(0));
}
