//! The sandbox's notices: JSON, signed by HMAC-SHA256 over the raw body with a shared secret.

use serde::{Deserialize, Serialize};

use crate::{
    adapters::signature,
    engine::ports::{Amount, NoticeFact, NoticeRequest, SignedNotice, Verified},
};

/// The header with the signature.
pub const HEADER: &str = "sandbox-signature";
/// The shop's name at the provider.
pub const MERCHANT: &str = "seckill";
/// The prefix of a signature that is wrong on purpose.
const PROBE: &str = "probe:";
const SCHEME: &str = "v1=";
/// Longest number in a notice.
const NUMBER: usize = 64;

/// The content of a notice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Said {
    pub event_id: String,
    pub merchant: String,
    pub merchant_number: String,
    pub status: Status,
    pub number: Option<String>,
    pub amount: Option<i64>,
    pub currency: Option<String>,
}

/// The number of the charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Paid,
    Closed,
}

impl Said {
    pub fn to_body(&self) -> String {
        // Only strings and numbers: writing them cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// How to sign a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    Right,
    Wrong,
    Probe,
}

/// Makes the header's value.
pub fn sign(secret: &[u8], body: &str, how: Signature) -> String {
    let digits = signature::sign(secret, &[body.as_bytes()]);
    match how {
        Signature::Right => format!("{SCHEME}{digits}"),
        Signature::Wrong => format!("{SCHEME}{}", "00".repeat(32)),
        Signature::Probe => format!("{PROBE}{digits}"),
    }
}

/// Checks the signature on the raw bytes first; only then parses.
pub fn verify(secret: &[u8], request: NoticeRequest<'_>) -> Verified {
    let Some(value) = request.header(HEADER) else {
        return Verified::Forged;
    };
    if value.starts_with(PROBE) {
        return Verified::Probe;
    }
    let digits = value.strip_prefix(SCHEME);
    let is_signed =
        digits.is_some_and(|digits| signature::is_signed(secret, &[request.body], digits));
    if !is_signed {
        return Verified::Forged;
    }
    match serde_json::from_slice::<Said>(request.body) {
        Ok(said) if said.merchant == MERCHANT => {
            notice(said).map_or(Verified::Forged, Verified::Notice)
        }
        _ => Verified::Forged,
    }
}

fn notice(said: Said) -> Option<SignedNotice> {
    let fact = match (said.status, said.number, said.amount, said.currency) {
        (Status::Paid, Some(provider_number), Some(minor), Some(currency)) => {
            if provider_number.len() > NUMBER || currency.len() != 3 || minor < 0 {
                return None;
            }
            NoticeFact::Paid {
                provider_number,
                amount: Amount { minor, currency },
            }
        }
        (Status::Closed, ..) => NoticeFact::Closed,
        (Status::Paid, ..) => return None,
    };
    let fits = |number: &str| {
        (1..=NUMBER).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_graphic())
    };
    (fits(&said.event_id) && fits(&said.merchant_number)).then_some(SignedNotice {
        event_id: said.event_id,
        merchant_number: said.merchant_number,
        fact,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret of twenty-four bytes";

    fn said() -> Said {
        Said {
            event_id: "e1".into(),
            merchant: MERCHANT.into(),
            merchant_number: "m1".into(),
            status: Status::Paid,
            number: Some("n1".into()),
            amount: Some(9_900),
            currency: Some("CNY".into()),
        }
    }

    fn verified(signature: &str, body: &str) -> Verified {
        let request = NoticeRequest {
            headers: &[(HEADER, signature)],
            body: body.as_bytes(),
        };
        verify(SECRET, request)
    }

    #[test]
    fn only_the_signed_raw_body_is_accepted() {
        let body = said().to_body();
        let signature = sign(SECRET, &body, Signature::Right);
        assert!(matches!(verified(&signature, &body), Verified::Notice(_)));
        let changed = body.replace("9900", "9901");
        assert_eq!(verified(&signature, &changed), Verified::Forged);
        assert_eq!(verified(&signature, &format!("{body} ")), Verified::Forged);
        let forged = sign(SECRET, &body, Signature::Wrong);
        assert_eq!(verified(&forged, &body), Verified::Forged);
        let another = sign(b"another secret of 24 bytes", &body, Signature::Right);
        assert_eq!(verified(&another, &body), Verified::Forged);
        for malformed in ["", "v1=", "v1=zz", "v1=0", "v1=é", "v0=00"] {
            assert_eq!(verified(malformed, &body), Verified::Forged, "{malformed}");
        }
        let unsigned = NoticeRequest {
            headers: &[],
            body: body.as_bytes(),
        };
        assert_eq!(verify(SECRET, unsigned), Verified::Forged);
    }

    #[test]
    fn a_probe_is_no_forgery() {
        let body = said().to_body();
        let probe = sign(SECRET, &body, Signature::Probe);
        assert_eq!(verified(&probe, &body), Verified::Probe);
    }

    #[test]
    fn a_signed_notice_for_another_shop_or_without_its_facts_is_refused() {
        let changes: [fn(&mut Said); 7] = [
            |said| said.event_id = "e\0".into(),
            |said| said.merchant = "another".into(),
            |said| said.number = None,
            |said| said.amount = Some(-1),
            |said| said.currency = Some("RENMINBI".into()),
            |said| said.number = Some("9".repeat(65)),
            |said| said.event_id = "9".repeat(65),
        ];
        for change in changes {
            let mut said = said();
            change(&mut said);
            let body = said.to_body();
            let signature = sign(SECRET, &body, Signature::Right);
            assert_eq!(verified(&signature, &body), Verified::Forged, "{body}");
        }
        let signature = sign(SECRET, "{", Signature::Right);
        assert_eq!(verified(&signature, "{"), Verified::Forged);
    }
}
