"""A tenant that the older service made, with a token that it minted: both live on."""

from datetime import datetime, timedelta, timezone

import bcrypt
from bson import ObjectId
from jose import jwt

NAME, EMAIL, PASSWORD = "Older_One", "admin@older.io", "Secret123"


def plant(database):
    """Writes it as the older service did."""
    now = datetime.now(timezone.utc)
    admin = {
        "_id": ObjectId(), "email": EMAIL, "organization_name": NAME, "created_at": now,
        "password": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode(),
    }
    organization = {
        "_id": ObjectId(), "organization_name": NAME, "collection_name": f"org_{NAME}",
        "admin_id": admin["_id"], "created_at": now,
    }
    database.admins.insert_one(admin)
    database.organizations.insert_one(organization)
    database[f"org_{NAME}"].insert_many([{"_id": number} for number in range(3)])
    return organization, admin


def minted(organization, admin, secret):
    """A token of the older service: no ver, no iss, no jti, no kid."""
    claims = {
        "sub": str(admin["_id"]), "email": EMAIL, "organization_name": NAME,
        "org_id": str(organization["_id"]),
        "exp": datetime.now(timezone.utc) + timedelta(days=7),
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def live(http, database, secret, expect, bearer, nothing_of):
    organization, admin = plant(database)
    token = minted(organization, admin, secret)
    login = http.post("/admin/login", json={"email": EMAIL, "password": PASSWORD})
    claims = jwt.decode(expect(login, 200)["access_token"], secret, algorithms=["HS256"])
    assert claims["sub"] == str(admin["_id"]) and claims["org_id"] == str(organization["_id"])
    read = http.get("/org/get", params={"organization_name": NAME}, headers=bearer(token))
    read = expect(read, 200)
    assert read["admin_email"] == EMAIL and read["collection_name"] == f"org_{NAME}"
    untouched = database.organizations.find_one({"_id": organization["_id"]})
    assert set(untouched) == set(organization), "reads and logins write nothing"

    # The first write takes it over, as it is.
    renamed = "Older_Two"
    wish = {"organization_name": NAME, "new_organization_name": renamed}
    answer = expect(http.put("/org/update", json=wish, headers=bearer(token)), 200)
    assert answer == read | {"organization_name": renamed, "collection_name": f"org_{renamed}"}
    moved = database.organizations.find_one({"organization_name": renamed})
    same_admin = database.admins.find_one({"email": EMAIL})
    assert moved["_id"] == organization["_id"] and same_admin["_id"] == admin["_id"]
    assert same_admin["password"] == admin["password"], "the hash is his own"
    assert same_admin["organization_name"] == renamed
    documents = database[f"org_{renamed}"].find().sort("_id")
    assert [document["_id"] for document in documents] == [0, 1, 2]
    # Tokens of before are good, and so is a login.
    read = http.get("/org/get", params={"organization_name": renamed}, headers=bearer(token))
    assert expect(read, 200) == answer
    expect(http.post("/admin/login", json={"email": EMAIL, "password": PASSWORD}), 200)
    print("a tenant of the older service: logged in, read, renamed")

    gone = http.delete(
        "/org/delete", params={"organization_name": renamed}, headers=bearer(token)
    )
    expect(gone, 200, b'{"deleted":true,"organization_name":"Older_Two"}')
    nothing_of(renamed, EMAIL)
    nothing_of(NAME, EMAIL)
    read = http.get("/org/get", params={"organization_name": renamed}, headers=bearer(token))
    expect(read, 404, b'{"detail":"organization not found"}')
    print("and deleted")
