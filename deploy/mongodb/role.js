// Makes the operator's role and its user in MongoDB: all that it needs in its database, and nothing beyond.
// Again: both are brought to what is said here. To be run by a user who may make roles and users there:
//
//   MASTER_DB_NAME=master_db OPERATOR_PASSWORD=… mongosh "mongodb://root@host/?authSource=admin" --file deploy/mongodb/role.js
//
// MASTER_DB_NAME      the operator's --master-db-name; role and user are made in this database
// OPERATOR_PASSWORD   the password of the user: 16 characters or more
// OPERATOR_USER       its name; default: organization-operator
//
// The operator's URL is then mongodb://organization-operator:<password>@host/?authSource=<MASTER_DB_NAME>, the password
// percent-encoded. No cluster resource is needed: what the operator asks of the server itself (hello, buildInfo, ping) is asked
// without a privilege, and renameCollection, which is sent to database admin, is checked in the database that it names.

const ROLE = "organizationOperator";

// On every collection of the database, since tenants' collections are called as tenants are.
// Read by tests/e2e/mongo_users.rs, by whose user all end-to-end tests run: JSON between the markers, but for comments.
const ACTIONS = /* actions:begin */ [
  "find", // reads and aggregates: src/store/mongo/{tenants,logins,indexes,inventory,collections,merge,refresh,probe}.rs
  "insert", // records, admins, refresh tokens, late documents: src/store/mongo/{records,refresh,merge}.rs
  "update", // records, admins, refresh tokens: src/store/mongo/{records,refresh}.rs
  "remove", // records, admins, refresh tokens: src/store/mongo/{records,refresh}.rs
  "createCollection", // a tenant's collection, with its marker: src/store/mongo/collections.rs
  "createIndex", // unique names and addresses; expiry of refresh tokens: src/store/mongo/{indexes,refresh}.rs
  "listCollections", // which collection is where, by name and UUID: src/store/mongo/{collections,inventory}.rs
  "renameCollectionSameDB", // renames, archives, the way into the trash: src/store/mongo/collections.rs
  "dropCollection" // from the trash, an archive whose time is over: src/store/mongo/collections.rs
] /* actions:end */;

function setting(name, fallback) {
  const value = process.env[name] || fallback;
  if (!value) {
    throw new Error(`${name} is not set; see the head of role.js`);
  }
  return value;
}

const database = setting("MASTER_DB_NAME");
if (["admin", "config", "local"].includes(database) || /[\/\\. "$*<>:|?]/.test(database)) {
  throw new Error(`MASTER_DB_NAME: ${database} can't be the operator's database`);
}
const password = setting("OPERATOR_PASSWORD");
if (password.length < 16) {
  throw new Error("OPERATOR_PASSWORD has fewer than 16 characters");
}
const user = setting("OPERATOR_USER", "organization-operator");

const home = db.getSiblingDB(database);
const privileges = [{ resource: { db: database, collection: "" }, actions: ACTIONS }];
const roles = [{ role: ROLE, db: database }];
if (home.getRole(ROLE)) {
  home.updateRole(ROLE, { privileges, roles: [] });
} else {
  home.createRole({ role: ROLE, privileges, roles: [] });
}
if (home.getUser(user)) {
  home.updateUser(user, { pwd: password, roles });
} else {
  home.createUser({ user, pwd: password, roles });
}
print(`role ${ROLE} and user ${user} are in database ${database}`);
