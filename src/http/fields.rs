//! What the requests of the contract hold, as typed values.
//!
//! Here is what answers 422. What a new password must be beyond its length is asked later, after
//! the conflicts ([`crate::domain::password::check_strength`]): clients know that order.

mod reader;
mod schema;
#[cfg(test)]
mod tests;

use reader::Reader;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    error::{Detail, Fault},
    json::{Member, Model, Object},
};
use crate::domain::{email::Email, names::OrgName, password};

/// Code points of a name. The lengths have messages of their own, so they are looked at before
/// [`OrgName`] does.
const NAME_CODE_POINTS: std::ops::RangeInclusive<usize> = 2..=64;

/// POST /org/create.
#[derive(Debug, Clone)]
pub struct CreateOrg {
    /// What the organization shall be called.
    pub organization_name: OrgName,
    /// Its admin.
    pub email: Email,
    /// At least 6 code points; no more is known of it.
    pub password: SecretString,
}

/// PUT /org/update. `null` is the same as nothing.
#[derive(Debug, Clone)]
pub struct UpdateOrg {
    /// Which organization.
    pub organization_name: OrgName,
    /// Another name than that.
    pub new_organization_name: Option<OrgName>,
    /// A new e-mail of its admin; may be the one it has.
    pub email: Option<Email>,
    /// A new password: at least 6 code points; no more is known of it.
    pub password: Option<SecretString>,
}

/// POST /admin/login.
#[derive(Debug, Clone)]
pub struct Login {
    /// Whose.
    pub email: Email,
    /// Whatever was sent, only to be compared. What no password can be (half a surrogate pair) is
    /// here as a text that matches none, so that it costs and answers the same as any wrong one.
    pub password: SecretString,
}

/// POST /admin/refresh and POST /admin/logout.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// Whatever was sent, only to be looked up by its hash.
    pub refresh_token: SecretString,
}

impl Model for CreateOrg {
    fn read(object: &Object) -> Result<Self, Vec<Detail>> {
        let mut reader = Reader::of(object);
        let organization_name = reader.required("organization_name", name);
        let email = reader.required("email", email);
        let password = reader.required("password", new_password);
        let model = || {
            Ok(Self {
                organization_name: organization_name?,
                email: email?,
                password: password?,
            })
        };
        reader.finish(model())
    }
}

impl Model for UpdateOrg {
    fn read(object: &Object) -> Result<Self, Vec<Detail>> {
        let mut reader = Reader::of(object);
        let organization_name = reader.required("organization_name", name);
        let new_organization_name = reader.optional("new_organization_name", |member| {
            let new_name = name(member)?;
            if organization_name.as_ref() == Ok(&new_name) {
                return Err(Fault::SameName);
            }
            Ok(new_name)
        });
        let email = reader.optional("email", email);
        let password = reader.optional("password", new_password);
        let model = || {
            Ok(Self {
                organization_name: organization_name?,
                new_organization_name: new_organization_name?,
                email: email?,
                password: password?,
            })
        };
        reader.finish(model())
    }
}

impl Model for Login {
    fn read(object: &Object) -> Result<Self, Vec<Detail>> {
        let mut reader = Reader::of(object);
        let email = reader.required("email", email);
        let password = reader.required("password", any_password);
        let model = || {
            Ok(Self {
                email: email?,
                password: password?,
            })
        };
        reader.finish(model())
    }
}

impl Model for Refresh {
    fn read(object: &Object) -> Result<Self, Vec<Detail>> {
        let mut reader = Reader::of(object);
        let refresh_token = reader.required("refresh_token", |member| text(member).cloned());
        let model = || {
            Ok(Self {
                refresh_token: refresh_token?,
            })
        };
        reader.finish(model())
    }
}

fn text(member: &Member) -> Result<&SecretString, Fault> {
    match member {
        Member::Text(text) => Ok(text),
        Member::NotUnicode => Err(Fault::NotUnicode),
        Member::Null | Member::Other => Err(Fault::NotAString),
    }
}

fn name(member: &Member) -> Result<OrgName, Fault> {
    // Unicode's White_Space, exactly what the older service took off.
    let name = text(member)?.expose_secret().trim();
    let code_points = name.chars().count();
    if code_points < *NAME_CODE_POINTS.start() {
        Err(Fault::TooShort(*NAME_CODE_POINTS.start()))
    } else if code_points > *NAME_CODE_POINTS.end() {
        Err(Fault::TooLong(*NAME_CODE_POINTS.end()))
    } else {
        OrgName::parse(name).map_err(|_| Fault::OutsideAlphabet)
    }
}

fn email(member: &Member) -> Result<Email, Fault> {
    Ok(Email::parse(text(member)?.expose_secret())?)
}

fn new_password(member: &Member) -> Result<SecretString, Fault> {
    let password = text(member)?;
    if password.expose_secret().chars().count() < password::MIN_CODE_POINTS {
        return Err(Fault::short_password());
    }
    Ok(password.clone())
}

fn any_password(member: &Member) -> Result<SecretString, Fault> {
    match member {
        // The hash pool matches nothing that is longer than bcrypt's limit.
        Member::NotUnicode => Ok(SecretString::from("x".repeat(password::MAX_BYTES + 1))),
        member => text(member).cloned(),
    }
}
