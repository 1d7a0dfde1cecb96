//! TLS connections to Redis and RabbitMQ, and the authorities that may sign certificates: the system's, and
//! those of a file. A certificate is valid if one of them signed it, it has not expired, and it has the host
//! name of the address. The database's library uses the same authorities itself.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Url;

/// How long a server may take to present its certificate at start-up.
const CHECK: Duration = Duration::from_secs(2);

/// Why the authorities could not be loaded.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TrustError {
    /// The file is not usable.
    #[error("SECKILL_TLS_CA: cannot read certificates from {}: {why}", .file.display())]
    File { file: PathBuf, why: String },
    /// The system has no authorities.
    #[error("this machine knows no authorities for certificates, and SECKILL_TLS_CA names none")]
    Nobody,
    /// The TLS library failed.
    #[error("TLS cannot be used: {0}")]
    Library(String),
}

/// A server's certificate is not accepted, or it does not speak TLS.
#[derive(Debug, thiserror::Error)]
#[error(
    "{setting} asks for TLS, and {place} is not accepted: {why}; authorities of your own are \
     named by SECKILL_TLS_CA"
)]
pub struct NotAccepted {
    /// The setting that contains the address.
    pub setting: &'static str,
    /// Host and port, or a description.
    pub place: String,
    pub why: String,
}

/// The authorities that may sign certificates. Read at first use; clones share them.
#[derive(Clone, Default)]
pub struct Trust(Arc<Shared>);

#[derive(Default)]
struct Shared {
    file: Option<PathBuf>,
    read: OnceLock<Result<Authorities, TrustError>>,
}

struct Authorities {
    pem: Vec<u8>,
    client: Arc<ClientConfig>,
}

impl Trust {
    /// The system's authorities plus those of a file (PEM).
    pub fn of(file: Option<&Path>) -> Trust {
        Trust(Arc::new(Shared {
            file: file.map(Path::to_owned),
            read: OnceLock::new(),
        }))
    }

    /// All authorities in the form that libraries accept.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn pem(&self) -> Result<&[u8], TrustError> {
        self.authorities().map(|found| found.pem.as_slice())
    }

    fn authorities(&self) -> Result<&Authorities, TrustError> {
        let read = || Authorities::read(self.0.file.as_deref());
        self.0.read.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// Connects to a server and checks its certificate.
    ///
    /// # Errors
    /// If the certificate is refused, see [`refusal`], or the server is unreachable.
    pub async fn connect(&self, host: &str, port: u16) -> io::Result<TlsStream<TcpStream>> {
        let client = self.authorities().map_err(io::Error::other)?.client.clone();
        // IPv6 addresses in URLs have brackets.
        let host = host.trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        TlsConnector::from(client).connect(name, stream).await
    }

    /// Checks the certificate of the server at an address. An unreachable server is no error: the
    /// later connection reports it. Skips addresses without TLS.
    ///
    /// # Errors
    /// See [`NotAccepted`].
    pub async fn check(&self, setting: &'static str, url: &str) -> Result<(), NotAccepted> {
        let Some((host, port)) = place_with_tls(url) else {
            return Ok(());
        };
        let refused = match timeout(CHECK, self.connect(&host, port)).await {
            Ok(Err(error)) => refusal(&error),
            Ok(Ok(_)) | Err(_) => None,
        };
        refused.map_or(Ok(()), |why| {
            Err(NotAccepted {
                setting,
                place: format!("{host}:{port}"),
                why,
            })
        })
    }
}

impl Authorities {
    fn read(file: Option<&Path>) -> Result<Authorities, TrustError> {
        // Unreadable system certificates are not trusted, which is safe.
        let system = rustls_native_certs::load_native_certs().certs;
        let mut roots = RootCertStore::empty();
        let mut pem = Vec::new();
        for certificate in system {
            if roots.add(certificate.clone()).is_ok() {
                write_pem(&mut pem, &certificate);
            }
        }
        for certificate in file.map(own).transpose()?.unwrap_or_default() {
            write_pem(&mut pem, &certificate);
            let added = roots.add(certificate);
            added.map_err(|error| unusable(file, error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(TrustError::Nobody);
        }
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TrustError::Library(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Authorities {
            pem,
            client: Arc::new(client),
        })
    }
}

fn own(file: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let found = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(Some(file), error.to_string()))?;
    match found.is_empty() {
        true => Err(unusable(Some(file), "there is none in it".to_owned())),
        false => Ok(found),
    }
}

fn unusable(file: Option<&Path>, why: String) -> TrustError {
    TrustError::File {
        file: file.map(Path::to_owned).unwrap_or_default(),
        why,
    }
}

fn write_pem(pem: &mut Vec<u8>, certificate: &CertificateDer<'_>) {
    pem.extend_from_slice(b"-----BEGIN CERTIFICATE-----\n");
    pem.extend_from_slice(STANDARD.encode(certificate).as_bytes());
    pem.extend_from_slice(b"\n-----END CERTIFICATE-----\n");
}

/// Why a reached server was not accepted; `None` for an unreachable server or other errors.
fn refusal(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?;
    let why = inner.downcast_ref::<rustls::Error>().map(explained);
    why.or_else(|| inner.downcast_ref::<TrustError>().map(ToString::to_string))
}

/// The library's message, plus the hint that an operator needs.
pub fn explained(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => format!("it does not speak TLS there ({error})"),
        error => error.to_string(),
    }
}

/// Host and port of an address that uses TLS from the first byte.
pub fn place_with_tls(url: &str) -> Option<(String, u16)> {
    let url = Url::parse(url).ok()?;
    let usual = match url.scheme() {
        "rediss" => 6379,
        "amqps" => 5671,
        _ => return None,
    };
    Some((url.host_str()?.to_owned(), url.port().unwrap_or(usual)))
}

#[cfg(test)]
mod tests {
    use super::{Trust, TrustError, place_with_tls};

    #[test]
    fn an_address_asks_for_tls_by_its_scheme() {
        for (url, place) in [
            ("rediss://:p@gate.example", Some(("gate.example", 6379))),
            ("rediss://10.0.0.1:7000", Some(("10.0.0.1", 7000))),
            ("amqps://u:p@[::1]/%2f", Some(("[::1]", 5671))),
            ("redis://10.0.0.1:7000", None),
            ("amqp://10.0.0.1", None),
        ] {
            let expected = place.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(place_with_tls(url), expected, "{url}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        for file in [empty, folder.path().join("missing.pem")] {
            let error = Trust::of(Some(&file)).pem().unwrap_err();
            assert!(matches!(error, TrustError::File { .. }));
            let said = error.to_string();
            assert!(said.contains("SECKILL_TLS_CA"), "{said}");
            assert!(said.contains(&file.display().to_string()), "{said}");
        }
    }
}
