//! The words by which people tell bundles apart on two screens (design.md 10.3).
//!
//! 1,024 lower-case words of 4 to 7 letters, sorted, the first four letters unique. None is in the seed word lists of
//! BIP-39 English, Electrum v1 or RFC 1751, so nobody can mistake them for a seed. Never change the list: old bundles
//! would change their names.

/// The list; a word stands for 10 bits.
#[rustfmt::skip]
pub static WORDS: [&str; 1024] = [
    "aboard", "abysmal", "acacia", "acclaim", "accrue", "acetate", "acorn", "acreage", "acrylic", "acuity",
    "adage", "adamant", "adieu", "adobe", "adorn", "affront", "afresh", "agate", "aground", "airfare",
    "airline", "airman", "airship", "airway", "alder", "alfalfa", "algae", "alibi", "alkali", "allure",
    "almanac", "aloha", "alpaca", "altar", "amalgam", "ambient", "amend", "amiable", "amigo", "amity",
    "ammonia", "amnesia", "ample", "amulet", "anatomy", "angular", "anode", "anthrax", "aorta", "apparel",
    "apron", "aquatic", "arable", "arbiter", "arbor", "arcade", "argon", "argyle", "aria", "armada",
    "arsenal", "artful", "artsy", "ascetic", "ashram", "asst", "aster", "astral", "atoll", "atone", "atty",
    "augment", "aural", "avenue", "avian", "axiom", "azalea", "bagel", "baggy", "bailiff", "bandage",
    "banish", "banquet", "banshee", "banter", "barista", "baroque", "basal", "bassist", "bastion",
    "bathtub", "baton", "bayonet", "beagle", "bearish", "beater", "beaver", "bebop", "bedrock", "beech",
    "beehive", "beetle", "beggar", "beige", "benzene", "beret", "beset", "bespoke", "biff", "billion",
    "binary", "bingo", "bionic", "birch", "bison", "bistro", "blemish", "blimp", "blog", "blowout",
    "bluish", "bobcat", "bogey", "bolster", "bonanza", "bonfire", "bongo", "bonnet", "bonsai", "borough",
    "botany", "bouquet", "boyish", "brevity", "brewery", "briar", "brunch", "bucket", "buggy", "bugle",
    "bulge", "bumble", "bumpy", "bunny", "buoyant", "bureau", "burnout", "burrito", "bushy", "bustle",
    "buyout", "bygone", "cabal", "cacao", "cache", "caddy", "cadet", "cadmium", "cairn", "calcium",
    "caliber", "calorie", "calypso", "canto", "caper", "caprice", "capsule", "caravan", "caribou",
    "cascade", "cassava", "cathode", "cation", "catwalk", "caudal", "cavalry", "cavity", "cede", "cellar",
    "ceramic", "chagrin", "chemist", "chewy", "chiffon", "chino", "chip", "chirp", "chisel", "chock",
    "choppy", "chord", "chose", "chowder", "chubby", "chump", "chute", "cinder", "clamp", "classic",
    "clique", "clone", "clover", "coax", "cobalt", "coerce", "cohort", "colder", "cone", "conical",
    "conjure", "cope", "cordon", "corona", "corset", "cortex", "cosmic", "cosplay", "cosy", "cougar",
    "cowboy", "cowgirl", "cozy", "crayon", "crepe", "crochet", "crutch", "cryptic", "cubic", "cuckoo",
    "cuddle", "cumin", "curator", "curfew", "cursor", "cusp", "cutlery", "cutoff", "daemon", "dahlia",
    "dainty", "dairy", "dandy", "dauphin", "daze", "dazzle", "dearth", "debug", "deduct", "defuse",
    "deluxe", "delve", "denote", "dense", "deploy", "dessert", "detour", "deuce", "diehard", "dill",
    "dinghy", "diploma", "dipole", "disband", "dislike", "dissect", "diva", "doable", "docket", "dodo",
    "doggy", "domino", "donut", "doodle", "dorm", "dory", "dough", "dowry", "drain", "dredge", "dribble",
    "drizzle", "droid", "drone", "drool", "drowsy", "drywall", "duality", "duchy", "dugout", "dunno",
    "dusky", "duvet", "echelon", "edible", "edict", "edifice", "effect", "effigy", "elastic", "elixir",
    "elusive", "emblem", "eminent", "emoji", "empathy", "emperor", "empire", "enamel", "enclave", "encode",
    "endemic", "endure", "enlarge", "enquiry", "envoy", "enzyme", "epic", "epitome", "epsilon", "errand",
    "escrow", "esquire", "esteem", "estuary", "eulogy", "eureka", "euro", "eyelash", "fable", "facade",
    "facial", "factory", "fairway", "falcon", "falter", "fanfare", "fare", "faucet", "fauna", "faze",
    "fedora", "feeble", "feisty", "fennel", "ferment", "ferret", "fervent", "feta", "fickle", "fiery",
    "fiesta", "fifty", "fighter", "fillet", "fission", "fixture", "fizz", "fjord", "flake", "flank", "flap",
    "flaunt", "fleshy", "flimsy", "flinch", "flop", "floral", "flour", "fluency", "fluffy", "fluke",
    "flume", "flurry", "flute", "flyover", "focal", "foliage", "forage", "forbade", "forlorn", "formal",
    "forsake", "foxy", "fractal", "franc", "fraught", "freeway", "freight", "friar", "fridge", "frigate",
    "frisk", "frock", "frugal", "fulfill", "fumble", "funeral", "funky", "furlong", "furry", "fusion",
    "fuzz", "galore", "gamma", "gamut", "gander", "garnet", "garret", "garter", "gasket", "gaudy", "gaunt",
    "gelatin", "gender", "geology", "getaway", "ghoul", "gigabit", "girdle", "glacial", "glamour", "glaze",
    "gleam", "glitter", "glossy", "glucose", "goalie", "gobble", "goblin", "gondola", "gonzo", "gooey",
    "goofy", "goon", "gourd", "gradual", "grammar", "graze", "grill", "grime", "grinder", "gripe", "groan",
    "groove", "grotto", "gruff", "grumble", "gunshot", "gurney", "gusto", "gypsum", "gyro", "hackney",
    "haddock", "haiku", "halter", "hamper", "harp", "harrow", "hashtag", "haste", "hazmat", "hazy",
    "helium", "hemp", "hepatic", "herald", "herbal", "hereby", "hermit", "hiccup", "hideout", "hinge",
    "hippy", "hoist", "holster", "hoop", "howdy", "hula", "husk", "hydrate", "hyena", "idyllic", "impeach",
    "implant", "incite", "inertia", "infield", "infuse", "inlet", "insofar", "insure", "intrude", "invader",
    "janitor", "joyful", "juggle", "jumbo", "juror", "karaoke", "kayak", "kebab", "kelp", "kernel", "keto",
    "keyhole", "keynote", "keyword", "khaki", "kilt", "kimono", "kinetic", "kinship", "knoll", "lackey",
    "lama", "lambda", "lancet", "lantern", "larva", "lasagna", "latch", "lathe", "lattice", "layman",
    "layoff", "leakage", "leapt", "leeway", "legible", "lexical", "lineage", "lingual", "lipid", "lire",
    "litany", "liter", "lithium", "liturgy", "livable", "llama", "lobby", "lobe", "loci", "locust",
    "lookout", "lorry", "lotion", "lovable", "lowland", "lumpy", "lunge", "lupin", "lurch", "lustre",
    "lute", "macabre", "macron", "maestro", "magenta", "magma", "magpie", "majesty", "malaise", "mallet",
    "manic", "manna", "mantel", "marquee", "marshal", "martini", "marvel", "mascot", "mashup", "mature",
    "mayday", "mayhem", "mayoral", "meddle", "medley", "melanin", "memento", "menial", "mermaid", "meter",
    "mica", "micron", "midtown", "midwife", "migrate", "mildew", "mileage", "milieu", "mince", "mineral",
    "mingle", "minster", "mocha", "modal", "modular", "mogul", "mortar", "motel", "movable", "muddle",
    "mufti", "murky", "murmur", "musk", "mutton", "nacho", "nadir", "napalm", "navel", "nebula", "nectar",
    "neuron", "newborn", "nibble", "nickel", "nimble", "nitrate", "nomadic", "nourish", "novice", "numeric",
    "nutmeg", "oblong", "octane", "ocular", "offset", "onshore", "onyx", "ooze", "opulent", "oratory",
    "oregano", "ornate", "osprey", "outback", "outcast", "outlook", "ovation", "package", "padre", "pagoda",
    "pail", "painter", "paisley", "palette", "pallet", "paltry", "pancake", "papacy", "paprika", "parcel",
    "parity", "parlor", "parsley", "pasta", "peak", "peat", "pebble", "pecan", "pedal", "peeve", "pellet",
    "pelt", "penguin", "pennant", "pension", "perch", "perky", "pertain", "phalanx", "piazza", "piccolo",
    "pick", "piety", "piglet", "pinball", "pint", "pique", "pita", "pivotal", "pixel", "pixie", "plaque",
    "plaza", "plenty", "plough", "plow", "plumber", "plush", "poise", "polka", "poll", "polygon", "pomp",
    "poncho", "pontiff", "pooch", "poodle", "popcorn", "poplar", "poppy", "porch", "pose", "potency",
    "potion", "pounce", "prawn", "precede", "preheat", "premium", "prequel", "prolong", "pronto", "puffy",
    "pungent", "punter", "puny", "puree", "purview", "putter", "quack", "quail", "quake", "quay", "quell",
    "quench", "queue", "quilt", "quince", "quirk", "quiver", "quorum", "radon", "raffle", "ramble",
    "rapport", "rapture", "ratchet", "ration", "ravioli", "rayon", "reactor", "reagent", "recluse",
    "rector", "redo", "redwood", "reentry", "reeve", "refill", "refresh", "regain", "regency", "reissue",
    "rejoin", "rename", "renown", "reprise", "reptile", "reread", "restart", "retail", "revoke", "revue",
    "rework", "rhubarb", "rigor", "rinse", "rodeo", "romp", "rooster", "rote", "rotor", "rouse", "rudder",
    "ruffle", "rugby", "rundown", "runny", "rupee", "saber", "sable", "safari", "saffron", "saline",
    "salsa", "salvage", "samba", "sanctum", "sari", "satchel", "savanna", "savory", "savvy", "sawdust",
    "scab", "scion", "scold", "scooter", "scope", "scuffle", "sculpt", "seafood", "seaport", "secede",
    "seep", "selfie", "sender", "senna", "septum", "sequoia", "serene", "serum", "sesame", "shaggy",
    "shaky", "shampoo", "shank", "shaver", "shawl", "sheath", "shoal", "showy", "shrewd", "shunt",
    "shuttle", "sierra", "silicon", "siphon", "sitcom", "sixty", "sizable", "sizzle", "skeptic", "skipper",
    "skyline", "slag", "slalom", "slant", "slate", "sledge", "sleigh", "slip", "sliver", "sloop", "slope",
    "slumber", "slung", "smelter", "smite", "smudge", "snail", "snarky", "snippet", "snooze", "snuggle",
    "sole", "soloist", "somber", "sonar", "sonnet", "sorcery", "sorghum", "soybean", "spade", "span",
    "spew", "spilt", "splash", "sprout", "spruce", "spur", "stack", "stave", "stencil", "stipend", "stitch",
    "stopper", "stubble", "stucco", "sturdy", "suave", "subdue", "subset", "suburb", "subvert", "sulfur",
    "sumo", "sunburn", "sundown", "sunrise", "swath", "swerve", "swish", "swivel", "swoop", "sylvan",
    "synergy", "synonym", "tabby", "tactile", "takeoff", "talon", "tandem", "tango", "tantrum", "tarmac",
    "tarnish", "tarot", "tartan", "teak", "teapot", "teary", "temp", "tenet", "tenfold", "tenor", "tensor",
    "terrain", "theatre", "thirst", "thorny", "thrall", "thrust", "thyme", "tiara", "tibia", "tidal",
    "tinder", "tingle", "tithe", "titular", "tofu", "toggle", "tomboy", "tome", "tonal", "tonnage", "topaz",
    "torpedo", "torque", "torsion", "totem", "tramp", "treble", "trifle", "trilogy", "trite", "trivia",
    "trolley", "trooper", "trotter", "truffle", "trunk", "tryout", "tubular", "tulip", "tundra", "tunic",
    "turbine", "turret", "typhoon", "typo", "ukulele", "unicorn", "unpack", "unplug", "unsold", "unsung",
    "upland", "uplift", "upstart", "upward", "urchin", "vaccine", "valet", "valor", "vamp", "varnish",
    "veggie", "venison", "veranda", "vertigo", "verve", "vibe", "viceroy", "vigor", "vinyl", "visor",
    "vista", "vitriol", "volley", "voltage", "wadi", "wannabe", "warlock", "wayward", "webcam", "webinar",
    "wedlock", "weighty", "welder", "wetland", "whey", "whirl", "whiter", "whiz", "widget", "winch",
    "wiper", "wonky", "yoghurt", "yogi", "yolk", "yonder", "zenith", "zephyr", "zigzag", "zoology",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn has_four_to_seven_letters_sorted_and_unique_in_the_first_four() {
        assert!(WORDS.is_sorted());
        assert!(
            WORDS.iter().all(|w| (4..=7).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase()))
        );
        let beginnings: HashSet<&str> = WORDS.iter().map(|w| &w[..4]).collect();
        assert_eq!(beginnings.len(), WORDS.len());
    }
}
