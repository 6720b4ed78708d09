//! The keys of a control plane: an authority, the apiserver's certificate, one for each user.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::home::{self, Home};

/// Why a key or certificate can't be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error(transparent)]
    Home(#[from] home::Error),
    /// A key can't be made or read again.
    #[error("the keys in the home can't be made or used: {0}; `make clean` forgets them")]
    Certificate(#[from] rcgen::Error),
}

/// The authority of one home; made once, read again later, so that kubeconfigs stay good.
#[derive(Debug)]
pub struct Pki {
    dir: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

/// Two PEM texts.
#[derive(Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Pki {
    /// Opens the authority of `home`, or makes it: with the apiserver's certificate and the key that
    /// signs the tokens of service accounts.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(home: &Home) -> Result<Self, Error> {
        let dir = home.dir().join("pki");
        let key = dir.join("ca.key");
        if !key.exists() {
            create(&dir)?;
        }
        let key = KeyPair::from_pem(&fs::read_to_string(&key).map_err(home::Error::io(&key))?)?;
        Ok(Self {
            dir,
            issuer: Issuer::new(authority(), key),
        })
    }

    /// A file of this authority: `ca.crt`, `apiserver.crt`, `apiserver.key`,
    /// `service-account.key`, `service-account.pub`.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A new client certificate: to Kubernetes, `user` in `group`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn client(&self, user: &str, group: Option<&str>) -> Result<Identity, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, user);
        if let Some(group) = group {
            params
                .distinguished_name
                .push(DnType::OrganizationName, group);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        issue(&params, &self.issuer)
    }
}

fn create(dir: &Path) -> Result<(), Error> {
    let key = KeyPair::generate()?;
    let certificate = authority().self_signed(&key)?.pem();
    let key_pem = key.serialize_pem();
    let names = ["127.0.0.1", "localhost", "kubernetes.default.svc"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "kube-apiserver");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let server = issue(&params, &Issuer::new(authority(), key))?;

    Home::write_private(&dir.join("ca.crt"), &certificate)?;
    Home::write_private(&dir.join("apiserver.crt"), &server.certificate)?;
    Home::write_private(&dir.join("apiserver.key"), &server.key)?;
    let service_account = KeyPair::generate()?;
    Home::write_private(
        &dir.join("service-account.key"),
        &service_account.serialize_pem(),
    )?;
    Home::write_private(
        &dir.join("service-account.pub"),
        &service_account.public_key_pem(),
    )?;
    // Last: it says that all of them are there.
    Ok(Home::write_private(&dir.join("ca.key"), &key_pem)?)
}

/// The same each time, so that the authority needs no parser to be opened again.
fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params
        .distinguished_name
        .push(DnType::CommonName, "organization-operator devenv");
    params
}

fn issue(params: &CertificateParams, by: &Issuer<'_, KeyPair>) -> Result<Identity, Error> {
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, by)?.pem();
    Ok(Identity {
        certificate,
        key: key.serialize_pem(),
    })
}
