use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::*;
use crate::home::Home;
use crate::store::error::{CANNOT_OPEN, CANNOT_WRITE, DAMAGED, NEWER};
use crate::store::schema::{self, VERSION};
use crate::store::{Filter, State};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn beside(path: &Path, ending: &str) -> std::path::PathBuf {
    format!("{}{ending}", path.display()).into()
}

fn open_error(path: &Path) -> airlock::Error {
    Store::open_at(path).unwrap_err()
}

#[test]
fn only_the_owner_can_read_the_file_and_its_companions() {
    let place = Place::new();
    let home = Home::find(Some(&place.folder.path().join("home"))).unwrap();
    let store = Store::open(&home).unwrap();
    taken(&store, &bundle(vec![bitcoin_step(&[coin(1)])]));
    let path = store.path().to_path_buf();
    assert_eq!(mode(home.folder()), 0o700);
    for file in [path.clone(), beside(&path, "-wal"), beside(&path, "-shm")] {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(store);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let _store = Store::open(&home).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn writes_are_on_the_disk_when_the_call_returns() {
    let store = Place::new().store();
    let text = |name: &str| {
        store
            .connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .unwrap()
    };
    assert_eq!(text("journal_mode"), "wal".to_owned().into());
    assert_eq!(text("synchronous"), 2.into(), "FULL");
    assert_eq!(text("foreign_keys"), 1.into());
    assert_eq!(text("busy_timeout"), 10_000.into());
    assert_eq!(text("user_version"), i64::try_from(VERSION).unwrap().into());
    store.check().unwrap();
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    drop(place.store());
    let newer = i64::try_from(VERSION).unwrap() + 1;
    Connection::open(place.path()).unwrap().pragma_update(None, "user_version", newer).unwrap();
    let before = fs::read(place.path()).unwrap();
    let error = open_error(&place.path());
    assert_eq!(error.code(), &NEWER);
    assert!(error.what().contains(&format!("version {newer}")), "{error}");
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[test]
fn what_is_no_store_or_is_damaged_is_refused_and_left_alone() {
    let place = Place::new();
    let store = place.store();
    taken(&store, &bundle(vec![bitcoin_step(&[coin(1)])]));
    drop(store);
    let whole = fs::read(place.path()).unwrap();
    assert!(whole.len() > 20_000);

    let path = place.folder.path().join("other.sqlite");
    let text = vec![b'x'; 8_192];
    let cut = whole[..whole.len() / 2].to_vec();
    let mut torn = whole.clone();
    torn[100..4_096].fill(0xff);
    for bytes in [text, cut, torn] {
        fs::write(&path, &bytes).unwrap();
        let ended = Store::open_at(&path).and_then(|store| store.check());
        assert_eq!(ended.unwrap_err().code(), &DAMAGED, "{} bytes", bytes.len());
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert_eq!(open_error(&path).code(), &DAMAGED);
    let tables: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))
        .unwrap();
    assert_eq!(tables, 1, "nothing was added to the file of another program");
}

#[test]
fn no_single_damaged_page_makes_the_program_panic_or_go_on_silently() {
    let place = Place::new();
    let store = place.store();
    let one = bundle(vec![bitcoin_step(&[coin(1)]), xrp_step(json!({ "Sequence": 5 }))]);
    taken(&store, &one);
    let expected = store.bundles(Filter::All).unwrap();
    drop(store);
    let whole = fs::read(place.path()).unwrap();
    let path = place.folder.path().join("torn.sqlite");
    let mut noticed = 0;
    for start in (0..whole.len()).step_by(512) {
        let mut torn = whole.clone();
        torn[start..start + 16].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::write(&path, &torn).unwrap();
        for companion in ["-wal", "-shm"] {
            let _ = fs::remove_file(beside(&path, companion));
        }
        match Store::open_at(&path).and_then(|store| store.check().and(store.bundles(Filter::All))) {
            Ok(found) => assert_eq!(found, expected, "damage at {start}"),
            Err(error) => {
                noticed += 1;
                assert!([&DAMAGED, &NEWER, &CANNOT_WRITE, &CANNOT_OPEN].contains(&error.code()), "{error:?}");
            }
        }
    }
    assert!(noticed > 10, "{noticed}");
}

#[test]
fn a_folder_that_is_not_there_and_a_folder_in_place_of_the_file_are_told() {
    let place = Place::new();
    assert_eq!(open_error(&place.folder.path().join("none/store.sqlite")).code(), &CANNOT_OPEN);
    assert_eq!(open_error(place.folder.path()).code(), &CANNOT_OPEN);
}

#[test]
fn an_older_file_goes_through_the_scripts_that_it_has_not_seen_and_keeps_what_it_holds() {
    let place = Place::new();
    let store = place.store();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    taken(&store, &one);
    let now = schema::MIGRATIONS;
    let later =
        [now, &["ALTER TABLE book ADD COLUMN colour TEXT", "CREATE TABLE more (x INTEGER) STRICT"]].concat();
    schema::apply(&store, &later).unwrap();
    let version: i64 = store.connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, i64::try_from(VERSION).unwrap() + 2);
    store.connection.execute("INSERT INTO more (x) VALUES (1)", []).unwrap();
    assert_eq!(store.known_bundle(&one.id().to_string()).unwrap().state, State::Signed);
    schema::apply(&store, &later).unwrap();
    drop(store);
    assert_eq!(open_error(&place.path()).code(), &NEWER);
}

#[test]
fn a_script_that_fails_leaves_the_older_version_whole() {
    let place = Place::new();
    let store = place.store();
    let broken =
        [schema::MIGRATIONS, &["CREATE TABLE more (x INTEGER) STRICT", "CREATE TABLE more (x)"]].concat();
    assert!(schema::apply(&store, &broken).is_err());
    drop(store);
    let store = place.store();
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'more'";
    assert_eq!(store.connection.query_row(tables, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[test]
fn a_full_disk_leaves_nothing_half_done() {
    let place = Place::new();
    let store = place.store();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    taken(&store, &one);
    let expected = store.bundles(Filter::All).unwrap();
    let pages: i64 = store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    let limit = |pages: i64| {
        store
            .connection
            .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let coins: Vec<OutPoint> = (0..200).map(coin).collect();
    let large = bundle(vec![bitcoin_step(&coins), bitcoin_step(&[coin(201)])]);
    // The space ends in the bundle's own row, then in its steps, then in what they use, then it is enough.
    let mut failures = 0;
    for allowed in pages.. {
        assert_eq!(limit(allowed), allowed);
        match store.plan(&large, "large", "", at(1)) {
            Ok(new) => {
                assert!(new, "nothing of it was there");
                break;
            }
            Err(error) => assert_eq!(error.code(), &CANNOT_WRITE, "{error:?}"),
        }
        assert_eq!(store.bundles(Filter::All).unwrap(), expected);
        store.check().unwrap();
        failures += 1;
    }
    assert!(failures > 10, "{failures}");
    assert_eq!(store.bundles(Filter::All).unwrap().len(), 2);
}

#[test]
fn a_file_that_cannot_be_written_is_told_and_can_be_read() {
    let place = Place::new();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    taken(&place.store(), &one);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(place.path(), flags).unwrap();
    let store = Store { connection, path: place.path() };
    assert_eq!(store.write_receipt(one.id(), &json!({}), NOW).unwrap_err().code(), &CANNOT_WRITE);
    assert_eq!(store.bundles(Filter::All).unwrap().len(), 1);
}

#[test]
fn an_empty_file_becomes_a_store() {
    let place = Place::new();
    File::create(place.path()).unwrap();
    taken(&place.store(), &bundle(vec![bitcoin_step(&[coin(1)])]));
}
