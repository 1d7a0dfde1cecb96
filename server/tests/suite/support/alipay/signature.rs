//! RSA2 by Alipay's documentation, independent of the adapter: parameters by name, `name=value` joined by `&`.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use form_urlencoded::Serializer;
use ring::{
    rand::SystemRandom,
    signature::{
        KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
    },
};

/// Decoded parameters by name.
pub type Fields = BTreeMap<String, String>;

/// Signs texts and verifies its own signatures.
pub struct Signer(RsaKeyPair);

impl Signer {
    /// A signer with a key in PEM.
    pub fn new(pem: &str) -> Signer {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        let der = STANDARD.decode(lines.collect::<String>()).unwrap();
        Signer(RsaKeyPair::from_pkcs8(&der).unwrap())
    }

    pub fn sign(&self, text: &str) -> String {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let random = SystemRandom::new();
        self.0
            .sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
            .unwrap();
        STANDARD.encode(signature)
    }

    pub fn has_signed(&self, text: &str, signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.0.public_key());
        let signature = STANDARD.decode(signature);
        signature.is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
    }
}

/// The signed text of a request or a notice.
pub fn signed_text(fields: &Fields) -> String {
    let pairs = fields.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// The fields as a form.
pub fn encoded(fields: &Fields) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A form's fields, each of them once.
pub fn decoded(form: &str) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in form_urlencoded::parse(form.as_bytes()).into_owned() {
        assert_eq!(fields.insert(name, value), None, "{form}");
    }
    fields
}
