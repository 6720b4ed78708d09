"""An existing client's life, as it was written for the older service.

It gives up after 10 s, expects 200 where the older service said 200, and right after each 200 looks
into MongoDB itself. It ends with 0 if nothing was other than it knows; a traceback says what was.
"""

import os
from datetime import datetime

import bcrypt
import httpx
from bson import ObjectId
from jose import jwt
from pymongo import MongoClient

import mistakes
import older_tenant

SECRET = os.environ["JWT_SECRET"].encode()

http = httpx.Client(base_url=os.environ["API_URL"], timeout=10)
database = MongoClient(os.environ["MONGO_URL"])[os.environ["MASTER_DB_NAME"]]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def expect(answer, status, body=None):
    assert answer.status_code == status, f"not {status}: {answer.status_code} {answer.content!r}"
    assert answer.headers["content-type"] == "application/json", answer.headers
    assert body is None or answer.content == body, f"not {body!r}: {answer.content!r}"
    return answer.json()


def log_in(email, password):
    answer = expect(http.post("/admin/login", json={"email": email, "password": password}), 200)
    assert answer["token_type"] == "bearer"
    return answer["access_token"]


def records(name, email, password):
    """The documents, field by field, as wire-contract.md §6 has them."""
    organization = database.organizations.find_one({"organization_name": name})
    admin = database.admins.find_one({"email": email})
    assert organization and admin, f"{name}, {email}: {organization}, {admin}"
    for document, types in (
        (organization, {
            "_id": ObjectId, "organization_name": str, "collection_name": str,
            "admin_id": ObjectId, "created_at": datetime,
        }),
        (admin, {
            "_id": ObjectId, "email": str, "password": str, "organization_name": str,
            "created_at": datetime,
        }),
    ):
        for field, kind in types.items():
            assert isinstance(document[field], kind), f"{field}: {document[field]!r}"
    assert organization["collection_name"] == f"org_{name}"
    assert organization["admin_id"] == admin["_id"]
    assert admin["organization_name"] == name
    assert admin["password"].startswith("$2b$12$"), admin["password"]
    assert bcrypt.checkpw(password.encode(), admin["password"].encode())
    assert f"org_{name}" in database.list_collection_names()
    return organization, admin


def nothing_of(name, email):
    """No record of it; a collection of that name, if a listing still knows one, is empty."""
    assert not database.organizations.find_one({"organization_name": name})
    assert not database.admins.find_one({"email": email})
    assert database[f"org_{name}"].count_documents({}) == 0


def check_claims(token, organization, admin):
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    assert claims["sub"] == str(admin["_id"])
    assert claims["org_id"] == str(organization["_id"])
    assert claims["email"] == admin["email"]
    assert claims["organization_name"] == organization["organization_name"]
    week = claims["exp"] - datetime.now().timestamp()
    assert abs(week - 604_800) < 60, week
    assert not {"aud", "nbf", "iat"} & claims.keys(), claims


def check_response(body, name, email, organization):
    assert list(body) == ["organization_name", "collection_name", "admin_email", "created_at"]
    assert body["organization_name"] == name
    assert body["collection_name"] == f"org_{name}"
    assert body["admin_email"] == email
    # As BSON keeps it: UTC, milliseconds.
    assert datetime.fromisoformat(body["created_at"]) == organization["created_at"]


def life():
    name, email, password = "Acme_1", "admin@acme.io", "Secret123"
    wish = {"organization_name": name, "email": email, "password": password}
    made = expect(http.post("/org/create", json=wish), 200)
    organization, admin = records(name, email, password)
    check_response(made, name, email, organization)
    assert database[f"org_{name}"].count_documents({}) == 0
    database[f"org_{name}"].insert_one({"_id": 1, "kept": True})

    token = log_in(email, password)
    check_claims(token, organization, admin)
    read = http.get("/org/get", params={"organization_name": name}, headers=bearer(token))
    assert expect(read, 200) == made
    mistakes.make(http, expect, name, email, password, token)
    print("created, logged in, read; mistakes answered as ever")

    # A new name: everything moves along, and the token stays good.
    renamed = "Acme-Labs"
    wish = {"organization_name": name, "new_organization_name": renamed}
    answer = expect(http.put("/org/update", json=wish, headers=bearer(token)), 200)
    moved, same_admin = records(renamed, email, password)
    check_response(answer, renamed, email, moved)
    assert (moved["_id"], moved["created_at"]) == (organization["_id"], organization["created_at"])
    assert same_admin["_id"] == admin["_id"]
    assert same_admin["password"] == admin["password"], "nobody asked for another password"
    assert database[f"org_{renamed}"].find_one() == {"_id": 1, "kept": True}
    assert not database.organizations.find_one({"organization_name": name})
    assert database[f"org_{name}"].count_documents({}) == 0
    read = http.get("/org/get", params={"organization_name": renamed}, headers=bearer(token))
    assert expect(read, 200) == answer

    # A new address and a new password: the token dies with each.
    for changed in ({"email": "Boss@Acme.io"}, {"password": "Another456"}):
        wish = {"organization_name": renamed} | changed
        answer = expect(http.put("/org/update", json=wish, headers=bearer(token)), 200)
        password = changed.get("password", password)
        # The domain is lower-cased, the part before it is the admin's own.
        email = "Boss@acme.io"
        moved, same_admin = records(renamed, email, password)
        check_response(answer, renamed, email, moved)
        assert same_admin["_id"] == admin["_id"]
        verified = http.get(
            "/org/get", params={"organization_name": renamed}, headers=bearer(token)
        )
        expect(verified, 401, b'{"detail":"invalid token"}')
        token = log_in(email, password)
        check_claims(token, moved, same_admin)
    assert not database.admins.find_one({"email": "admin@acme.io"})
    refused = http.post("/admin/login", json={"email": email, "password": "Secret123"})
    expect(refused, 401, b'{"detail":"invalid credentials"}')
    print("renamed, another address, another password")

    gone = http.delete(
        "/org/delete", params={"organization_name": renamed}, headers=bearer(token)
    )
    expect(gone, 200, b'{"deleted":true,"organization_name":"Acme-Labs"}')
    nothing_of(renamed, email)
    again = http.delete(
        "/org/delete", params={"organization_name": renamed}, headers=bearer(token)
    )
    unknown = b'{"error":{"code":"not_found","message":"organization does not exist"}}'
    expect(again, 404, unknown)
    refused = http.post("/admin/login", json={"email": email, "password": password})
    expect(refused, 401, b'{"detail":"invalid credentials"}')
    print("deleted, twice")


if __name__ == "__main__":
    health = http.get("/health")
    assert (health.status_code, health.content) == (200, b'{"status":"ok","db":"ok"}')
    life()
    older_tenant.live(http, database, SECRET, expect, bearer, nothing_of)
