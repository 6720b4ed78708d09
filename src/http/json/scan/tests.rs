use std::time::{Duration, Instant};

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;

/// More than any of these texts needs, less than a second look at each byte for each byte takes.
const SOON: Duration = Duration::from_secs(3);

/// Where Python's json module stops (3.11), here as there.
const STOPS: &[(&str, usize)] = &[
    // Of the contract.
    (" ", 1),
    ("{", 1),
    ("}", 0),
    ("{x}", 1),
    ("{'a':1}", 1),
    ("{\"a\":1 \"b\":2}", 7),
    ("{\"a\":1,,\"b\":2}", 7),
    ("{\"a\":[1 2]}", 8),
    ("{\"a\":}", 5),
    ("{\"a\":+1}", 5),
    ("{\"a\":\"\\a\"}", 6),
    ("{\"a", 1),
    ("{}{}", 2),
    ("{\"é\":1 x}", 7),
    // Observed.
    ("", 0),
    ("  ", 2),
    ("\n\t\r ", 4),
    ("\"", 0),
    ("\"a", 0),
    ("[", 1),
    ("[1", 2),
    ("[1,", 3),
    ("[1,]", 3),
    ("[1 2]", 3),
    ("[}", 1),
    ("{\"a\"", 4),
    ("{\"a\" 1}", 5),
    ("{\"a\":", 5),
    ("{\"a\":1", 6),
    ("{\"a\":1,", 7),
    ("{\"a\":1,}", 7),
    ("{,}", 1),
    ("{1:2}", 1),
    ("{\"a\":1]", 6),
    ("[]]", 2),
    ("{} x", 3),
    ("nul", 0),
    ("nullx", 4),
    ("True", 0),
    ("-", 0),
    ("-a", 0),
    (".5", 0),
    ("1.", 1),
    ("1.e5", 1),
    ("1e", 1),
    ("1e+", 1),
    ("01", 1),
    ("-01", 2),
    ("0x1", 1),
    ("1_0", 1),
    ("{\"a\":\"b\n\"}", 7),
    ("{\"a\":\"\t\"}", 6),
    ("{\"a\":\"\\", 5),
    ("{\"a\":\"\\x41\"}", 6),
    ("{\"a\":\"\\u12\"}", 7),
    ("{\"a\":\"\\u12g4\"}", 7),
    ("{\"a\":\"\\u+123\"}", 7),
    ("{\"a\":\"\\u0041", 7),
    ("{\"a\":\"\\ud83d\\ude00", 13),
    ("{\"a\":\"\\ud83d\\u12\"}", 13),
    ("{\"a\":\"\\ud83d\\x\"}", 12),
    ("{\"\\q\":1}", 2),
    ("\u{feff}{}", 0),
    ("// x\n{}", 0),
    ("{\"a\":1}//", 7),
    ("{\"a\":1;}", 6),
    ("{\"é😀\":\"ü\" x}", 10),
    ("[\"é😀\",]", 6),
    ("\u{a0}{}", 0),
    ("{\"a\":\u{2003} 1}", 5),
    ("\0", 0),
    ("{\"a\":\"\0\"}", 6),
    // Ours: Python takes these for numbers.
    ("NaN", 0),
    ("{\"a\":NaN}", 5),
    ("[1,Infinity]", 3),
    ("[-Infinity]", 1),
];

/// What became of the text's member "a".
fn member(text: &str) -> String {
    match scan(text) {
        Ok(Some(object)) => match object.get("a") {
            None => "nothing".to_owned(),
            Some(Member::Null) => "null".to_owned(),
            Some(Member::Text(text)) => format!("text {}", text.expose_secret()),
            Some(Member::NotUnicode) => "not Unicode".to_owned(),
            Some(Member::Other) => "other".to_owned(),
        },
        Ok(None) => "no object".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn refusal(text: &str) -> Option<ScanError> {
    scan(text).err()
}

#[test]
fn malformed_json_is_refused_where_the_older_service_refused_it() {
    for (text, code_points) in STOPS {
        let code_points = *code_points;
        let error = ScanError::Malformed { code_points };
        assert_eq!(refusal(text), Some(error), "{text:?}");
    }
}

#[test]
fn strings_say_what_their_escapes_spell() {
    for (string, text) in [
        (r"", ""),
        (r"plain é😀", "plain é😀"),
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r"\u0041\u00e9\u00E9\u0000", "Aéé\0"),
        (r"\ud83d\ude00\uD83D\uDE00", "😀😀"),
        ("\u{7f}\u{2028}", "\u{7f}\u{2028}"),
        (r"\uffff\ufffd", "\u{ffff}\u{fffd}"),
    ] {
        let json = format!(r#"{{"a":"{string}"}}"#);
        assert_eq!(member(&json), format!("text {text}"), "{string}");
    }
}

#[test]
fn half_a_surrogate_pair_is_a_string_that_unicode_can_not_hold() {
    for string in [
        r"\ud800",
        r"\udc00",
        r"a\udfffb",
        r"\ud83d",
        r"\ud83d\ud83d\ude00",
        r"\ude00\ud83d",
        r"\ud83d \ude00",
        r"\ud83dA",
        r"\ud83d\u0041",
        r"\ud83d\n\ude00",
    ] {
        let json = format!(r#"{{"a":"{string}","b":1}}"#);
        assert_eq!(member(&json), "not Unicode", "{string}");
        // As a key it is nobody's, and hinders no other.
        let json = format!(r#"{{"{string}":1,"a":"x"}}"#);
        assert_eq!(member(&json), "text x", "{string}");
    }
}

#[test]
fn of_equal_keys_the_last_counts_and_cases_differ() {
    assert_eq!(member(r#"{"a":1,"a":"x"}"#), "text x");
    assert_eq!(member(r#"{"a":"x","\u0061":null}"#), "null");
    assert_eq!(
        member(r#"{"A":"x"," a":"y","":"z","b":{"a":"w"}}"#),
        "nothing"
    );
}

#[test]
fn every_other_value_is_known_to_be_no_string() {
    for value in [
        "0", "-0", "1.5", "1E+2", "1e-2", "1.0e5", "true", "false", "[]", "[ ]", "[1,[2]]",
    ] {
        assert_eq!(
            member(&format!(" {{ \"a\" : {value} }} ")),
            "other",
            "{value}"
        );
        assert_eq!(member(value), "no object", "{value}");
    }
    for value in ["{}", "{ }", "{\"a\":\"b\"}"] {
        assert_eq!(member(&format!("{{\"a\":{value}}}")), "other", "{value}");
    }
    for value in ["null", "\"a\"", "\"\\ud800\""] {
        assert_eq!(member(value), "no object", "{value}");
    }
}

#[test]
fn nesting_ends_at_its_limit_and_not_with_the_stack() {
    let nested = |open: &str, close: &str, depth| open.repeat(depth) + &close.repeat(depth);
    assert_eq!(refusal(&nested("[", "]", MAX_DEPTH)), None);
    assert_eq!(
        refusal(&nested("[", "]", MAX_DEPTH + 1)),
        Some(ScanError::TooDeep)
    );
    let objects = |depth| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
    assert_eq!(refusal(&objects(MAX_DEPTH)), None);
    assert_eq!(refusal(&objects(MAX_DEPTH + 1)), Some(ScanError::TooDeep));
    // The depth is that of what is open, not a count of brackets.
    assert_eq!(refusal(&format!("[{}1]", "[],".repeat(10_000))), None);
    for depth in [10_000, 1_000_000] {
        assert_eq!(refusal(&"[".repeat(depth)), Some(ScanError::TooDeep));
        assert_eq!(refusal(&"{\"a\":".repeat(depth)), Some(ScanError::TooDeep));
        assert_eq!(refusal(&"[{\"a\":".repeat(depth)), Some(ScanError::TooDeep));
    }
}

#[test]
fn integers_end_at_what_python_converts() {
    let digits = |count| "1".repeat(count);
    assert_eq!(refusal(&digits(MAX_DIGITS)), None);
    assert_eq!(refusal(&format!("[-{}]", digits(MAX_DIGITS))), None);
    assert_eq!(
        refusal(&digits(MAX_DIGITS + 1)),
        Some(ScanError::NumberTooLong)
    );
    assert_eq!(
        refusal(&format!("[-{}", digits(MAX_DIGITS + 1))),
        Some(ScanError::NumberTooLong)
    );
    // Those are no integers, and only rounded.
    assert_eq!(refusal(&format!("{}.5", digits(MAX_DIGITS + 1))), None);
    assert_eq!(refusal(&format!("{}e1", digits(MAX_DIGITS + 1))), None);
    assert_eq!(refusal(&format!("0.{}", digits(MAX_DIGITS + 1))), None);
}

#[test]
fn large_texts_are_read_in_one_go() {
    let start = Instant::now();
    let keys = (0..100_000).fold(String::new(), |keys, key| {
        keys + &format!("\"{key}\":{key},")
    });
    assert_eq!(member(&format!("{{{keys}\"a\":null}}")), "null");
    let same = "\"a\":\"x\",".repeat(100_000);
    assert_eq!(member(&format!("{{{same}\"a\":null}}")), "null");
    let escapes = "\\ud83d\\ude00\\u0041\\n\\ud800".repeat(50_000);
    assert_eq!(member(&format!("{{\"a\":\"{escapes}\"}}")), "not Unicode");
    let blanks = " ".repeat(1_000_000);
    assert_eq!(member(&format!("{blanks}{{{blanks}}}{blanks}")), "nothing");
    let elements = "0,".repeat(500_000);
    assert_eq!(member(&format!("[{elements}0]")), "no object");
    let code_points = 1_000_001;
    let error = ScanError::Malformed { code_points };
    assert_eq!(refusal(&format!("[{elements}")), Some(error));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

/// JSON as programs write it: strings of any characters, some keys twice over.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        (-99..99_i8).prop_map(|tenths| (f64::from(tenths) / 10.0).into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into);
        let key = prop_oneof![Just("a".to_owned()), "[a-c\"\\\\]{0,2}"];
        let object = prop::collection::vec((key, inner), 0..4)
            .prop_map(|members| serde_json::Value::Object(members.into_iter().collect()));
        prop_oneof![list, object]
    })
}

proptest! {
    #[test]
    fn what_is_json_is_read_as_serde_json_reads_it(value in json(), pretty: bool) {
        let text = if pretty { format!("{value:#}") } else { value.to_string() };
        let read = scan(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(read.is_some(), value.is_object(), "{}", text);
        let member = read.as_ref().and_then(|object| object.get("a"));
        let agree = match (member, value.get("a")) {
            (None, None) | (Some(Member::Null), Some(serde_json::Value::Null)) => true,
            (Some(Member::Text(ours)), Some(serde_json::Value::String(theirs))) => {
                ours.expose_secret() == theirs
            }
            (Some(Member::Other), Some(theirs)) => !theirs.is_string() && !theirs.is_null(),
            _ => false,
        };
        prop_assert!(agree, "{}", text);
    }

    #[test]
    fn what_lacks_a_character_is_json_if_serde_json_says_so(value in json(), place: prop::sample::Index) {
        let mut characters: Vec<char> = value.to_string().chars().collect();
        characters.remove(place.index(characters.len()));
        let text: String = characters.into_iter().collect();
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert_eq!(scan(&text).is_ok(), theirs.is_ok(), "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", cut in 0..40_usize) {
        let json = format!("{{\"a\":\"{text}\",\"é\":[{text}]}}");
        let cut: String = json.chars().take(cut).collect();
        let _ = (scan(&text).is_ok(), scan(&json).is_ok(), scan(&cut).is_ok());
    }
}
