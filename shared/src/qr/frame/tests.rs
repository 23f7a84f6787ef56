use super::*;

fn is_seed(text: &str) -> bool {
    Frame::read(text) == Frame::Seed
}

#[test]
fn seeds_and_private_keys_are_known_and_nothing_of_them_is_kept() {
    let words =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    let capitals = words.to_ascii_uppercase();
    for secret in [
        "0".repeat(48).as_str(),
        &"1234".repeat(24),
        "554872 394230 209376 323698 140250 387423 652803 258676",
        words,
        &format!("\n{capitals}\n"),
        "I IRE BOND BOW TRIO LAID SEAT GOAL HEN IBIS IBIS DARE",
        &"0f".repeat(16),
        &"AB".repeat(32),
        "\u{1}\u{7f}\u{e9}k\u{0}\u{9}\u{ff}abcdefghi",
        "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
        "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617",
        "sn259rEFXrQrWyx3Q7XneWcwV6dfL",
        &format!("xprv{}", "A".repeat(107)),
        &format!("wpkh([00000000/84h/0h/0h]tprv{}/0/*)#abcdefgh", "A".repeat(107)),
        &format!("{{\"key\": \"zprv{}\"}}", "A".repeat(107)),
        &words.split(' ').zip(1..).map(|(word, number)| format!("{number}. {word}\n")).collect::<String>(),
        &words.replace(' ', ", "),
        &["\u{3042}\u{3044}\u{3053}\u{304f}\u{3057}\u{3093}"; 12].join("\u{3000}"),
        "ur:crypto-seed/oyadgdstaslplabghydrpfmkbggufgludprfgmaotpiecffltnlpqdenos",
        "UR:CRYPTO-SSKR/DAMAGED",
        "ur:crypto-bip39/1-2/aeae",
    ] {
        assert!(is_seed(secret), "{secret}");
        assert_eq!(format!("{:?}", Frame::read(secret)), "Seed");
    }
    for other in [
        "0".repeat(47).as_str(),
        "pay the rent",
        r#"{ "a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7 }"#,
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        &"0f".repeat(33),
    ] {
        assert!(!is_seed(other), "{other}");
    }
}

#[test]
fn a_seed_in_json_that_is_no_file_of_ours_is_a_seed() {
    let words = "zoo ".repeat(23) + "vote";
    let list = words.split(' ').collect::<Vec<_>>().join("\",\"");
    for member in [
        format!("\"{words}\""),
        format!("[\"{list}\"]"),
        format!("[1,{{\"deep\":[null,\" {words}\\n\"]}}]"),
        "\"sn259rEFXrQrWyx3Q7XneWcwV6dfL\"".to_owned(),
        "\"KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617\"".to_owned(),
        format!("\"{}\"", "0123".repeat(12)),
    ] {
        for json in [
            format!("{{\"name\":\"cold\",\"x\":{member}}}"),
            format!("{{\"format\":\"airlock-new\",\"x\":{member}}}"),
            format!("{{\"format\":\"airlock-broadcast\",\"x\":{member}}}"),
            format!("{{\"TransactionType\":\"Payment\",\"secret\":{member}}}"),
            format!("[{member}]"),
        ] {
            assert_eq!(Frame::read(&json), Frame::Seed, "{json}");
            assert!(is_secret(&json), "{json}");
        }
    }
    let id = "0f".repeat(32);
    for other in [
        format!("{{\"hash\":\"{id}\",\"note\":\"rent of the office for may\"}}"),
        "{\"Account\":\"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh\",\"Fee\":\"10\"}".to_owned(),
        format!("{{\"list\":{:?}}}", ["rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"; 12]),
    ] {
        assert!(matches!(Frame::read(&other), Frame::Plain(_)), "{other}");
    }
}

#[test]
fn codes_that_are_no_transfers_have_their_names() {
    for (text, name) in [
        ("bitcoin:BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4?amount=0.01", "bitcoin URI"),
        ("BITCOIN:1A1zP1", "bitcoin URI"),
        ("https://example.com/", "web address"),
        ("HTTP://EXAMPLE.COM", "web address"),
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "address"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "address"),
        ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "address"),
        ("4412", "other text"),
        ("", "other text"),
        ("{\"half\":", "other text"),
    ] {
        let Frame::Foreign(foreign) = Frame::read(text) else { panic!("{text}") };
        assert_eq!(foreign.to_string(), name, "{text}");
    }
}

#[test]
fn ur_1_is_known_in_parts_and_whole() {
    for text in [
        "ur:bytes/1of2/qqqqqqqqqqqq/qqqqqqqqqqqqqq",
        "UR:BYTES/2OF2/QQQQQQQQQQQQ/QQQQQQQQQQQQQQ",
        "ur:crypto-psbt/10of12/xyz/abc",
        "ur:bytes/tyvgtzj3tz9pqw5rszcn3xzc0ggv0kfuctpqqv7h4g0wwrghs4s0n4s",
    ] {
        assert_eq!(Frame::read(text), Frame::Ur1, "{text}");
    }
    assert!(matches!(Frame::read("ur:bytes/1-2/aeae"), Frame::Damaged(_)));
}

#[test]
fn declared_sizes_over_the_limit_are_told_in_megabytes() {
    let part = |parts: u32, bytes: u32, fragment: u32| {
        let mut body = vec![0x85, 1];
        for value in [parts, bytes, 7] {
            body.push(0x1a);
            body.extend(value.to_be_bytes());
        }
        // The shortest form is asked for, so the numbers of this test need four bytes, and the check one.
        body.truncate(body.len().saturating_sub(5));
        body.push(7);
        body.push(0x58);
        body.push(u8::try_from(fragment).unwrap());
        body.extend(vec![0; usize::try_from(fragment).unwrap()]);
        Frame::read(&format!("ur:bytes/1-{parts}/{}", crate::qr::bytewords::encode(&body)))
    };
    assert_eq!(part(4_500_000, 900_000_000, 200), Frame::TooLarge("declared size 900 MB; limit 4 MB".into()));
    assert_eq!(part(65_537, 65_537 * 60, 60), Frame::TooLarge("65537 parts are declared; limit 4096".into()));
}

#[test]
fn nothing_longer_than_a_code_is_looked_at() {
    let Frame::Damaged(why) = Frame::read(&"A".repeat(4297)) else { panic!() };
    assert_eq!(why, "a frame of 4297 characters; a code holds 4296");
}
