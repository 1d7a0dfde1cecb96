//! Certificates for the servers of the tests, made anew by each process that needs some.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tempfile::TempDir;

use super::unprivileged;

/// A server's certificate and its key, as PEM files.
#[derive(Clone, Debug)]
pub struct ServerCertificate {
    /// The certificate.
    pub chain: PathBuf,
    pub key: PathBuf,
}

/// An authority, what it has signed, and an authority that has signed none of it.
pub struct Certificates {
    authority: PathBuf,
    stranger: PathBuf,
    valid: ServerCertificate,
    expired: ServerCertificate,
    elsewhere: ServerCertificate,
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

impl Certificates {
    /// Those of this process.
    pub fn shared() -> &'static Certificates {
        static SHARED: OnceLock<Certificates> = OnceLock::new();
        SHARED.get_or_init(|| {
            let folder = TempDir::with_prefix("seckill-certificates-")
                .unwrap()
                .keep();
            unprivileged::remove_in_the_end(&folder);
            Certificates::make(&folder)
        })
    }

    fn make(folder: &Path) -> Certificates {
        let (authority, stranger) = (issuer("authority"), issuer("stranger"));
        let here = ["127.0.0.1", "localhost"];
        let expired = |certificate: &mut CertificateParams| {
            certificate.not_before = date_time_ymd(2020, 1, 1);
            certificate.not_after = date_time_ymd(2020, 2, 1);
        };
        Certificates {
            valid: signed(folder, "valid", &authority, &here, |_| {}),
            expired: signed(folder, "expired", &authority, &here, expired),
            elsewhere: signed(
                folder,
                "elsewhere",
                &authority,
                &["elsewhere.example"],
                |_| {},
            ),
            authority: write(folder, "authority.pem", &authority.pem()),
            stranger: write(folder, "stranger.pem", &stranger.pem()),
        }
    }

    /// The file of who has signed all of them.
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// The file of an authority that has signed none.
    pub fn stranger(&self) -> &Path {
        &self.stranger
    }

    /// Of the loopback.
    pub fn valid(&self) -> &ServerCertificate {
        &self.valid
    }

    /// Of the loopback, years ago.
    pub fn expired(&self) -> &ServerCertificate {
        &self.expired
    }

    /// Of another machine.
    pub fn elsewhere(&self) -> &ServerCertificate {
        &self.elsewhere
    }
}

fn issuer(name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn signed(
    folder: &Path,
    name: &str,
    issuer: &Issuer,
    hosts: &[&str],
    change: impl FnOnce(&mut CertificateParams),
) -> ServerCertificate {
    let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    ServerCertificate {
        chain: write(folder, &format!("{name}.pem"), &certificate.pem()),
        key: write(folder, &format!("{name}.key"), &key.serialize_pem()),
    }
}

fn write(folder: &Path, name: &str, pem: &str) -> PathBuf {
    let file = folder.join(name);
    fs::write(&file, pem).unwrap();
    file
}
