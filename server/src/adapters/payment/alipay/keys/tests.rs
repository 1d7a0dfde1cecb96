//! Keys in all common formats, and invalid keys.

use super::*;

/// The shop's test key, as `openssl genpkey` writes it.
pub const SHOP: &str = include_str!("../../../../../tests/suite/support/alipay/shop-key.txt");
/// Alipay's test key; a real shop has only the public half.
pub const ALIPAY: &str = include_str!("../../../../../tests/suite/support/alipay/alipay-key.txt");
pub const ALIPAY_PUBLIC: &str =
    include_str!("../../../../../tests/suite/support/alipay/alipay-public-key.txt");

/// Bytes of PKCS#8 before those of PKCS#1, in a key of 2,048 bits.
const PKCS8_HEAD: usize = 26;

/// The content of a PEM file, in one line.
pub fn bare(pem: &str) -> String {
    pem.lines()
        .filter(|line| !line.starts_with("-----"))
        .collect()
}

fn pem(label: &str, base64: &str) -> String {
    let lines: Vec<String> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!(
        "-----BEGIN {label}-----\r\n{}\r\n-----END {label}-----\r\n",
        lines.join("\r\n")
    )
}

#[test]
fn a_private_key_is_read_in_every_form_and_signs_as_openssl_does() {
    let pkcs1 = STANDARD.decode(bare(SHOP)).unwrap();
    let pkcs1 = STANDARD.encode(&pkcs1[PKCS8_HEAD..]);
    // printf 'a=1&b=中文' | openssl dgst -sha256 -sign shop-key.txt | base64 -w0
    let expected = "O/tsJBp8SZRebyxfpUrySFFSFlgviSNyZ0mMSc7y4QR+jFK9EcV4Od3sb2lPAQcf/XhTv7Hq+nTGKfPtFT2xKs2BqOaffN7e\
                    BkqH1svbF7V7iwCyMG+A7+qdK95Y7cPNg43Jee7uqfp4nh/t/a39jAXko1S8TSZ+DjYXAYte86uK5daTx3LOS5/NQ+1ESd6l\
                    7tDF8SDP6sf1/PWFojZ3xf8+AkcftyMiehMaXKKbZrvNHn1hnh6a38xz+8iDwhJP7zXWeD2YghN4JFWKyH+ZZeo0pA79DTEf\
                    +ZDUOND8dbG3l29EFnkio6t5HebP9eibhuDDxCvvBgB0+w0PW26qtA==";
    for text in [
        SHOP.to_owned(),
        bare(SHOP),
        pem("PRIVATE KEY", &bare(SHOP)),
        pem("RSA PRIVATE KEY", &pkcs1),
        pkcs1,
    ] {
        let key = ShopKey::parse(&text).unwrap();
        let signature = key.sign("a=1&b=中文").unwrap();
        assert_eq!(signature, expected);
        assert_eq!(signature.len(), key.signature_len());
    }
}

#[test]
fn a_public_key_is_read_in_every_form_and_verifies_its_private_key_s_signatures() {
    let spki = STANDARD.decode(bare(ALIPAY_PUBLIC)).unwrap();
    let pkcs1 = STANDARD.encode(without_wrapping(&spki).unwrap());
    let other_half = ShopKey::parse(ALIPAY).unwrap();
    let signature = other_half.sign("text").unwrap();
    for text in [
        ALIPAY_PUBLIC.to_owned(),
        bare(ALIPAY_PUBLIC),
        pem("RSA PUBLIC KEY", &pkcs1),
        pkcs1,
    ] {
        let key = AlipayKey::parse(&text).unwrap();
        assert!(key.has_signed(b"text", &signature));
        assert!(!key.has_signed(b"texts", &signature));
        assert!(!key.has_signed(b"text", &format!("{signature}0")));
        assert!(!key.has_signed(b"text", ""));
        assert!(other_half.has_public_half(&key));
        let shop = ShopKey::parse(SHOP).unwrap();
        assert!(!shop.has_public_half(&key));
        assert!(!key.has_signed(b"text", &shop.sign("text").unwrap()));
    }
}

#[test]
fn invalid_and_unsupported_keys_are_refused() {
    let cut = |text: &str| text[..text.len() - 40].to_owned();
    let short = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAOLlfdHOmvPyWlig2hWqZv8h6lHftkEc8dphTIfUQ/uFufCAKSTwha/ZN1oEw16u\
                 5/zfsiaHp7Cqo/sonwZBdYcCAwEAAQ==";
    for text in [
        String::new(),
        "no key".to_owned(),
        cut(SHOP),
        cut(&bare(SHOP)),
        bare(ALIPAY_PUBLIC),
        pem("ENCRYPTED PRIVATE KEY", &bare(SHOP)),
        pem("CERTIFICATE", &bare(ALIPAY_PUBLIC)),
        SHOP.replace("-----BEGIN", "a key\n-----BEGIN"),
    ] {
        assert!(ShopKey::parse(&text).is_none(), "{text}");
    }
    for text in [
        String::new(),
        "no key".to_owned(),
        cut(ALIPAY_PUBLIC),
        cut(&bare(ALIPAY_PUBLIC)),
        bare(ALIPAY),
        SHOP.to_owned(),
        pem("CERTIFICATE", &bare(ALIPAY_PUBLIC)),
        // A key of 512 bits.
        short.to_owned(),
    ] {
        assert!(AlipayKey::parse(&text).is_none(), "{text}");
    }
}
