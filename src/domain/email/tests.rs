mod golden;

use proptest::prelude::*;

use super::*;

fn reason(input: &str) -> String {
    match Email::parse(input) {
        Ok(email) => format!("accepted as {email}"),
        Err(error) => error.to_string(),
    }
}

/// `letters` of `unit`, then `tail`.
fn long(unit: &str, letters: usize, tail: &str) -> String {
    unit.repeat(letters) + tail
}

#[test]
fn addresses_are_accepted_as_the_older_service_accepted_them() {
    for (input, normal) in golden::ACCEPTED {
        assert_eq!(
            Email::parse(input).as_ref().map(Email::as_str),
            Ok(*normal),
            "{input:?}"
        );
    }
}

#[test]
fn addresses_are_refused_for_the_reasons_of_the_older_service() {
    for (input, expected) in golden::REFUSED {
        assert_eq!(reason(input), *expected, "{input:?}");
    }
}

#[test]
fn every_reason_of_the_http_contract_is_worded_as_it_says() {
    let table = [
        ("jane", "An email address must have an @-sign."),
        ("", "An email address must have an @-sign."),
        ("Jane <>", "An email address must have an @-sign."),
        (
            "Jane <a@x.io",
            "An open angle bracket at the start of the email address has to be followed by a close angle bracket at the end.",
        ),
        (
            "Jane <a@x.io> x",
            "There can't be anything after the email address.",
        ),
        ("@x.io", "There must be something before the @-sign."),
        (
            "a b@x.io",
            "The email address contains invalid characters before the @-sign: SPACE.",
        ),
        (".a@x.io", "An email address cannot start with a period."),
        (
            "a.@x.io",
            "An email address cannot have a period immediately before the @-sign.",
        ),
        (
            "a..b@x.io",
            "An email address cannot have two periods in a row.",
        ),
        (
            "\"a\"@x.io",
            "Quoting the part before the @-sign is not allowed here.",
        ),
        ("a@", "There must be something after the @-sign."),
        (
            "a@[127.0.0.1]",
            "A bracketed IP address after the @-sign is not allowed here.",
        ),
        (
            "a@x_y.io",
            "The part after the @-sign contains invalid characters: '_'.",
        ),
        (
            "a@b@x.io",
            "The part after the @-sign contains invalid characters: '@'.",
        ),
        ("a@x.io.", "An email address cannot end with a period."),
        (
            "a@.x.io",
            "An email address cannot have a period immediately after the @-sign.",
        ),
        ("a@x.io-", "An email address cannot end with a hyphen."),
        (
            "a@-x.io",
            "An email address cannot have a hyphen immediately after the @-sign.",
        ),
        (
            "a@x-.io",
            "An email address cannot have a period and a hyphen next to each other.",
        ),
        (
            "a@x",
            "The part after the @-sign is not valid. It should have a period.",
        ),
        (
            "a@127.0.0.1",
            "The part after the @-sign is not valid. It is not within a valid top-level domain.",
        ),
        (
            "a@x.test",
            "The part after the @-sign is a special-use or reserved name that cannot be used with email.",
        ),
    ];
    for (input, expected) in table {
        assert_eq!(reason(input), expected, "{input:?}");
    }
}

#[test]
fn an_address_ends_at_254_bytes_in_each_of_its_forms() {
    let at_limit = long("a", 242, "@example.com");
    assert_eq!(reason(&at_limit), format!("accepted as {at_limit}"));
    for (input, expected) in [
        (long("a", 243, "@example.com"), "(1 character too many)."),
        (long("a", 250, "@example.com"), "(8 characters too many)."),
        (long("é", 122, "@example.com"), "(1-2 characters too many)."),
        (long("é", 130, "@x.io"), "(5-11 characters too many)."),
        // One code point as given, two in NFC.
        (
            long("\u{958}", 76, "@example.com"),
            "after normalization (214 bytes too many).",
        ),
        (
            long("a", 238, "@münchen.de"),
            "when the part after the @-sign is converted to IDNA ASCII (2 bytes too many).",
        ),
    ] {
        assert_eq!(
            reason(&input),
            format!("The email address is too long {expected}"),
            "{input}"
        );
    }
    // There is no limit of its own before the @-sign, and a name around it doesn't count.
    let named = format!("{} <{}>", long("J", 300, ""), long("a", 65, "@x.io"));
    assert_eq!(
        reason(&named),
        format!("accepted as {}", long("a", 65, "@x.io"))
    );
}

#[test]
fn a_domain_ends_at_253_and_its_labels_at_63() {
    let labels = |label: &str, count: usize, tail: &str| format!("a@{}", long(label, count, tail));
    assert!(Email::parse(&labels("a.", 125, "io")).is_ok());
    assert!(Email::parse(&labels("a", 63, ".io")).is_ok());
    let domain = "The email address is too long after the @-sign";
    let label = "After the @-sign, periods cannot be separated by so many characters";
    for (input, expected) in [
        (
            labels("a.", 126, "io"),
            format!("{domain} (1 character too many)."),
        ),
        (
            labels("x_", 130, ""),
            format!("{domain} (7 characters too many)."),
        ),
        (
            labels("㎒.", 120, "io"),
            format!("{domain} (229 bytes too many after IDNA encoding)."),
        ),
        (
            labels("a", 64, ".io"),
            format!("{label} (1 character too many)."),
        ),
        (
            labels("a", 70, ".io"),
            format!("{label} (7 characters too many)."),
        ),
        (
            labels("ü", 58, ".de"),
            "The part after the @-sign is invalid (Label too long).".to_owned(),
        ),
    ] {
        assert_eq!(reason(&input), expected, "{input}");
    }
}

#[test]
fn the_input_ends_at_2048_code_points_before_anything_is_read() {
    assert_eq!(
        reason(&long(" ", 2039, "jane@x.io")),
        "accepted as jane@x.io"
    );
    for input in [
        long(" ", 2040, "jane@x.io"),
        long("\r", 2049, ""),
        long("😀", 2049, ""),
    ] {
        assert_eq!(reason(&input), "Length must not exceed 2048 characters");
    }
    let line_break = "Carriage return and line feed characters are not allowed";
    assert_eq!(reason(&long("😀", 2047, "\n")), line_break);
}

#[test]
fn faults_are_found_in_the_order_of_the_contract() {
    for (input, fault) in [
        ("\r.a b.@x_y..-.test", EmailError::LineBreak),
        ("a..b.@x_y..-.test", EmailError::LocalEndsWithPeriod),
        (".a..b@x_y..-.test", EmailError::LocalStartsWithPeriod),
        ("a..b@x_y..-.test", EmailError::TwoPeriods),
        ("\"a\"@x_y..-.test", EmailError::QuotedLocalPart),
        ("a@.x..test.", EmailError::DomainEndsWith(Separator::Period)),
        (
            "a@.x..test-",
            EmailError::DomainStartsWith(Separator::Period),
        ),
        ("a@-x..test-", EmailError::TwoPeriods),
        ("a@-x.test-", EmailError::DomainEndsWith(Separator::Hyphen)),
        (
            "a@-x-.test",
            EmailError::DomainStartsWith(Separator::Hyphen),
        ),
        ("a@ab--x-.test", EmailError::PeriodBesideHyphen),
        ("a@ab--☕.test", EmailError::ReservedLabel),
        (
            "a@☕.test",
            EmailError::InvalidLabel(LabelFault::Disallowed {
                character: '☕',
                position: 1,
            }),
        ),
        ("<<a@x.test>>", EmailError::SpecialUseDomain),
        ("a@xn--99999.test", EmailError::SpecialUseDomain),
    ] {
        assert_eq!(Email::parse(input), Err(fault), "{input:?}");
    }
    assert_eq!(reason(".a b.@x_y..-.test"), reason("a b@x.io"));
    assert_eq!(reason("a@-x_y..test."), reason("a@x_y.io"));
    let long_label = format!("a@{}", long("x", 64, ".test"));
    assert_eq!(
        Email::parse(&long_label),
        Err(EmailError::LabelTooLong { excess: 1 })
    );
    assert_eq!(
        reason(&long("a", 255, "@x.test")),
        EmailError::SpecialUseDomain.to_string()
    );
    let too_long = EmailError::TooLong(Excess::AsGiven {
        least_characters: 6,
        bytes: 6,
    });
    assert_eq!(
        reason(&format!("<<{}>>", long("a", 255, "@x.io"))),
        too_long.to_string()
    );
}

#[test]
fn a_domain_in_any_case_and_form_is_one_address_and_a_local_part_is_not() {
    let email = Email::parse("j@münchen.de");
    for same in [
        "j@MÜNCHEN.de",
        "j@XN--MNCHEN-3YA.de",
        "J J <j@mu\u{308}nchen。DE>",
    ] {
        assert_eq!(Email::parse(same), email, "{same}");
    }
    assert_ne!(Email::parse("J@münchen.de"), email);
}

#[test]
fn no_reason_quotes_the_address() {
    for (input, _) in golden::REFUSED
        .iter()
        .filter(|(input, _)| input.chars().count() > 3)
    {
        assert!(!reason(input).contains(input), "{input:?}");
    }
}

/// Text that looks enough like an address to get past the first checks.
fn nearly_an_address() -> impl Strategy<Value = String> {
    let sign = "[-_.@<>\"\\\\ a-cXN0-9éßא٠۰·ー中\u{301}\u{338}\u{200d}\u{37e}。．－]{0,8}";
    let domain = prop_oneof![
        Just("x.io"),
        Just("xn--mnchen-3ya.de"),
        Just("אב.com"),
        Just("MÜNCHEN.de"),
        Just("faß.de"),
    ];
    (sign, domain, any::<bool>(), any::<[char; 2]>()).prop_map(|(sign, domain, named, [a, b])| {
        let address = format!("{sign}{a}@{b}{sign}{domain}");
        if named {
            format!("{b} <{address}>")
        } else {
            address.replace([a, b], "")
        }
    })
}

proptest! {
    #[test]
    fn no_text_panics(input in any::<String>(), tail in any::<String>()) {
        let _ = Email::parse(&input);
        let _ = Email::parse(&format!("a@{input}.{tail}"));
        let _ = Email::parse(&format!("{input}@xn--{tail}.io"));
    }

    #[test]
    fn a_normal_form_parses_to_itself(
        input in prop_oneof![nearly_an_address(), "[a-zA-Zé]{1,9}@(\\PC{1,6}\\.){1,2}[a-zA-Z]{2}"]
    ) {
        if let Ok(email) = Email::parse(&input) {
            prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()), "{}", input);
            prop_assert_eq!(email.to_string(), email.as_str());
        }
    }
}
