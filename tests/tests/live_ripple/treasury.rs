//! A treasury of one XRP account: the offline program with its seed, the online program before the live server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use airlock::bundle::Bundle;
use airlock_offline::keys::XrpKey;
use airlock_tests::ceremony::{OfflineMachine, done, text};
use airlock_tests::programs::{programs, run};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::node::Node;

/// The account's name.
pub const NAME: &str = "cold";

/// The command that pays.
pub fn send<'a>(to: &'a str, amount: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["send", "xrp", "--from", NAME, "--to", to, "--amount", amount], more].concat()
}

/// Both programs.
pub struct Treasury {
    offline: OfflineMachine,
    folder: TempDir,
    /// The account's key, for what others than Airlock do with it.
    pub key: XrpKey,
    /// Its address.
    pub address: String,
}

impl Treasury {
    /// A treasury whose account has so many drops.
    pub fn funded(node: &Node, algorithm: &str, drops: u64) -> Self {
        programs();
        let (seed, key) = node.propose(algorithm);
        let offline = OfflineMachine::bare();
        offline.write("seed.txt", seed.as_bytes());
        let network = node.network_id.to_string();
        let account = format!("{NAME}=xrp");
        let import = [
            &["import", "--test-only", "--network", "regtest", "--network-id", &network][..],
            &["--secret-file", "seed.txt", "--algorithm", algorithm, "--account", &account],
            &["--passphrase-file", "passphrase.txt"],
        ];
        done(&offline.run(&import.concat()));
        done(&offline.run(&["accounts", "export", "--passphrase-file", "passphrase.txt"]));
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        let config = format!("[xrpl]\nnetwork_id = {network}\n[[xrpl.server]]\nurl = \"{}\"\n", node.url);
        fs::write(folder.path().join("home/airlock.toml"), config).unwrap();
        fs::copy(offline.at("watch.json"), folder.path().join("watch.json")).unwrap();
        let address = key.account_id().to_string();
        let treasury = Self { offline, folder, key, address };
        done(&treasury.run(&["accounts", "import", "watch.json"]));
        node.fund(&treasury.address, drops);
        treasury
    }

    /// Runs the online program.
    pub fn run(&self, arguments: &[&str]) -> Output {
        run(&programs().online, self.folder.path(), &[&["--home", "home"], arguments].concat())
    }

    /// Runs it for its JSON answer.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = done(&self.run(&[&["--json"], arguments].concat()));
        serde_json::from_str(&output).unwrap_or_else(|e| panic!("{e}: {output}"))
    }

    /// Runs what must be refused: the exit code, and all that was said.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(!output.status.success(), "{arguments:?} went well: {said}");
        (output.status.code().unwrap(), said)
    }

    fn bundles(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.to_string_lossy().ends_with(".bundle.json")).collect()
    }

    /// Plans with the online program and signs with the offline one.
    #[track_caller]
    pub fn signed(&self, command: &[&str]) -> Sent<'_> {
        let before = self.bundles();
        done(&self.run(command));
        let new: Vec<PathBuf> = self.bundles().into_iter().filter(|path| !before.contains(path)).collect();
        let [path] = <[PathBuf; 1]>::try_from(new).expect("one new bundle");
        let bundle = Bundle::decode(&fs::read(&path).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        fs::copy(&path, self.offline.at(&name)).unwrap();
        let approval = self.offline.approval(&name);
        done(&self.offline.sign(&name, &approval));
        let signed = name.replace(".bundle.json", ".signed.json");
        let file = self.folder.path().join(&signed);
        fs::copy(self.offline.at(&signed), &file).unwrap();
        Sent { treasury: self, bundle, file }
    }

    /// Plans requests from a file, and signs.
    #[track_caller]
    pub fn signed_plan(&self, requests: &Value, more: &[&str]) -> Sent<'_> {
        fs::write(self.at("requests.json"), requests.to_string()).unwrap();
        self.signed(&[&["plan", "requests.json"], more].concat())
    }

    /// A path in the folder.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A signed bundle.
pub struct Sent<'a> {
    treasury: &'a Treasury,
    bundle: Bundle,
    file: PathBuf,
}

impl Sent<'_> {
    /// Hands it over, until a server has it.
    #[track_caller]
    pub fn broadcast(&self, more: &[&str]) -> Value {
        self.treasury.json(&self.command(more))
    }

    /// Begins to hand it over, and presses Ctrl-C after a while.
    pub fn interrupted(&self, seconds: u64) {
        let mut child = Command::new(&programs().online)
            .args(["--home", "home"])
            .args(self.command(&[]))
            .current_dir(self.treasury.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs(seconds));
        // It may have ended by itself.
        let _ = kill_process(Pid::from_child(&child), Signal::INT);
        child.wait().unwrap();
    }

    /// Hands it over; the broadcast must end badly.
    #[track_caller]
    pub fn refused(&self, more: &[&str]) -> (i32, String) {
        self.treasury.refused(&self.command(more))
    }

    fn command<'b>(&'b self, more: &[&'b str]) -> Vec<&'b str> {
        let wait: &[&str] = if more.contains(&"--wait") { &[] } else { &["--wait", "seen"] };
        [&["broadcast", self.path().to_str().unwrap()], wait, more].concat()
    }

    /// The signed file.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// The steps as `status` tells of them.
    #[track_caller]
    pub fn steps(&self) -> Vec<Value> {
        let told = self.treasury.json(&["status", &self.bundle.id().to_string()]);
        told["bundles"][0]["steps"].as_array().unwrap_or_else(|| panic!("{told}")).clone()
    }

    /// The states of the steps.
    #[track_caller]
    pub fn states(&self) -> Vec<String> {
        self.steps().iter().map(|step| step["state"].as_str().unwrap().to_owned()).collect()
    }
}
