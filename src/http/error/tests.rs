use axum::{body::to_bytes, http::header};

use super::*;

const JSON: &str = "application/json";

/// What of an answer clients see.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

async fn seen(answer: impl IntoResponse) -> Seen {
    let (parts, body) = answer.into_response().into_parts();
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap_or("not text");
        (name.as_str().to_owned(), value.to_owned())
    });
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Seen {
        status: parts.status.as_u16(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

fn expected(status: u16, extra: &[(&str, &str)], body: &str) -> Seen {
    let length = body.len().to_string();
    let always = [("content-type", JSON), ("content-length", length.as_str())];
    let headers = always.iter().chain(extra);
    let mut headers: Vec<_> = headers
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    headers.sort();
    Seen {
        status,
        headers,
        body: body.to_owned(),
    }
}

#[tokio::test]
async fn every_coded_error_is_shape_a_to_the_byte() {
    use ApiError as E;
    let bodies = [
        (
            E::WeakPassword,
            400,
            r#"{"error":{"code":"bad_request","message":"password does not meet strength requirements"}}"#,
        ),
        (
            E::PasswordTooLong,
            400,
            r#"{"error":{"code":"bad_request","message":"password too long for bcrypt (max 72 bytes); please use a shorter password"}}"#,
        ),
        (
            E::PasswordHasNul,
            400,
            r#"{"error":{"code":"bad_request","message":"password must not contain NUL"}}"#,
        ),
        (
            E::SelfServiceOff,
            403,
            r#"{"error":{"code":"forbidden","message":"self-service is off"}}"#,
        ),
        (
            E::NotYourOrganization(Act::Read),
            403,
            r#"{"error":{"code":"forbidden","message":"only the org admin can read the organization"}}"#,
        ),
        (
            E::NotYourOrganization(Act::Update),
            403,
            r#"{"error":{"code":"forbidden","message":"only the org admin can update the organization"}}"#,
        ),
        (
            E::NotYourOrganization(Act::Delete),
            403,
            r#"{"error":{"code":"forbidden","message":"only the org admin can delete the organization"}}"#,
        ),
        (
            E::OrganizationUnknown,
            404,
            r#"{"error":{"code":"not_found","message":"organization does not exist"}}"#,
        ),
        (
            E::OrganizationExists,
            409,
            r#"{"error":{"code":"conflict","message":"organization already exists"}}"#,
        ),
        (
            E::EmailInUse,
            409,
            r#"{"error":{"code":"conflict","message":"admin email already in use"}}"#,
        ),
        (
            E::NewNameExists,
            409,
            r#"{"error":{"code":"conflict","message":"new organization name already exists"}}"#,
        ),
        (
            E::ManagedDeclaratively,
            409,
            r#"{"error":{"code":"conflict","message":"organization is managed declaratively"}}"#,
        ),
        (
            E::PayloadTooLarge,
            413,
            r#"{"error":{"code":"payload_too_large","message":"request body too large"}}"#,
        ),
        (
            E::Timeout,
            504,
            r#"{"error":{"code":"timeout","message":"the operation is still being withdrawn; ask again"}}"#,
        ),
        (
            E::Internal,
            500,
            r#"{"error":{"code":"internal_error","message":"internal server error"}}"#,
        ),
    ];
    for (error, status, body) in bodies {
        assert_eq!(seen(error).await, expected(status, &[], body));
    }
}

#[tokio::test]
async fn every_plain_error_is_shape_b_and_every_401_names_its_scheme() {
    use ApiError as E;
    let challenge: &[(&str, &str)] = &[("www-authenticate", "Bearer")];
    let allow = Method::DELETE;
    let bodies = [
        (
            E::UnparsableBody,
            400,
            &[][..],
            r#"{"detail":"There was an error parsing the body"}"#,
        ),
        (
            E::MissingToken,
            401,
            challenge,
            r#"{"detail":"missing auth token"}"#,
        ),
        (
            E::InvalidToken,
            401,
            challenge,
            r#"{"detail":"invalid token"}"#,
        ),
        (
            E::InvalidCredentials,
            401,
            challenge,
            r#"{"detail":"invalid credentials"}"#,
        ),
        (
            E::OrganizationNotFound,
            404,
            &[],
            r#"{"detail":"organization not found"}"#,
        ),
        (E::UnknownRoute, 404, &[], r#"{"detail":"Not Found"}"#),
        (
            E::MethodNotAllowed { allow },
            405,
            &[("allow", "DELETE")],
            r#"{"detail":"Method Not Allowed"}"#,
        ),
    ];
    for (error, status, headers, body) in bodies {
        assert_eq!(seen(error).await, expected(status, headers, body));
    }
}

#[tokio::test]
async fn what_is_refused_for_now_says_in_whole_seconds_when_to_try_again() {
    let throttled =
        r#"{"error":{"code":"too_many_requests","message":"too many requests; try again later"}}"#;
    let unavailable =
        r#"{"error":{"code":"unavailable","message":"service unavailable; try again later"}}"#;
    for (millis, seconds) in [
        (0, "1"),
        (1, "1"),
        (1_000, "1"),
        (1_001, "2"),
        (59_999, "60"),
    ] {
        let retry_after = Duration::from_millis(millis);
        let header = [("retry-after", seconds)];
        let answer = seen(ApiError::TooManyRequests { retry_after }).await;
        assert_eq!(answer, expected(429, &header, throttled));
        let answer = seen(ApiError::Unavailable { retry_after }).await;
        assert_eq!(answer, expected(503, &header, unavailable));
    }
    let retry_after = Duration::MAX;
    let answer = seen(ApiError::Unavailable { retry_after }).await;
    let forever = [("retry-after", "18446744073709551615")];
    assert_eq!(answer, expected(503, &forever, unavailable));
}

#[tokio::test]
async fn every_fault_of_a_request_is_a_detail_of_shape_c() {
    let email = crate::domain::email::Email::parse("j").map(drop);
    let details = vec![
        Detail::of_body(&Fault::Missing),
        Detail::of_body(&Fault::NotAnObject),
        Detail::not_json(7),
        Detail::in_query("organization_name", &Fault::Missing),
        Detail::in_body("organization_name", &Fault::NotAString),
        Detail::in_body("organization_name", &Fault::TooShort(2)),
        Detail::in_body("organization_name", &Fault::TooLong(64)),
        Detail::in_body("organization_name", &Fault::OutsideAlphabet),
        Detail::in_body("organization_name", &Fault::NotUnicode),
        Detail::in_body("new_organization_name", &Fault::SameName),
        Detail::in_body("email", &Fault::from(email.unwrap_err())),
        Detail::in_body("password", &Fault::short_password()),
    ];
    let body = concat!(
        r#"{"error":{"code":"validation_error","message":"request validation failed","details":["#,
        r#"{"loc":["body"],"msg":"Field required","type":"missing"},"#,
        r#"{"loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","type":"model_attributes_type"},"#,
        r#"{"loc":["body",7],"msg":"JSON decode error","type":"json_invalid"},"#,
        r#"{"loc":["query","organization_name"],"msg":"Field required","type":"missing"},"#,
        r#"{"loc":["body","organization_name"],"msg":"Input should be a valid string","type":"string_type"},"#,
        r#"{"loc":["body","organization_name"],"msg":"String should have at least 2 characters","type":"string_too_short"},"#,
        r#"{"loc":["body","organization_name"],"msg":"String should have at most 64 characters","type":"string_too_long"},"#,
        r#"{"loc":["body","organization_name"],"msg":"String should match pattern '^[A-Za-z0-9_-]+$'","type":"string_pattern_mismatch"},"#,
        r#"{"loc":["body","organization_name"],"msg":"Input should be a valid string, unable to parse raw data as a unicode string","type":"string_unicode"},"#,
        r#"{"loc":["body","new_organization_name"],"msg":"Value error, new_organization_name must be different from organization_name","type":"value_error"},"#,
        r#"{"loc":["body","email"],"msg":"value is not a valid email address: An email address must have an @-sign.","type":"value_error"},"#,
        r#"{"loc":["body","password"],"msg":"String should have at least 6 characters","type":"string_too_short"}"#,
        r"]}}",
    );
    assert_eq!(
        seen(ApiError::Invalid(details)).await,
        expected(422, &[], body)
    );
}

#[tokio::test]
async fn what_is_not_ascii_is_sent_as_it_is() {
    let email = crate::domain::email::Email::parse("a@é_.io").map(drop);
    let fault = Fault::from(email.unwrap_err());
    let answer = seen(ApiError::from(Detail::in_body("email", &fault))).await;
    assert!(!answer.body.contains("\\u"), "{}", answer.body);
    let answer = seen(json::answer(
        StatusCode::OK,
        &["münchen \u{2028} \u{1} \"\\"],
    ))
    .await;
    assert_eq!(
        answer,
        expected(200, &[], "[\"münchen \u{2028} \\u0001 \\\"\\\\\"]")
    );
}

#[test]
fn a_refused_password_is_answered_by_what_is_wrong_with_it() {
    let short = Detail::in_body("password", &Fault::TooShort(6));
    for (fault, error) in [
        (PasswordFault::TooShort, ApiError::Invalid(vec![short])),
        (PasswordFault::NeedsLetterAndDigit, ApiError::WeakPassword),
        (PasswordFault::TooLong, ApiError::PasswordTooLong),
        (PasswordFault::ContainsNul, ApiError::PasswordHasNul),
    ] {
        assert_eq!(ApiError::from(fault), error);
    }
}

#[tokio::test]
async fn health_says_the_same_of_the_process_and_the_database() {
    let healthy = r#"{"status":"ok","db":"ok"}"#;
    assert_eq!(seen(Health::Ok).await, expected(200, &[], healthy));
    let ill = r#"{"status":"unavailable","db":"unavailable"}"#;
    let retry = [(header::RETRY_AFTER.as_str(), "2")];
    assert_eq!(seen(Health::Unavailable).await, expected(503, &retry, ill));
}
