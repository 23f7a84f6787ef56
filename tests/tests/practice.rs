//! The way without money, as the README has it: every command of its two blocks, in a folder of its own.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use airlock::bundle::{Bundle, Spoken};
use airlock_tests::ceremony::{PASSPHRASE, WORDS, done};
use airlock_tests::programs::{programs, run};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A program that goes on, and the lines that it says.
struct Going {
    program: Child,
    lines: Receiver<String>,
}

impl Going {
    fn start(program: &Path, folder: &Path, words: &[&str]) -> Self {
        let mut program = Command::new(program)
            .args(words)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let said = BufReader::new(program.stdout.take().unwrap());
        std::thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { program, lines }
    }

    fn says(&self, part: &str) -> String {
        let mut all = String::new();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(180)) {
            if line.contains(part) {
                return line;
            }
            all += &format!("{line}\n");
        }
        panic!("'{part}' was not said: {all}");
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.program.kill();
        let _ended = self.program.wait();
    }
}

/// The commands of the section, without comments.
fn commands() -> Vec<String> {
    let readme = fs::read_to_string(airlock_tests::workspace_root().join("README.md")).unwrap();
    let section = readme.split("### To try it without money").nth(1).unwrap().split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let lines = blocks.flat_map(str::lines).map(|line| line.split("  #").next().unwrap().trim().to_owned());
    lines.collect()
}

#[test]
fn the_way_without_money_goes_as_the_readme_says() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("words.txt"), WORDS).unwrap();
    fs::write(here.join("passphrase.txt"), format!("{PASSPHRASE}\n")).unwrap();
    let open = ["--passphrase-file", "passphrase.txt"];
    let bundle = || {
        let paths = fs::read_dir(here).unwrap().map(|entry| entry.unwrap().path());
        paths.into_iter().find(|path| path.to_string_lossy().ends_with(".bundle.json")).unwrap()
    };
    let offline = |words: &[&str]| done(&run(&programs().offline, here, words));
    let online = |words: &[&str]| done(&run(&programs().online, here, words));
    let mut practice = None;
    let mut said = Vec::new();
    for command in commands() {
        let words: Vec<&str> = command.split_whitespace().collect();
        let answer = match words.as_slice() {
            ["cargo", "build", ..] | ["export", ..] => String::new(),
            ["mkdir", made, "&&", "cd", entered] => {
                assert_eq!(made, entered);
                String::new()
            }
            ["cargo", "practice", "--", rest @ ..] => {
                let going = Going::start(Path::new(env!("CARGO_BIN_EXE_practice")), here, rest);
                going.says("online/airlock.toml");
                going.says("in a second window: airlock-online --home ");
                practice = Some(going);
                String::new()
            }
            // What a person types at a terminal stands in files here.
            ["airlock-offline", rest @ ..] if rest.contains(&"import") => {
                offline(&[rest, &["--secret-file", "words.txt"], &open].concat())
            }
            ["airlock-offline", before @ .., "sign", "./*.bundle.json"] => {
                let path = bundle();
                let path = path.to_str().unwrap();
                let review = offline(&[&["--json", "review", path], before].concat());
                let review: Value = serde_json::from_str(&review).unwrap();
                let approval = review["reviews"][0]["approve"].as_str().unwrap();
                offline(&[before, &["sign", path, "--approve", approval], &open].concat())
            }
            ["airlock-offline", rest @ ..] => offline(&[rest, &open].concat()),
            ["airlock-online", before @ .., "broadcast", "ID"] => {
                let bundle = Bundle::decode(&fs::read(bundle()).unwrap()).unwrap();
                online(&[before, &["broadcast", &bundle.id().short()]].concat())
            }
            ["airlock-online", "--home", home, "deposits", "watch", ..] => {
                let before = &["--home", *home][..];
                let tag = online(
                    &[before, &["deposits", "tag", "--account", "xrp-cold", "--customer", "4711", "--json"]]
                        .concat(),
                );
                let tag: Value = serde_json::from_str(&tag).unwrap();
                let mut watch = Going::start(&programs().online, here, &words[1..]);
                let customer = format!("xrp {} 100 {}\n", tag["address"].as_str().unwrap(), tag["tag"]);
                let practice: &mut Going = practice.as_mut().unwrap();
                practice.program.stdin.as_mut().unwrap().write_all(customer.as_bytes()).unwrap();
                practice.says("in the next ledger");
                let credited = watch.says("100 XRP");
                kill_process(Pid::from_child(&watch.program), Signal::INT).unwrap();
                assert_eq!(watch.program.wait().unwrap().code(), Some(3));
                credited
            }
            ["airlock-online", rest @ ..] => online(rest),
            other => panic!("{other:?} is no command of this way"),
        };
        said.push((command, answer));
    }
    let answer = |word: &str| {
        let found = said.iter().find(|(command, _)| command.contains(word));
        &found.unwrap_or_else(|| panic!("the README has no '{word}'")).1
    };
    assert!(answer("accounts import").contains("Imported 2 accounts"));
    assert!(answer("balances").contains("90,000"), "{}", answer("balances"));
    assert!(answer("broadcast").contains("1 final"), "{}", answer("broadcast"));
    let credited = answer("deposits watch");
    assert!(credited.contains("credited 100 XRP") && credited.contains("for 4711"), "{credited}");
}
