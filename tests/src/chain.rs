//! A world for end-to-end runs of the online half: a Bitcoin Core, an Esplora, a counterparty-server and a rippled on this
//! machine that share one little history. A test moves it on (blocks, ledgers, reorganizations, evictions) and may bend what a server
//! says: the honest answer is made first, then changed, delayed, cut or replaced.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::server::{Received, Reply, Server};

pub mod blocks;
pub mod core;
pub mod esplora;
pub mod ledger;
pub mod rippled;

use blocks::Blocks;
use ledger::Ledger;
use rippled::Xrpl;

/// Changes an honest answer.
pub type Bend = dyn Fn(&Received, Reply) -> Reply + Send + Sync;

/// Answers instead of the honest server, which then never hears of the question.
pub type Instead = dyn Fn(&Received) -> Option<Reply> + Send + Sync;

/// One of the three servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Bitcoin Core.
    Core,
    /// counterparty-server.
    Ledger,
    /// rippled.
    Rippled,
    /// Esplora, over the same chain as Bitcoin Core.
    Explorer,
}

/// What is true.
pub struct Truth {
    /// What the Bitcoin node says of itself.
    pub node: core::Node,
    /// The Bitcoin chain.
    pub blocks: Blocks,
    /// The Counterparty ledger.
    pub ledger: Ledger,
    /// The XRP Ledger.
    pub xrpl: Xrpl,
    bends: [Option<Arc<Bend>>; 4],
    instead: [Option<Arc<Instead>>; 4],
}

/// The servers.
pub struct World {
    truth: Arc<Mutex<Truth>>,
    /// Bitcoin Core.
    pub core: Server,
    /// counterparty-server.
    pub ledger: Server,
    /// rippled.
    pub rippled: Server,
    /// Esplora.
    pub explorer: Server,
}

/// The moment, in seconds.
///
/// # Panics
/// When the clock stands before 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}

fn locked(truth: &Mutex<Truth>) -> MutexGuard<'_, Truth> {
    truth.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A world on regtest and network 1 that begins half an hour ago.
    ///
    /// # Panics
    /// When the clock is beyond 2106.
    pub fn new() -> Self {
        let begun = u32::try_from(now() - 1_800).expect("before 2106");
        let node = core::Node {
            chain: "regtest".to_owned(),
            txindex: false,
            cookie: "__cookie__:of this world".to_owned(),
        };
        let mut blocks = Blocks::new(begun);
        (0..10).for_each(|_| blocks.mine());
        let truth = Truth {
            node,
            blocks,
            ledger: Ledger::new(),
            xrpl: Xrpl::new(now()),
            bends: [None, None, None, None],
            instead: [None, None, None, None],
        };
        let truth = Arc::new(Mutex::new(truth));
        let server = |which: Which| {
            let truth = Arc::clone(&truth);
            Server::start(move |received| {
                let instead = locked(&truth).instead[which as usize].clone();
                if let Some(reply) = instead.and_then(|instead| instead(received)) {
                    return reply;
                }
                let (honest, bend) = {
                    let mut truth = locked(&truth);
                    (truth.answer(which, received), truth.bends[which as usize].clone())
                };
                match bend {
                    Some(bend) => bend(received, honest),
                    None => honest,
                }
            })
        };
        Self {
            core: server(Which::Core),
            ledger: server(Which::Ledger),
            rippled: server(Which::Rippled),
            explorer: server(Which::Explorer),
            truth,
        }
    }

    /// Looks at what is true, or changes it.
    pub fn with<T>(&self, look: impl FnOnce(&mut Truth) -> T) -> T {
        look(&mut locked(&self.truth))
    }

    /// From now on a server's answers go through this.
    pub fn bend(&self, which: Which, bend: impl Fn(&Received, Reply) -> Reply + Send + Sync + 'static) {
        self.with(|truth| truth.bends[which as usize] = Some(Arc::new(bend)));
    }

    /// From now on this answers what it wants to, and the server never hears of it.
    pub fn instead(
        &self,
        which: Which,
        instead: impl Fn(&Received) -> Option<Reply> + Send + Sync + 'static,
    ) {
        self.with(|truth| truth.instead[which as usize] = Some(Arc::new(instead)));
    }

    /// The server is honest again.
    pub fn straighten(&self, which: Which) {
        self.with(|truth| {
            truth.bends[which as usize] = None;
            truth.instead[which as usize] = None;
        });
    }

    /// One more counterparty-server of the same ledger, whose answers go through this.
    pub fn another_ledger(&self, bend: impl Fn(&Received, Reply) -> Reply + Send + Sync + 'static) -> Server {
        let truth = Arc::clone(&self.truth);
        Server::start(move |received| {
            let honest = locked(&truth).answer(Which::Ledger, received);
            bend(received, honest)
        })
    }

    /// Mines what waits.
    pub fn mine(&self) {
        self.with(|truth| truth.blocks.mine());
    }

    /// Closes a ledger of the XRP Ledger now.
    pub fn close(&self) {
        self.with(|truth| truth.xrpl.close(now()));
    }

    /// Writes the node's cookie and an `airlock.toml` of the three servers into a home folder.
    ///
    /// # Panics
    /// Where they cannot be written.
    pub fn configure(&self, home: &Path) {
        std::fs::create_dir_all(home).expect("the home can be made");
        let cookie = home.join("node.cookie");
        std::fs::write(&cookie, self.with(|truth| truth.node.cookie.clone())).expect("the cookie is written");
        let url = self.core.url();
        self.write_config(
            home,
            &format!("kind = \"core\"\nurl = \"{url}\"\ncookie_file = \"{}\"\n", cookie.display()),
        );
    }

    /// The same with the Esplora server in place of the node.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn configure_explorer(&self, home: &Path) {
        std::fs::create_dir_all(home).expect("the home can be made");
        self.write_config(home, &format!("kind = \"esplora\"\nurl = \"{}\"\n", self.explorer.url()));
    }

    fn write_config(&self, home: &Path, bitcoin: &str) {
        let text = format!(
            "[bitcoin]\nnetwork = \"regtest\"\ngap_limit = 20\n[[bitcoin.server]]\n{bitcoin}[[counterparty.server]]\n\
             url = \"{}\"\n[xrpl]\nnetwork_id = 1\n[[xrpl.server]]\nurl = \"{}\"\n[[depth]]\nasset = \"*\"\ndeposit = 2\n\
             sweep = 1\npayment = 1\n",
            self.ledger.url(),
            self.rippled.url()
        );
        std::fs::write(home.join("airlock.toml"), text).expect("the configuration is written");
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Truth {
    fn answer(&mut self, which: Which, received: &Received) -> Reply {
        match which {
            Which::Core => core::answer(&self.node, &mut self.blocks, received),
            Which::Ledger => ledger::answer(&self.ledger, &self.blocks, received),
            Which::Rippled => rippled::answer(&mut self.xrpl, received, now()),
            Which::Explorer => esplora::answer(&mut self.blocks, bitcoin::Network::Regtest, received),
        }
    }
}
