"""The common mistakes, each with the older service's answer to the byte."""


def conflict(message):
    return b'{"error":{"code":"conflict","message":"%s"}}' % message


def bad(message):
    return b'{"error":{"code":"bad_request","message":"%s"}}' % message


def invalid(*details):
    return (
        b'{"error":{"code":"validation_error","message":"request validation failed","details":['
        + b",".join(details)
        + b"]}}"
    )


def detail(place, field, message, kind):
    return b'{"loc":["%s","%s"],"msg":"%s","type":"%s"}' % (place, field, message, kind)


def missing(*fields):
    return [detail(b"body", field, b"Field required", b"missing") for field in fields]


EMAIL = b"value is not a valid email address: An email address must have an @-sign."
SHORT = b"String should have at least 2 characters"
PATTERN = b"String should match pattern '^[A-Za-z0-9_-]+$'"
EMPTY = b'{"loc":["body"],"msg":"Field required","type":"missing"}'
NO_DICTIONARY = (
    b'{"loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from",'
    b'"type":"model_attributes_type"}'
)
TOO_LONG = b"password too long for bcrypt (max 72 bytes); please use a shorter password"
WEAK = b"password does not meet strength requirements"
SAME = b"Value error, new_organization_name must be different from organization_name"


def make(http, expect, name, email, password, token):
    """Makes them all; `name` is there, with that admin, whose token it is."""
    authorized = {"Authorization": f"Bearer {token}"}
    wish = {"organization_name": "other", "email": "other@acme.io", "password": password}

    def create(**change):
        return http.post("/org/create", json=wish | change)

    def update(headers=authorized, **body):
        return http.put("/org/update", json=body, headers=headers)

    def get(headers=authorized, **params):
        return http.get("/org/get", params=params, headers=headers)

    def delete(headers=authorized, **params):
        return http.delete("/org/delete", params=params, headers=headers)

    for answer, status, body in (
        (create(organization_name=name), 409, conflict(b"organization already exists")),
        (create(organization_name=name, email=email), 409, conflict(b"organization already exists")),
        (create(email=email), 409, conflict(b"admin email already in use")),
        (create(email=email, password="lettersonly"), 409, conflict(b"admin email already in use")),
        (create(password="lettersonly"), 400, bad(WEAK)),
        (create(password="12345678"), 400, bad(WEAK)),
        (create(password="a1" * 37), 400, bad(TOO_LONG)),
        (create(organization_name="x", email="x", password="x"), 422, invalid(
            detail(b"body", b"organization_name", SHORT, b"string_too_short"),
            detail(b"body", b"email", EMAIL, b"value_error"),
            detail(b"body", b"password", SHORT.replace(b"2", b"6"), b"string_too_short"),
        )),
        (create(organization_name="a b"), 422, invalid(
            detail(b"body", b"organization_name", PATTERN, b"string_pattern_mismatch"),
        )),
        (create(organization_name=7), 422, invalid(
            detail(b"body", b"organization_name", b"Input should be a valid string", b"string_type"),
        )),
        (http.post("/org/create", json={}), 422, invalid(
            *missing(b"organization_name", b"email", b"password"),
        )),
        (http.post("/org/create"), 422, invalid(EMPTY)),
        (http.post("/org/create", json=[]), 422, invalid(NO_DICTIONARY)),
        (http.post("/org/create", data=wish), 422, invalid(NO_DICTIONARY)),
        (http.post("/admin/login", data={"email": email, "password": password}), 422,
         invalid(NO_DICTIONARY)),
        (http.post("/admin/login", json={}), 422, invalid(*missing(b"email", b"password"))),
        (http.post("/admin/login", json={"email": email, "password": "wrong"}), 401,
         b'{"detail":"invalid credentials"}'),
        (http.post("/admin/login", json={"email": "nobody@acme.io", "password": password}), 401,
         b'{"detail":"invalid credentials"}'),
        (get(), 422, invalid(
            detail(b"query", b"organization_name", b"Field required", b"missing"),
        )),
        (get(organization_name="unknown"), 404, b'{"detail":"organization not found"}'),
        (update(organization_name=name, new_organization_name=f" {name} "), 422, invalid(
            detail(b"body", b"new_organization_name", SAME, b"value_error"),
        )),
        (update(organization_name="unknown", email="a@acme.io"), 404,
         b'{"error":{"code":"not_found","message":"organization does not exist"}}'),
        (update(organization_name=name, password="lettersonly"), 400, bad(WEAK)),
        (delete(headers={}, organization_name=name), 401, b'{"detail":"missing auth token"}'),
        (delete(headers={"Authorization": "Bearer no"}, organization_name=name), 401,
         b'{"detail":"invalid token"}'),
        (delete(organization_name="unknown"), 404,
         b'{"error":{"code":"not_found","message":"organization does not exist"}}'),
        (http.get("/org/create"), 405, b'{"detail":"Method Not Allowed"}'),
        (http.get("/nowhere"), 404, b'{"detail":"Not Found"}'),
    ):
        try:
            expect(answer, status, body)
        except AssertionError as error:
            asked = answer.request
            raise AssertionError(f"{asked.method} {asked.url} {asked.content!r}: {error}") from None
    broken = http.post(
        "/org/create", content=b'{"a":1,,"b":2}', headers={"content-type": "application/json"}
    )
    assert broken.status_code == 422
    assert b'"loc":["body",7],"msg":"JSON decode error","type":"json_invalid"' in broken.content
    # Nothing asked for: nothing changed.
    assert expect(update(organization_name=name), 200) == expect(get(organization_name=name), 200)
    assert expect(update(organization_name=name, email=email), 200)["admin_email"] == email
